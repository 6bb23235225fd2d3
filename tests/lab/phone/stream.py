"""The audio of one call at one phone: sends a packet each 20 ms, notes when each packet came, plays keys."""

import asyncio
import contextlib
import math
import random
import socket
import struct
import threading
import time
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tests.lab.phone import rtp_wire
from tests.lab.phone.pacer import TICK_NS
from tests.lab.phone.rtp_wire import FRAME_SAMPLES, SILENCE, Header, KeyEvent
from tests.lab.phone.sdp_wire import PCMU, Session

_T = TypeVar("_T")
KEY_FRAMES = 5
"""A key is held for 100 ms; sound decoders want 40 ms at least (ITU-T Q.24)."""
KEY_GAP_S = 0.08
_END_REPORTS = 3
_SO_TIMESTAMPNS = 35
"""Linux, asm-generic/socket.h: the kernel writes each datagram's arrival time beside it. Python has no name for it."""
_TIMESPEC = struct.Struct("qq")
_ANCILLARY_BYTES = socket.CMSG_SPACE(_TIMESPEC.size)


@dataclass(frozen=True, slots=True)
class Said:
    """When a passage was spoken, in time.time_ns()."""

    start_ns: int
    end_ns: int


@dataclass(slots=True)
class _Passage:
    frames: deque[bytes]
    done: Callable[[Said], None]
    start_ns: int = 0


@dataclass(slots=True)
class _Key:
    key: str
    pause_frames: int
    done: Callable[[int], None]
    sent: int = 0
    timestamp: int = 0
    end_ns: int = 0


@dataclass(slots=True)
class _Received:
    """Grows in the pacer's thread only; readers copy."""

    arrivals_ns: "array[int]" = field(default_factory=lambda: array("q"))
    codes: bytearray = field(default_factory=bytearray)
    keys: list[tuple[str, int]] = field(default_factory=list)
    last_key: tuple[int, int] = (-1, -1)
    foreign: int = 0


