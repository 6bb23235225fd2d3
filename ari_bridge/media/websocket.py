"""One leg's sound out of the binary messages of one WebSocket, as FreeSWITCH's mod_audio_stream sends it. No input or
output, and no clock but the one it is told.

A message is bare samples: S16LE, mono, 16 kHz, mostly 20 ms of them, without a number or a time (measured on FreeSWITCH
1.11.2). While a party is on hold none comes at all. So a sample's place is told by counting while sound flows, and by
when it arrived where the flow was broken.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NoReturn

import numpy as np

from ari_bridge.media.ear import Sound
from ari_bridge.media.stats import ReceiverStats
from consent.errors import OuidireError

RATE_HZ: Final = 16_000
"""What our gate asks of the PBX."""
FRAME_SAMPLES: Final = 320
FRAME_BYTES: Final = 2 * FRAME_SAMPLES
FRAME_S: Final = FRAME_SAMPLES / RATE_HZ
MAX_MESSAGE_BYTES: Final = 1 << 16
"""Two seconds. The PBX sends 20 ms at a time, 100 ms where an admin asked it to."""
LATE_S: Final = 0.06
"""Sound that is later than counting expects by more than this is not simply jitter: the flow was broken."""
SETTLED_S: Final = 0.07
"""So long it is watched after a break: what had only been held up comes faster than time passes."""
RUSH_S: Final = 0.06
"""So much more than time passes it may bring while it is watched, and still be no rush."""
AHEAD_S: Final = 0.06
"""So much more sound than time may have passed: the jitter of a loop and of a network."""
MAX_AGE_S: Final = 2.0
"""What was spoken longer ago than this is no news of the call any more, and would only delay what is."""
MAX_AHEAD: Final = 25
"""So many batches in a row that are ahead of time are not mono at 16 kHz, whatever was asked for."""
PACE_S: Final = 0.2
"""Over so long the pace of a flow is told; a gap of any call is over sooner, or brings nothing in a whole one."""
HALF: Final = (0.4, 0.6)
"""So much sound for the time it took is the pace of 8 kHz."""
MAX_HALF: Final = 10
"""So many times in a row, and it is no speech either of which a telephone leaves the pauses out."""

_MAX_FRAMES: Final = round(MAX_AGE_S / FRAME_S)
_FILLER: Final = b"\xff" * FRAME_BYTES
"""What the PBX writes where it has no sound: at the start, and for a party that sends nothing."""
_SILENCE: Final = bytes(FRAME_BYTES)
_BEARER: Final = re.compile(r"Bearer ([0-9a-f]{32})")


class MalformedSound(OuidireError):
    """Messages that our gate's stream cannot be; the message says what is wrong with them."""


def token_of(authorization: str) -> str:
    """The token of an `Authorization` header as our gate writes it, "" where it is none. Accepts any text."""
    found = _BEARER.fullmatch(authorization)
    return found[1] if found else ""


