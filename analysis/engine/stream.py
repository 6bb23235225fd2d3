"""One party's voice inside the engine: its sound, its decisions and, of the caller alone, windows to be judged."""

from __future__ import annotations

from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm16
from analysis.emotion.course import Course
from analysis.emotion.languages import UNKNOWN
from analysis.resample import Resampler
from analysis.speech.detector import CHUNK_SAMPLES, SpeechDetector
from analysis.speech.hysteresis import TALKS, Decision, Hysteresis, Run
from analysis.speech.segmenter import Segmenter, Window
from analysis.speech.sound_ring import SoundRing
from analysis.speech.voice_check import COLUMNS
from consent.errors import InvalidValue
from consent.grant import Consented
from consent.parties import Party
from consent.purposes import Purpose

CALLER_CHUNKS: Final = 256
"""8.2 s: a window of 4 s, the wait for the agent's decisions and a full queue of 2 s."""
AGENT_CHUNKS: Final = 80
"""2.6 s: a full queue. Nothing of the agent is ever cut out, so nothing more is held."""

_HEARD_SAMPLES: Final = CHUNK_SAMPLES // 2
"""A chunk of which less was received is not heard: the detector would judge the gap."""
_LONG_GAP_CHUNKS: Final = 8
"""After 256 ms of nothing the detector's memory is of another moment (silero-vad#790)."""


