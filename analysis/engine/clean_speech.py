"""From a window to what may be judged: the caller alone, whole, and fit; or the reason why there is no such thing.

The agent's voice reaches the caller's line as an echo. Where the agent speaks, and for as long afterwards as an echo
may last, the caller's line is cut out; where the agent's leg was not heard, nobody can tell, and it is cut out too.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Pcm32
from analysis.emotion.score import Reason
from analysis.quality import MIN_COVERAGE, Flaw, measure
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.lulls import BEFORE_CHUNKS, NEAR_CHUNKS, lulls
from analysis.speech.marks import Mark, Marks
from analysis.speech.segment import SpeechSegment
from analysis.speech.segmenter import Window
from analysis.speech.sound_ring import SoundRing

MAX_BOTH_SHARE: Final = 0.2
"""Of the caller's speech in a window. With more the caller is interrupted, interrupts, or is an echo."""
ECHO_CHUNKS: Final = 10
"""320 ms: there and back over a line of 150 ms each way, the most that ITU-T G.114 calls good for all users."""
SKEW_CHUNKS: Final = 1
"""How much earlier an echo may seem to begin: the two legs' clocks are one to a packet or so."""

Mask = NDArray[np.bool_]


def clean_speech(
    ring: SoundRing, window: Window, voices: NDArray[np.float32], own: Marks, agent: Marks | None
) -> SpeechSegment | Reason:
    """The longest stretch of a window in which the caller alone can be heard, if it is fit to be judged.

    Args:
        ring: the caller's sound.
        window: the chunks in question.
        voices: log-odds of talk and of company of each of them, shape (chunks, 2), see `voice_check`.
        own: what was decided of the caller.
        agent: what was decided of the agent; None where there is no agent (a microphone).
    """
    speech = own.between(*window) == Mark.SPEAKS
    clean = np.ones(len(speech), np.bool_)
    if agent is not None:
        known = agent.between(window.first_chunk - ECHO_CHUNKS, window.stop_chunk + SKEW_CHUNKS)
        here = known[ECHO_CHUNKS : ECHO_CHUNKS + len(speech)]
        if (speech & (here == Mark.SPEAKS)).sum() > MAX_BOTH_SHARE * speech.sum():
            return Reason.BOTH_SPEAK
        if (here != Mark.UNHEARD).mean() < MIN_COVERAGE:
            return Reason.LINE
        clean = ~_echoing(known == Mark.SPEAKS, len(speech)) & (here != Mark.UNHEARD)
    first, stop = _best_run(clean, speech)
    if stop == first:
        return Reason.TOO_LITTLE_SPEECH
    pauses = _pauses(ring, window, own, agent)
    return _fit(ring, window.first_chunk + first, speech[first:stop], voices[first:stop], pauses)


def _fit(
    ring: SoundRing, first_chunk: int, speech: Mask, voices: NDArray[np.float32], pauses: Pcm32
) -> SpeechSegment | Reason:
    stop_chunk = first_chunk + len(speech)
    received = sum(ring.heard(chunk) for chunk in range(first_chunk, stop_chunk))
    samples = ring.cut(first_chunk, stop_chunk)
    coverage = received / len(samples)
    talk, company = voices[speech].mean(axis=0)
    flaw: Flaw | None = measure(samples, speech, coverage, float(talk), float(company), pauses).flaw
    if flaw is not None:
        return Reason(flaw.value)
    return SpeechSegment(first_chunk * CHUNK_SAMPLES, samples, float(speech.mean()), 0.0, coverage)


def _pauses(ring: SoundRing, window: Window, own: Marks, agent: Marks | None) -> Pcm32:
    """What the caller's line holds where neither speaks, in the window and before it, chunk after chunk."""
    first, stop = window.first_chunk - BEFORE_CHUNKS, window.stop_chunk
    is_pause = lulls(own.between(first - NEAR_CHUNKS, stop + NEAR_CHUNKS))
    if agent is not None:
        known = agent.between(first - ECHO_CHUNKS, stop + SKEW_CHUNKS)
        is_pause &= ~_echoing(known == Mark.SPEAKS, len(is_pause))
        is_pause &= known[ECHO_CHUNKS : ECHO_CHUNKS + len(is_pause)] != Mark.UNHEARD
    found = [chunk for chunk in (first + np.flatnonzero(is_pause)).tolist() if ring.heard(chunk) == CHUNK_SAMPLES]
    return np.concatenate([np.zeros(0, np.float32), *(ring.cut(chunk, chunk + 1) for chunk in found)])


def _echoing(agent_speaks: Mask, length: int) -> Mask:
    """Where an echo of the agent may be; `agent_speaks` begins ECHO_CHUNKS earlier and ends SKEW_CHUNKS later."""
    echo = np.zeros(length, np.bool_)
    for shift in range(ECHO_CHUNKS + SKEW_CHUNKS + 1):
        echo |= agent_speaks[shift : shift + length]
    return echo


def _best_run(clean: Mask, speech: Mask) -> tuple[int, int]:
    """The run of clean chunks that holds most speech; (0, 0) when none holds any."""
    edges = np.flatnonzero(np.diff(clean, prepend=False, append=False))
    runs = [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]
    best = max(runs, key=lambda run: int(speech[slice(*run)].sum()), default=(0, 0))
    return best if speech[slice(*best)].any() else (0, 0)
