"""AudioSocket: its frames, and one leg's sound out of them. No input or output, and no clock but the one it is told.

A frame is its kind (one byte), its length (two bytes, big-endian) and its payload; sound is little-endian
(docs.asterisk.org/Configuration/Channel-Drivers/AudioSocket; kinds 0x11 to 0x18 since asterisk#1492, autumn 2025:
before it every rate was sent as 0x10). TCP has no sequence numbers, so a sample's place is told by when it arrived.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np

from analysis.resample import RATES_HZ, UnsupportedRate
from ari_bridge.media.ear import Sound
from ari_bridge.media.stats import ReceiverStats
from consent.errors import OuidireError

HANGUP: Final = 0x00
NAME: Final = 0x01
DIGIT: Final = 0x03
SLIN: Final = 0x10
ERROR: Final = 0xFF
RATE_OF_KIND_HZ: Final = {
    SLIN: 8_000, 0x11: 12_000, 0x12: 16_000, 0x13: 24_000, 0x14: 32_000, 0x15: 44_100, 0x16: 48_000, 0x17: 96_000,
    0x18: 192_000,
}  # fmt: skip
BY_KIND: Final = 0
"""In the place of a rate: each frame's kind tells it."""
SLIN16_RATE_HZ: Final = 16_000
"""What our gate asks of the PBX, whichever kind its release then writes."""

HEADER_BYTES: Final = 3
NAME_BYTES: Final = 16
MAX_PAYLOAD_BYTES: Final = 9_600
"""100 ms at 48 kHz. Asterisk sends 20 ms at a time; a longer frame is a stream that lost its place."""

FRAME_S: Final = 0.02
GAP_S: Final = 0.2
"""A stream that is so far behind real time, with nothing more on its way, has lost what lies between."""
AHEAD_S: Final = 0.06
"""So much more sound than time may have passed: the jitter of a loop and of a network."""
MAX_LAG_S: Final = 2.0
"""What waited longer than this is no news of the call any more, and would only delay what is."""
MAX_AHEAD: Final = 25
"""So many batches in a row that are ahead of time are sound of another rate than the one that was believed."""


class MalformedFrame(OuidireError):
    """Bytes that no AudioSocket peer may send there; the message says what is wrong with them."""


class Frame(NamedTuple):
    """One frame as it was sent."""

    kind: int
    payload: bytes


class FrameReader:
    """Bytes, in pieces of any size, to frames. It keeps no more than one frame that is not whole yet.

    `rate_hz` is what the site says of the sound (BY_KIND: nothing). With a rate, kind 0x10 is of that rate, and every
    other kind must be.

    Raises:
        UnsupportedRate: no line of ours has that rate.
    """

    def __init__(self, rate_hz: int = SLIN16_RATE_HZ) -> None:
        if rate_hz != BY_KIND and rate_hz not in RATES_HZ:
            raise UnsupportedRate(f"{rate_hz} Hz is not one of {sorted(RATES_HZ)}")
        self._believed_hz = rate_hz
        self._buffer = bytearray()
        self._fault = ""
        self._is_named = False
        self._kind: int | None = None
        self.rate_hz = 0
        """Of the sound, once there was any."""

    @property
    def waiting_bytes(self) -> int:
        """How much of a frame that is not whole is held."""
        return len(self._buffer)

    def read(self, data: bytes | bytearray | memoryview) -> Iterator[Frame]:
        """The frames that are whole now; to be read to its end.

        Raises:
            MalformedFrame: what follows the last frame yielded is none. Nothing is read any more.
        """
        if self._fault:
            raise MalformedFrame(self._fault)
        self._buffer += data
        return self._frames()

    def _frames(self) -> Iterator[Frame]:
        buffer = self._buffer
        while len(buffer) >= HEADER_BYTES:
            kind, size = buffer[0], buffer[1] << 8 | buffer[2]
            self._fault = self._fault_of(kind, size)
            if self._fault:
                buffer.clear()
                raise MalformedFrame(self._fault)
            end = HEADER_BYTES + size
            if len(buffer) < end:
                return
            payload = bytes(buffer[HEADER_BYTES:end])
            del buffer[:end]
            self._is_named = True
            yield Frame(kind, payload)

    def _fault_of(self, kind: int, size: int) -> str:
        """What is wrong with a header, "" for a good one; it is judged before its payload is waited for."""
        if kind == NAME:
            if self._is_named:
                return "a second UUID"
            return "" if size == NAME_BYTES else f"a UUID of {size} bytes"
        if not self._is_named:
            return f"kind 0x{kind:02x} before the UUID"
        if kind in RATE_OF_KIND_HZ:
            return self._fault_of_sound(kind, size)
        if kind in (HANGUP, DIGIT):
            return "" if size == (kind == DIGIT) else f"kind 0x{kind:02x} with {size} bytes"
        if kind != ERROR:
            return f"kind 0x{kind:02x} is none"
        return "" if size <= MAX_PAYLOAD_BYTES else f"an error of {size} bytes"

    def _fault_of_sound(self, kind: int, size: int) -> str:
        if not 0 < size <= MAX_PAYLOAD_BYTES or size % 2:
            return f"{size} bytes of sound"
        if kind == self._kind:
            return ""
        if self._kind is not None:
            return f"sound of kind 0x{kind:02x} after kind 0x{self._kind:02x}"
        own_hz = RATE_OF_KIND_HZ[kind]
        rate_hz = self._believed_hz if self._believed_hz != BY_KIND and kind == SLIN else own_hz
        if rate_hz not in RATES_HZ or self._believed_hz not in (BY_KIND, rate_hz):
            return f"sound of {own_hz} Hz, kind 0x{kind:02x}"
        self._kind, self.rate_hz = kind, rate_hz
        return ""