class Stream:
    """The state of one grant's voice, touched by the worker's thread alone.

    `sound` raises Withdrawn once the grant has ended, so that nothing here can be used afterwards. `windows` are cut
    and wait for the agent's decisions. The agent's stream has no segmenter: there is no path from it to a window.
    `course` is what was judged so far, for what is told over the call; it lives and dies with the stream. `spoken` is
    the tag of the language that the PBX names for the caller, unknown until it is set.

    Raises:
        Withdrawn: the grant of the first frame has ended.
    """

    __slots__ = (
        "_hysteresis",
        "_lost",
        "_next",
        "_resampler",
        "_ring",
        "_segmenter",
        "_voices",
        "course",
        "grant",
        "is_after_gap",
        "row",
        "sound",
        "spoken",
        "windows",
    )

    def __init__(self, first: Consented[AudioFrame], detector: SpeechDetector) -> None:
        self.grant = first.grant
        is_judged = self.grant.party is Party.CALLER and Purpose.TONE in self.grant.purposes
        self._ring = SoundRing(CALLER_CHUNKS if is_judged else AGENT_CHUNKS)
        self.sound = first.map(lambda _: self._ring)
        self.row = detector.open()
        self.windows: deque[Window] = deque()
        self.course = Course()
        self.spoken = UNKNOWN
        self._next = 0
        self.is_after_gap = False
        self._lost: tuple[int, int] | None = None
        self._hysteresis = Hysteresis()
        self._segmenter = Segmenter() if is_judged else None
        self._voices = np.zeros((CALLER_CHUNKS, len(COLUMNS)), np.float32) if is_judged else None
        self._resampler: Resampler | None = None

    @property
    def is_judged(self) -> bool:
        """Whether verdicts come of this stream: the caller's, under a grant that covers tone."""
        return self._segmenter is not None

    @property
    def languages(self) -> tuple[str, str]:
        """The tags of both languages that the call names: of the notice that the yes answered, and of the caller."""
        return self.grant.language, self.spoken

    def take(self, frame: AudioFrame) -> None:
        """Lay a frame down, at whatever rate the line has."""
        if frame.rate_hz != ENGINE_RATE_HZ:
            if self._resampler is None or self._resampler.rate_hz != frame.rate_hz:
                self._resampler = Resampler(frame.rate_hz)
            frame = self._resampler.feed(frame)
        self.sound.open().write(frame)

    def next_run_into(self, out: Pcm16) -> tuple[int, int]:
        """Put the next chunks that were heard into `out`, int16 of shape (most, 512): as many as follow each other.

        Returns:
            The first one's number and how many there are, 0 for none yet. Chunks that were not heard end a run; whether
            many of them lie before it, `is_after_gap` tells.
        """
        ring = self.sound.open()
        stop = ring.end_sample // CHUNK_SAMPLES
        first = max(self._next, stop - ring.size + 1)
        if first >= stop:
            return first, 0
        if ring.is_whole(first):
            count = min(stop - first, len(out))
        else:
            first, count = self._heard_run(ring, first, stop, len(out))
            if not count:
                return first, 0
        ring.copy(first, first + count, out)
        # Chunks that were not heard stay counted from the last one that was, so that a long gap is seen as one.
        self.is_after_gap = first - self._next >= _LONG_GAP_CHUNKS
        self._next = first + count
        return first, count

    @staticmethod
    def _heard_run(ring: SoundRing, first: int, stop: int, most: int) -> tuple[int, int]:
        while first < stop and ring.heard(first) < _HEARD_SAMPLES:
            first += 1
        end = first
        while end < min(stop, first + most) and ring.heard(end) >= _HEARD_SAMPLES:
            end += 1
        return first, end - first

    def note(self, first_chunk: int, voices: NDArray[np.float32]) -> None:
        """Keep the log-odds of talk and company of a run, shape (n, 2), for windows; of the agent nothing is kept."""
        if self._voices is not None:
            begin, count = first_chunk % CALLER_CHUNKS, len(voices)
            self._voices[begin : begin + count] = voices[: CALLER_CHUNKS - begin]
            if begin + count > CALLER_CHUNKS:
                self._voices[: begin + count - CALLER_CHUNKS] = voices[CALLER_CHUNKS - begin :]

    def voices(self, window: Window) -> NDArray[np.float32]:
        """What was noted of a window's chunks, shape (n, 2); of those that were not heard it is of no meaning."""
        if self._voices is None:
            raise InvalidValue("nothing is kept of a voice that is not judged")
        return self._voices[np.arange(*window) % CALLER_CHUNKS]

    def decide(self, chunk: int, chance: float, voice: float = TALKS) -> list[Decision]:
        """Take one chunk's likelihood of speech and log-odds of talk; the decisions that are final now."""
        decisions = self._hysteresis.feed(chunk, chance, voice)
        if self._segmenter is not None:
            for decision in decisions:
                window = self._segmenter.feed(decision)
                if window is not None:
                    self.windows.append(window)
        return decisions

    def pass_over(self, first_chunk: int, stop_chunk: int, lowest: float, highest: float) -> Run | None:
        """Take chunks through which nothing changes all at once, or none of them; see `Hysteresis.pass_over`."""
        run = self._hysteresis.pass_over(first_chunk, stop_chunk, lowest, highest)
        if run is not None and self._segmenter is not None:
            self.windows.extend(self._segmenter.feed_run(run))
        return run

    @property
    def lost_samples(self) -> int:
        """How long the stretch is that came, was not analysed, and of which nothing has been said yet."""
        return 0 if self._lost is None else self._lost[1] - self._lost[0]

    def lose(self, first_sample: int, stop_sample: int) -> None:
        """Note sound that came and was not analysed. Windows that are open or waiting are part of the loss."""
        first = min([first_sample, *(window.first_chunk * CHUNK_SAMPLES for window in self.windows)])
        if self._segmenter is not None:
            if self._segmenter.open_since is not None:
                first = min(first, self._segmenter.open_since * CHUNK_SAMPLES)
            self._segmenter.restart(-(-stop_sample // CHUNK_SAMPLES))
        self.windows.clear()
        known = self._lost or (first, stop_sample)
        self._lost = min(first, known[0]), max(stop_sample, known[1])

    def take_loss(self) -> tuple[int, int]:
        """The stretch that was lost, in samples on the call's clock; it is said now."""
        lost, self._lost = self._lost or (0, 0), None
        return lost

    def restart(self) -> None:
        """Forget what was half decided: a tick failed, and what it had done of it is not known."""
        self._hysteresis = Hysteresis()
        self._next = max(self._next, self._ring.end_sample // CHUNK_SAMPLES)

    def begin_anew(self) -> None:
        """Forget what was judged, and the windows that are open or wait: what is told next is of what is heard next."""
        self.course = Course()
        if self._segmenter is not None:
            self._segmenter.restart(self._next)
        self.windows.clear()

    def wipe(self) -> None:
        """Overwrite the sound, and forget what was judged: the grant has ended, or the call."""
        self._ring.wipe()
        self.course = Course()
        if self._voices is not None:
            self._voices[:] = 0.0
        self.windows.clear()
