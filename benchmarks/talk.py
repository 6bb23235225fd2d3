"""Two people who talk with each other, for benchmarks: real recordings in turns, with pauses, over a line's noise.

The recordings are the project's own: acted sentences and rendered voices of callers and agents, and the prompts of the
dialplan. What a model makes of them is not the matter here; that it has as much to do as in a real call is.
"""

from __future__ import annotations

import random
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, AudioFrame
from analysis.resample import Resampler

LENGTH_S: Final = 60.0
"""After so long a conversation begins again."""
_ROOT: Final = Path(__file__).resolve().parents[1]
_CALLERS: Final = ("tests/demo/speech/emodb_*.wav", "tests/demo/speech/caller_*.wav")
_AGENTS: Final = ("tests/demo/speech/agent_*.wav", "dialplan/prompts/en/*.wav")
_TURN_S: Final = (1.8, 6.5)
"""Shortest and longest turn; a longer recording is cut."""
_PAUSE_S: Final = (0.15, 1.3)
_OVERLAPS: Final = 0.12
"""Share of turns that begin before the other has ended."""
_NOISE_RMS: Final = 16.0
"""Of int16: -66 dBFS, a quiet line."""


@dataclass(frozen=True, slots=True, eq=False)
class Conversation:
    """Both sides of a conversation, int16 of shape (n,) at 16 kHz each; silence of one is the line's noise."""

    caller: NDArray[np.int16]
    agent: NDArray[np.int16]


def conversations(count: int, length_s: float = LENGTH_S) -> list[Conversation]:
    """So many different ones, the same for the same count."""
    callers, agents = (list(_recordings(patterns)) for patterns in (_CALLERS, _AGENTS))
    return [
        _conversation(random.Random(seed), callers, agents, length_s)  # noqa: S311
        for seed in range(count)
    ]


def _recordings(patterns: Iterable[str]) -> Iterator[NDArray[np.int16]]:
    for pattern in patterns:
        for file in sorted(_ROOT.glob(pattern)):
            sound = _read(file)
            if len(sound) >= _TURN_S[0] * ENGINE_RATE_HZ:
                yield sound


def _read(file: Path) -> NDArray[np.int16]:
    with wave.open(str(file)) as recording:
        rate_hz, data = recording.getframerate(), recording.readframes(recording.getnframes())
    return Resampler(rate_hz).feed(AudioFrame(0, rate_hz, np.frombuffer(data, np.int16))).pcm


def _conversation(
    chance: random.Random, callers: list[NDArray[np.int16]], agents: list[NDArray[np.int16]], length_s: float
) -> Conversation:
    length = round(length_s * ENGINE_RATE_HZ)
    noise = np.random.default_rng(chance.randrange(1 << 30))
    sides = [noise.normal(0, _NOISE_RMS, length) for _ in range(2)]
    talked, at = [0, 0], round(chance.uniform(*_PAUSE_S) * ENGINE_RATE_HZ)
    while True:
        who = int(talked[0] > talked[1])  # whoever talked less: shares of about 40 and 40
        recording = chance.choice((callers, agents)[who])
        turn = recording[: round(chance.uniform(*_TURN_S) * ENGINE_RATE_HZ)]
        if at + len(turn) > length:
            return Conversation(*(np.clip(side, -32768, 32767).astype(np.int16) for side in sides))
        sides[who][at : at + len(turn)] += turn
        talked[who] += len(turn)
        pause_s = -chance.uniform(0.1, 0.6) if chance.random() < _OVERLAPS else chance.uniform(*_PAUSE_S)
        at = max(0, at + len(turn) + round(pause_s * ENGINE_RATE_HZ))