class WebSocketStream:
    """One connection's sound. `feed` it each message, and `take` from time to time what came since, as one piece.

    How the samples are cut into messages does not matter: whole frames of 20 ms are handed on, and what is left of one
    waits. A frame that is nothing but the PBX's filler is silence.

    Where the flow was broken, what follows is watched for SETTLED_S. If it goes on at the pace of time, nothing was
    sent meanwhile: it stands as late as it came, and the gap stays one. If it comes faster, it was held up on its way:
    it belongs where the sound before it ended, and what is older than MAX_AGE_S by then is dropped.
    """

    __slots__ = (
        "_ahead", "_broken_at_s", "_broken_samples", "_counts", "_end_sample", "_fed_bytes", "_frames", "_halves",
        "_lag_ms", "_least_late", "_max_lag_ms", "_paced_s", "_rest", "_zero_s", "has_sound",
    )  # fmt: skip

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._frames: list[bytes] = []
        self._rest = b""
        self._zero_s = 0.0
        self._end_sample = 0
        self._ahead = 0
        self._paced_s = 0.0
        self._fed_bytes = self._halves = 0
        self._broken_at_s: float | None = None
        self._broken_samples = 0
        self._least_late = 0
        self._lag_ms = self._max_lag_ms = 0.0
        self.has_sound = False
        """Whether any has come, filler or not."""

    @property
    def waiting_bytes(self) -> int:
        """How much is held: a frame that is not whole, and what came since it was last taken."""
        return len(self._rest) + FRAME_BYTES * len(self._frames)

    def feed(self, message: bytes, at_s: float) -> None:
        """Take a message that arrived at `at_s`.

        Raises:
            MalformedSound: it is longer than any that our gate's stream sends.
        """
        size = len(message)
        if size == FRAME_BYTES and not self._rest:  # nearly every one
            self._frames.append(_SILENCE if message == _FILLER else message)
        elif size > MAX_MESSAGE_BYTES:
            self._counts["malformed"] += 1
            raise MalformedSound(f"a message of {size} bytes")
        else:
            self._cut(self._rest + message)
        self._fed_bytes += size
        if not self.has_sound and size:
            self.has_sound = True
            self._zero_s = at_s - size / 2 / RATE_HZ
            self._paced_s, self._fed_bytes = at_s, 0

    def take(self, now_s: float) -> Sound | None:
        """What came until `now_s`, as one piece; None where nothing did, or while what came is watched.

        All that had come by then must have been fed. Otherwise our own delay looks like a break of the flow.

        Raises:
            MalformedSound: more sound comes than time passes, or half as much, again and again.
        """
        if now_s - self._paced_s >= PACE_S:
            self._tell_the_pace(now_s)
        if not self._frames:
            return None
        late = self._late(now_s)
        if late < 0 and not self._end_sample:  # the first messages came at once: the first of them was spoken earlier
            self._zero_s += late / RATE_HZ
            late = 0
        now_sample = self._end_sample + FRAME_SAMPLES * len(self._frames) + late
        if late > LATE_S * RATE_HZ:
            if not self._is_settled(late, now_s):
                self._drop(max(0, len(self._frames) - _MAX_FRAMES))
                return None
            self._leave_a_gap()
        elif late < -AHEAD_S * RATE_HZ:
            self._drop_the_belated(now_sample)
        else:
            self._ahead = 0
        self._broken_at_s = None
        self._drop_older_than(now_sample)
        return self._handed_on(now_sample)

    def stats(self) -> ReceiverStats:
        """The counts so far; a packet is a frame of 20 ms."""
        return ReceiverStats(**self._counts, lag_ms=self._lag_ms, max_lag_ms=self._max_lag_ms)

    def _late(self, now_s: float) -> int:
        """Samples by which the end of what came is behind what counting expects by now; negative: ahead of it."""
        return round((now_s - self._zero_s) * RATE_HZ) - self._end_sample - FRAME_SAMPLES * len(self._frames)

    def _tell_the_pace(self, now_s: float) -> None:
        """Half the samples without a pause are those of 8 kHz. Told as 16 kHz they would be another voice."""
        pace = self._fed_bytes / 2 / RATE_HZ / (now_s - self._paced_s)
        self._paced_s, self._fed_bytes = now_s, 0
        self._halves = self._halves + 1 if HALF[0] <= pace <= HALF[1] else 0
        if self._halves >= MAX_HALF:
            self._refuse("half the sound that time takes: it is not at 16 kHz")

    def _refuse(self, why: str) -> NoReturn:
        self._counts["malformed"] += 1
        self._frames.clear()
        raise MalformedSound(why)

    def _cut(self, data: bytes) -> None:
        whole = len(data) // FRAME_BYTES * FRAME_BYTES
        for start in range(0, whole, FRAME_BYTES):
            frame = data[start : start + FRAME_BYTES]
            self._frames.append(_SILENCE if frame == _FILLER else frame)
        self._rest = data[whole:]

    def _is_settled(self, late: int, now_s: float) -> bool:
        """Whether what comes after a break goes on at the pace of time."""
        size = FRAME_SAMPLES * len(self._frames)
        if self._broken_at_s is None:
            self._broken_at_s, self._broken_samples, self._least_late = now_s, size, late
            return False
        self._least_late = min(self._least_late, late)
        passed_s = now_s - self._broken_at_s
        if passed_s < SETTLED_S:
            return False
        if size - self._broken_samples <= (passed_s + RUSH_S) * RATE_HZ:
            return True
        self._broken_at_s, self._broken_samples, self._least_late = now_s, size, late
        return False

    def _leave_a_gap(self) -> None:
        """What lies between was not heard; the least delayed of what was watched tells how long it lasted."""
        self._counts["lost"] += round(self._least_late / FRAME_SAMPLES)
        self._end_sample += self._least_late
        self._rest = self._rest[: len(self._rest) % 2]  # of the sound before it; half a sample keeps the bytes in step

    def _drop_older_than(self, now_sample: int) -> None:
        """Drop what was spoken longer ago than MAX_AGE_S, where it would stand; its place stays empty."""
        too_old = now_sample - round(MAX_AGE_S * RATE_HZ) - self._end_sample
        if too_old > 0:
            self._drop(min(len(self._frames), -(-too_old // FRAME_SAMPLES)))

    def _drop_the_belated(self, now_sample: int) -> None:
        """A gap was declared, and then what had been missing came all the same: the newest alone has a place.

        It is set apart from what was heard before, since it does not follow it.
        """
        self._ahead += 1
        if self._ahead > MAX_AHEAD:
            self._refuse("more sound than time passes: it is not mono at 16 kHz")
        heard_until = self._end_sample
        room = max(0, (now_sample - heard_until) // FRAME_SAMPLES - 1)
        self._drop(max(0, len(self._frames) - room))
        self._end_sample = now_sample - FRAME_SAMPLES * len(self._frames) if self._frames else heard_until

    def _drop(self, count: int) -> None:
        """The oldest frames, which take their place with them."""
        del self._frames[:count]
        self._broken_samples -= FRAME_SAMPLES * count
        self._end_sample += FRAME_SAMPLES * count
        self._counts["late"] += count

    def _handed_on(self, now_sample: int) -> Sound | None:
        frames, self._frames = self._frames, []
        if not frames:
            return None
        start = self._end_sample
        pcm = np.frombuffer(bytearray().join(frames), "<i2").astype(np.int16, copy=False)
        self._end_sample = start + len(pcm)
        self._counts["packets"] += len(frames)
        self._lag_ms = max(0.0, 1000 * (now_sample - start - FRAME_SAMPLES) / RATE_HZ)
        self._max_lag_ms = max(self._max_lag_ms, self._lag_ms)
        return Sound(start, RATE_HZ, pcm, self._zero_s + start / RATE_HZ)