class AudioSocketStream:
    """One connection's sound. `feed` it what arrived, and `take` from time to time what came since, as one piece.

    While the stream flows its samples follow each other. Where it falls behind real time by more than GAP_S, with
    nothing more on its way, what lies between was not heard; nothing is filled in.
    """

    def __init__(self, rate_hz: int = SLIN16_RATE_HZ) -> None:
        self._reader = FrameReader(rate_hz)
        self._counts: Counter[str] = Counter()
        self._gathered: list[bytes] = []
        self._zero_s = 0.0
        self._end_sample = 0
        self._ahead = 0
        self._lag_ms = self._max_lag_ms = 0.0
        self.name: bytes | None = None
        """The UUID, 16 bytes, once it came."""
        self.header = b""
        """Of the newest frame of sound: what silence in kind looks like."""
        self.is_over = False
        """The peer said that nothing follows."""

    @property
    def has_sound(self) -> bool:
        """Whether any has come."""
        return bool(self.header)

    def feed(self, data: bytes | bytearray | memoryview, at_s: float) -> None:
        """Take what arrived at `at_s`. Raises MalformedFrame; the sound before it can still be taken."""
        had_sound = self.has_sound
        try:
            for frame in self._reader.read(data):
                self._take_frame(frame)
        except MalformedFrame:
            self._counts["malformed"] += 1
            raise
        finally:
            if self.has_sound and not had_sound:
                self._zero_s = at_s - _samples(self._gathered) / self._reader.rate_hz

    def take(self, now_s: float, *, drained: bool = True) -> Sound | None:
        """What came since, as one piece; None where nothing did. `drained`: nothing more waits to be fed.

        Raises:
            MalformedFrame: more sound comes than time passes, again and again: its rate is not what was believed.
        """
        payloads, self._gathered = self._gathered, []
        if not payloads:
            return None
        count = len(payloads)
        now_sample = round((now_s - self._zero_s) * self._reader.rate_hz)
        start = self._placed(payloads, now_sample, drained)
        self._counts["packets"] += len(payloads)
        self._counts["late"] += count - len(payloads)
        if not payloads:
            return None
        pcm = np.frombuffer(b"".join(payloads), "<i2").astype(np.int16)
        self._end_sample = start + len(pcm)
        self._note_lag(now_sample - start - len(payloads[0]) // 2)
        return Sound(start, self._reader.rate_hz, pcm, self._zero_s + start / self._reader.rate_hz)

    def stats(self) -> ReceiverStats:
        """The counts so far; a packet is a frame of sound."""
        return ReceiverStats(**self._counts, lag_ms=self._lag_ms, max_lag_ms=self._max_lag_ms)

    def _take_frame(self, frame: Frame) -> None:
        if self.is_over:
            return
        if frame.kind in RATE_OF_KIND_HZ:
            self.header = bytes((frame.kind, *len(frame.payload).to_bytes(2, "big")))
            self._gathered.append(frame.payload)
        elif frame.kind == NAME:
            self.name = frame.payload
        elif frame.kind == DIGIT:
            self._counts["no_sound"] += 1
        else:
            self.is_over = True

    def _note_lag(self, samples: int) -> None:
        self._lag_ms = max(0.0, 1000 * samples / self._reader.rate_hz)
        self._max_lag_ms = max(self._max_lag_ms, self._lag_ms)

    def _placed(self, payloads: list[bytes], now_sample: int, drained: bool) -> int:
        """Where the payloads begin; those that have no place any more are taken out of the list."""
        size, rate_hz = _samples(payloads), self._reader.rate_hz
        behind = now_sample - self._end_sample - size
        if not drained:
            if behind > MAX_LAG_S * rate_hz:
                payloads.clear()
                self._end_sample += size
            return self._end_sample
        if behind > GAP_S * rate_hz:
            self._counts["lost"] += round(behind / rate_hz / FRAME_S)
            return now_sample - size
        if behind >= -AHEAD_S * rate_hz:
            self._ahead = 0
            return self._end_sample
        return self._without_the_belated(payloads, now_sample)

    def _without_the_belated(self, payloads: list[bytes], now_sample: int) -> int:
        """A gap was declared, and then what had been missing came all the same: the newest alone has a place.

        It is set apart from what was heard before, since it does not follow it.
        """
        self._ahead += 1
        if self._ahead > MAX_AHEAD:
            raise MalformedFrame(f"more sound than time passes: it is not of {self._reader.rate_hz} Hz")
        room = now_sample - self._end_sample - round(FRAME_S * self._reader.rate_hz)
        while payloads and _samples(payloads) > room:
            del payloads[0]
        return now_sample - _samples(payloads)


def _samples(payloads: list[bytes]) -> int:
    return sum(map(len, payloads)) // 2
