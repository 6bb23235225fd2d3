"""Laws of the recorder that need no packet socket."""

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.recorder import DTYPE, NO_RTP, bpf, read, record_of

PORTS = range(41000, 41010)


def ip_packet(port: int, payload: bytes, *, protocol: int = 17, fragment: int = 0, options: bytes = b"") -> bytes:
    header = struct.pack(
        "!BBHHHBBH4s4s",
        0x40 | (5 + len(options) // 4),
        0,
        0,
        0,
        fragment,
        64,
        protocol,
        0,
        b"\x7f\0\0\1",
        b"\x7f\0\0\2",
    )
    return header + options + struct.pack("!HHHH", 20000, port, 8 + len(payload), 0) + payload


def kept_bytes(packet: bytes, steps: list[tuple[int, int, int, int]] | None = None) -> int:
    """Run the filter as the kernel would (Documentation/networking/filter.rst); bytes it keeps."""
    accumulator = index = at = 0
    program = steps or bpf(PORTS)
    while True:
        code, jump_true, jump_false, k = program[at]
        at += 1
        match code:
            case 0x30:
                accumulator = packet[k]
            case 0x28:
                accumulator = int.from_bytes(packet[k : k + 2], "big")
            case 0x48:
                accumulator = int.from_bytes(packet[index + k : index + k + 2], "big")
            case 0xB1:
                index = 4 * (packet[k] & 0xF)
            case 0x15:
                at += jump_true if accumulator == k else jump_false
            case 0x45:
                at += jump_true if accumulator & k else jump_false
            case 0x35:
                at += jump_true if accumulator >= k else jump_false
            case 0x25:
                at += jump_true if accumulator > k else jump_false
            case 0x87:
                accumulator = index
            case 0x04:
                accumulator += k
            case 0x16:
                return accumulator
            case 0x06:
                return k
            case _:
                pytest.fail(f"unknown instruction {code:#x}")


@given(st.integers(0, 65535), st.sampled_from([b"", b"\0" * 4, b"\0" * 40]))
def test_only_the_watched_ports_pass_and_never_their_voice(port: int, options: bytes) -> None:
    """The kernel hands over the IP, UDP and RTP headers of watched ports, and not one byte more."""
    packet = ip_packet(port, b"\x80" + b"v" * 651, options=options)
    assert kept_bytes(packet) == (20 + len(options) + 8 + 12 if port in PORTS else 0)


def test_who_listens_to_the_sound_gets_the_whole_packet() -> None:
    """Where more is asked for the filter keeps it, of the watched ports alone."""
    packet = ip_packet(PORTS.start, b"\x80" + b"v" * 651)
    assert kept_bytes(packet, bpf(PORTS, 1500)) >= len(packet)
    assert kept_bytes(ip_packet(PORTS.stop, b"v" * 652), bpf(PORTS, 1500)) == 0


def test_what_is_no_udp_datagrams_begin_is_dropped() -> None:
    """TCP, and later fragments (which have no port), are not counted."""
    assert kept_bytes(ip_packet(PORTS.start, b"", protocol=6)) == 0
    assert kept_bytes(ip_packet(PORTS.start, b"", fragment=5)) == 0


def test_a_packet_is_read_back_from_the_file(tmp_path: Path) -> None:
    """What was written is what the reader gives, in the order of arrival; the length is that of the whole datagram."""
    rtp = struct.pack("!BBHII", 0x80, 0x80 | 118, 7, 320, 0xDEADBEEF)
    whole = ip_packet(41003, rtp + b"v" * 640)
    file = tmp_path / "r"
    file.write_bytes(record_of(whole[:40], 123) + record_of(ip_packet(41004, b"hello"), 456) + b"half a rec")
    (tmp_path / "r.end.json").write_text('{"dropped": 0}')
    recording = read(file)
    first, second = recording.packets
    assert recording.dropped == 0
    assert DTYPE.itemsize == 32
    assert (first["time_ns"], first["source_ip"], first["source_port"], first["port"]) == (
        123,
        0x7F000001,
        20000,
        41003,
    )
    assert (first["udp_length"], first["payload_type"], first["marker"]) == (652, 118, 1)
    assert (first["sequence"], first["timestamp"], first["ssrc"]) == (7, 320, 0xDEADBEEF)
    assert (second["payload_type"], second["udp_length"]) == (NO_RTP, 5)
    assert len(recording.within(100, 200).packets) == 1


def test_a_recorder_still_at_work_claims_nothing_of_drops(tmp_path: Path) -> None:
    """Only an ended recording knows that it missed nothing."""
    (tmp_path / "r").write_bytes(b"")
    assert read(tmp_path / "r").dropped is None