class Stream:
    """One RTP socket. It begins to send when `aim` has told it where to."""

    def __init__(self, host: str) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.bind((host, 0))
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._target: tuple[str, int] | None = None
        self._key_type: int | None = None
        self._sequence = random.randrange(1 << 16)
        # Random (RFC 3550, 5.1), but far from its end: Asterisk 22.10.1 takes no key any more once the timestamp has
        # begun anew since the last one (docs/consent.md); a call in some thousands would meet that.
        self._timestamp = random.randrange(1 << 31)
        self._ssrc = random.randrange(1 << 32)
        self._passages: deque[_Passage] = deque()
        self._keys: deque[_Key] = deque()
        self._sent_ns = array("q")
        self._got = _Received()
        self._guard = threading.Lock()
        self._open = True

    def aim(self, session: Session) -> None:
        """Send to where the other side's description says; a port of 0 means nowhere (RFC 3264, 6)."""
        self._key_type = session.key_type
        self._target = (session.host, session.port) if session.port else None

    def close(self) -> None:
        """No more packets in or out; what was received stays readable."""
        with self._guard:
            self._open = False
            self._socket.close()
        self.hush()
        for key in self._keys:
            key.done(0)

    def say(self, samples: NDArray[np.int16]) -> "asyncio.Future[Said]":
        """Queue 8 kHz int16 samples (n,). The future resolves when they have been sent, or were hushed (then end_ns is
        that moment).
        """
        if samples.dtype != np.int16 or samples.ndim != 1:
            raise ValueError(f"int16 (n,) wanted, not {samples.dtype} {samples.shape}")
        future: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        codes = rtp_wire.encode(samples)
        frames = deque(
            codes[at : at + FRAME_SAMPLES].ljust(FRAME_SAMPLES, b"\xff") for at in range(0, len(codes), FRAME_SAMPLES)
        )
        self._passages.append(_Passage(frames, _resolver(future)))
        return future

    def hush(self) -> None:
        """Be silent: drop what is queued to be said."""
        while self._passages:
            with contextlib.suppress(IndexError):
                passage = self._passages.popleft()
                now_ns = time.time_ns()
                passage.done(Said(passage.start_ns or now_ns, now_ns))

    async def press(self, keys: str, gap_s: float) -> list[int]:
        """Send keys; time.time_ns() of each one's first end packet. Raises ValueError on what is no key or if the call
        takes none.
        """
        if self._key_type is None or any(key not in rtp_wire.KEYS for key in keys):
            raise ValueError(f"keys {keys!r} cannot be sent")
        loop = asyncio.get_running_loop()
        futures: list[asyncio.Future[int]] = [loop.create_future() for _ in keys]
        pause_frames = math.ceil(gap_s * rtp_wire.RATE_HZ / FRAME_SAMPLES)
        for key, future in zip(keys, futures, strict=True):
            self._keys.append(_Key(key, pause_frames, _resolver(future)))
        return list(await asyncio.gather(*futures))

    @property
    def arrivals_ns(self) -> NDArray[np.int64]:
        """Kernel times (ns since 1970) of the voice packets received so far, shape (n,)."""
        return np.array(self._got.arrivals_ns[:], dtype=np.int64)

    @property
    def keys(self) -> list[tuple[str, int]]:
        """Keys received from the other side, with the time of their end in ns."""
        return list(self._got.keys)

    @property
    def foreign(self) -> int:
        """Datagrams received that were neither voice nor key."""
        return self._got.foreign

    def heard(self, since_ns: int = 0, until_ns: int = 1 << 62) -> NDArray[np.int16]:
        """The audio received, or what of it came within the bounds, 8 kHz (n,), end to end: gaps are not filled."""
        times_ns, samples = self.arrivals_ns, rtp_wire.decode(bytes(self._got.codes))
        each = len(samples) // max(len(times_ns), 1)
        within = np.flatnonzero((times_ns >= since_ns) & (times_ns <= until_ns))
        return samples[within[0] * each : (within[-1] + 1) * each] if len(within) else samples[:0]

    def gap_max_ms(self, since_ns: int = 0, until_ns: int = 1 << 62) -> float:
        """The largest time between two voice packets received one after the other, both within the bounds; 0.0 if there
        are none.
        """
        return _largest_step_ms(self.arrivals_ns, since_ns, until_ns)

    def pace_max_ms(self, since_ns: int = 0, until_ns: int = 1 << 62) -> float:
        """The same of the packets that we sent: how much of a gap on the other side was our own doing."""
        return _largest_step_ms(np.array(self._sent_ns[:], dtype=np.int64), since_ns, until_ns)

    def tick(self) -> None:
        """One 20 ms step, in the pacer's thread."""
        with self._guard:
            if not self._open:
                return
            self._take_in()
            if self._target is not None:
                self._send_frame(self._target)

    def _take_in(self) -> None:
        while True:
            try:
                datagram, ancillary, _, _ = self._socket.recvmsg(2048, _ANCILLARY_BYTES)
            except (
                BlockingIOError,
                ConnectionRefusedError,
            ):  # refused: the other side has closed, an ICMP error came back
                return
            seconds, nanoseconds = _TIMESPEC.unpack_from(ancillary[0][2])
            self._take(datagram, seconds * 1_000_000_000 + nanoseconds)

    def _take(self, datagram: bytes, at_ns: int) -> None:
        got = self._got
        parsed = rtp_wire.parse(datagram)
        if parsed is None:
            got.foreign += 1
            return
        header, payload = parsed
        if header.payload_type == PCMU:
            got.arrivals_ns.append(at_ns)
            got.codes += payload
        elif header.payload_type == self._key_type and (event := rtp_wire.parse_key(payload)) is not None:
            if event.ended and got.last_key != (header.ssrc, header.timestamp):
                got.last_key = (header.ssrc, header.timestamp)  # the end is reported three times
                got.keys.append((event.key, at_ns))
        else:
            got.foreign += 1

    def _send_frame(self, target: tuple[str, int]) -> None:
        """Voice in every tick, silence beside a key: so a gap at the other side is a fault and never a key of ours."""
        frame = SILENCE if self._keys else self._next_frame()
        self._send(Header(0, PCMU, self._sequence, self._timestamp, self._ssrc), frame, target)
        self._sent_ns.append(time.time_ns())
        if self._keys:
            self._send_key(self._keys[0], target)
        self._timestamp = (self._timestamp + FRAME_SAMPLES) & 0xFFFFFFFF

    def _next_frame(self) -> bytes:
        if not self._passages:
            return SILENCE
        passage = self._passages[0]
        passage.start_ns = passage.start_ns or time.time_ns()
        frame = passage.frames.popleft() if passage.frames else SILENCE
        if not passage.frames:
            with contextlib.suppress(IndexError):  # hush() in the other thread may have been first
                self._passages.popleft().done(Said(passage.start_ns, time.time_ns() + TICK_NS))
        return frame

    def _send_key(self, key: _Key, target: tuple[str, int]) -> None:
        """One tick of a key: KEY_FRAMES reports, the end thrice at once (RFC 4733, 2.5.1.4), then the pause before the
        next.
        """
        key.sent += 1
        if key.sent == 1:
            key.timestamp = self._timestamp
        if key.sent <= KEY_FRAMES:
            self._send_event(key, KeyEvent(key.key, False, key.sent * FRAME_SAMPLES), target)
        elif key.sent == KEY_FRAMES + 1:
            for _ in range(_END_REPORTS):
                self._send_event(key, KeyEvent(key.key, True, KEY_FRAMES * FRAME_SAMPLES), target)
                key.end_ns = key.end_ns or time.time_ns()
            key.done(key.end_ns)
        if key.sent > KEY_FRAMES + key.pause_frames:
            self._keys.popleft()

    def _send_event(self, key: _Key, event: KeyEvent, target: tuple[str, int]) -> None:
        marker = 1 if key.sent == 1 else 0
        self._send(
            Header(marker, self._key_type or 0, self._sequence, key.timestamp, self._ssrc),
            rtp_wire.build_key(event),
            target,
        )

    def _send(self, header: Header, payload: bytes, target: tuple[str, int]) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        with contextlib.suppress(BlockingIOError, ConnectionRefusedError):
            self._socket.sendto(rtp_wire.build(header, payload), target)


def _largest_step_ms(times_ns: NDArray[np.int64], since_ns: int, until_ns: int) -> float:
    within = times_ns[(times_ns >= since_ns) & (times_ns <= until_ns)]
    return float(np.diff(within).max()) / 1e6 if len(within) > 1 else 0.0


def _resolver(future: "asyncio.Future[_T]") -> Callable[[_T], None]:
    """Sets the future's result from the pacer's thread."""
    loop = future.get_loop()

    def settle(value: _T) -> None:
        if not future.done():
            future.set_result(value)

    def resolve(value: _T) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, value)

    return resolve
