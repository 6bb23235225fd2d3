"""Writes down every UDP packet to a range of ports on loopback, from outside of the process under test, which it
outlives. (tests.lab.fork_sound listens to what is in them.)

`python -m tests.lab.recorder --ports 41000-41199 --out FILE` runs until SIGTERM. The kernel hands over headers only:
its filter cuts each packet after the 12 bytes of the RTP header, so no voice is ever seen here. Needs root, or a user
namespace (tests.lab.netns).
"""

import argparse
import asyncio
import ctypes
import json
import os
import signal
import socket
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import numpy as np
from numpy.typing import NDArray

from tests.lab.asterisk import dying_with_us
from tests.lab.errors import LabError

DTYPE = np.dtype(
    [
        ("time_ns", "<i8"), ("source_ip", ">u4"), ("source_port", ">u2"), ("port", ">u2"), ("udp_length", ">u2"),
        ("payload_type", "u1"), ("marker", "u1"), ("sequence", ">u2"), ("spare", ">u2"),
        ("timestamp", ">u4"), ("ssrc", ">u4"),
    ]
)  # fmt: skip
"""One packet: kernel time in ns since 1970, UDP length without header; payload_type 255 where there is no RTP header.
"""
NO_RTP = 255
HEADERS_BYTES = 20
"""The headers of UDP and RTP."""
_ETH_P_IP = 0x0800
_SO_ATTACH_FILTER, _SO_TIMESTAMPNS, _SO_RCVBUFFORCE = 26, 35, 33
_SOL_PACKET, _PACKET_STATISTICS = 263, 6
_BUFFER_BYTES = 16 << 20
_POLL_S = 0.02
_RECORD = struct.Struct("<q4s2s2sHBB2sxx4s4s")
_TIMESPEC = struct.Struct("qq")


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded. packets: structured array of DTYPE (n,). dropped: packets the kernel had no room for, None
    while it runs.
    """

    packets: NDArray[np.void]
    dropped: int | None

    def within(self, since_ns: int, until_ns: int) -> "Recording":
        """Only the packets of that time, both bounds included."""
        times_ns = self.packets["time_ns"]
        return Recording(self.packets[(times_ns >= since_ns) & (times_ns <= until_ns)], self.dropped)


def read(path: Path) -> Recording:
    """A recording, also one that is still being made (about 20 ms behind)."""
    whole = path.stat().st_size // DTYPE.itemsize
    packets = np.fromfile(path, dtype=DTYPE, count=whole)
    end = _end_of(path)
    dropped = int(json.loads(end.read_text(encoding="utf-8"))["dropped"]) if end.is_file() else None
    return Recording(packets, dropped)


class Recorder:
    """The recorder's process, as its starter sees it."""

    def __init__(self, process: asyncio.subprocess.Process, out: Path) -> None:
        self._process = process
        self.out = out

    @classmethod
    async def start(cls, ports: range, out: Path) -> "Recorder":
        """Start recording; when this returns no packet is missed any more. Raises LabError."""
        _forget(out)
        home = Path(__file__).parents[2]
        process = await asyncio.create_subprocess_exec(
            *dying_with_us(_command(ports, out)), stderr=asyncio.subprocess.PIPE, start_new_session=True, cwd=home
        )
        while not os.access(out, os.F_OK):  # it opens its file when the tap is open
            if process.returncode is not None:
                assert process.stderr is not None
                raise LabError((await process.stderr.read()).decode(errors="replace").strip().splitlines()[-1])
            await asyncio.sleep(0.02)
        return cls(process, out)

    async def stop(self) -> Recording:
        """End it and read everything. Raises LabError if it had died: then its silence would prove nothing."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        _, errors = await self._process.communicate()
        if self._process.returncode != 0:
            raise LabError(f"The recorder died: {errors.decode(errors='replace').strip()[-300:]}")
        return read(self.out)


def _command(ports: range, out: Path) -> list[str]:
    span = f"{ports.start}-{ports.stop - 1}"
    return [sys.executable, "-m", "tests.lab.recorder", "--ports", span, "--out", str(out.absolute())]


def _forget(out: Path) -> None:
    for old in (out, _end_of(out)):
        old.unlink(missing_ok=True)


def _end_of(out: Path) -> Path:
    return out.with_name(out.name + ".end.json")


def bpf(ports: range, kept_bytes: int = HEADERS_BYTES) -> list[tuple[int, int, int, int]]:
    """A classic BPF program over an IP packet: UDP, no later fragment, destination port in `ports`; keeps the IP header
    and so many bytes after it.
    """
    drop = 11
    return [
        (0x30, 0, 0, 9),  # ldb [9]              protocol
        (0x15, 0, drop - 2, 17),  # jeq #17          UDP
        (0x28, 0, 0, 6),  # ldh [6]              fragment
        (0x45, drop - 4, 0, 0x1FFF),  # jset
        (0xB1, 0, 0, 0),  # ldxb 4*([0]&0xf)     header length
        (0x48, 0, 0, 2),  # ldh [x + 2]          destination port
        (0x35, 0, drop - 7, ports.start),  # jge
        (0x25, drop - 8, 0, ports.stop - 1),  # jgt
        (0x87, 0, 0, 0),  # txa
        (0x04, 0, 0, kept_bytes),  # add #kept_bytes
        (0x16, 0, 0, 0),  # ret a
        (0x06, 0, 0, 0),  # ret #0
    ]


def open_tap(ports: range, kept_bytes: int = HEADERS_BYTES) -> socket.socket:
    """A packet socket on lo that sees what arrives (not what leaves: each packet once). Raises LabError without the
    right to.
    """
    try:
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    except PermissionError as error:
        raise LabError("Counting packets needs root or a network namespace of one's own (tests.lab.netns).") from error
    steps = bpf(ports, kept_bytes)
    buffer = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    tap.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(steps), ctypes.addressof(buffer)))
    tap.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    try:
        tap.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER_BYTES)
    except PermissionError:  # root of a user namespace is not enough for more than the system's limit
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
    tap.bind(("lo", _ETH_P_IP))  # only now does anything arrive: nothing has come in unfiltered
    tap.setblocking(False)
    return tap


def record_of(packet: bytes, at_ns: int) -> bytes:
    """One DTYPE record of an IP packet cut after the RTP header."""
    at = (packet[0] & 0x0F) * 4
    udp, rtp = packet[at : at + 8], packet[at + 8 :]
    length = int.from_bytes(udp[4:6], "big") - 8
    if len(rtp) < 12 or rtp[0] >> 6 != 2:
        return _RECORD.pack(
            at_ns, packet[12:16], udp[0:2], udp[2:4], _swapped(length), NO_RTP, 0, b"\0\0", b"\0" * 4, b"\0" * 4
        )
    return _RECORD.pack(
        at_ns,
        packet[12:16],
        udp[0:2],
        udp[2:4],
        _swapped(length),
        rtp[1] & 0x7F,
        rtp[1] >> 7,
        rtp[2:4],
        rtp[4:8],
        rtp[8:12],
    )


def _swapped(length: int) -> int:
    return length >> 8 | (length & 0xFF) << 8


def _drain(tap: socket.socket) -> bytes:
    records: list[bytes] = []
    while True:
        try:
            packet, ancillary, _, _ = tap.recvmsg(128, socket.CMSG_SPACE(_TIMESPEC.size))
        except BlockingIOError:
            return b"".join(records)
        seconds, nanoseconds = _TIMESPEC.unpack_from(ancillary[0][2])
        records.append(record_of(packet, seconds * 1_000_000_000 + nanoseconds))


def run(ports: range, out: Path) -> None:
    """Record until SIGTERM or SIGINT, then note how many packets the kernel dropped."""
    stopping = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with open_tap(ports) as tap, out.open("wb", buffering=0) as file:
        while not stopping:
            time.sleep(_POLL_S)
            if records := _drain(tap):
                file.write(records)
        file.write(_drain(tap))
        os.fsync(file.fileno())
        _, dropped = struct.unpack("II", tap.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
    _end_of(out).write_text(json.dumps({"dropped": dropped}), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests.lab.recorder", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--ports", required=True, help="first-last")
    parser.add_argument("--out", required=True, type=Path)
    options = parser.parse_args(arguments)
    first, _, last = options.ports.partition("-")
    try:
        run(range(int(first), int(last or first) + 1), options.out)
    except (LabError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
