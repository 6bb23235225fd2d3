"""Laws of the live path that benchmarks hear through: the engine's own parts, one sound beside another."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest_asyncio

from analysis.audio import ENGINE_RATE_HZ, AudioFrame
from analysis.speech.silero import model_path
from analysis.speech.voice_check import VoiceCheck
from benchmarks.live_path import LivePath
from benchmarks.yeses import granted
from tests.analysis.voices import engine_voice

VOICE_S = 4


@pytest_asyncio.fixture
async def path(tmp_path: Path) -> AsyncIterator[LivePath]:
    """Two calls at once."""
    async with granted(tmp_path, 2) as grants:
        yield LivePath(VoiceCheck.of(model_path()), grants)


def _frame(name: str) -> AudioFrame:
    return AudioFrame(0, ENGINE_RATE_HZ, engine_voice(name)[: VOICE_S * ENGINE_RATE_HZ])


async def test_a_voice_is_read_and_silence_is_not(path: LivePath) -> None:
    """Law: what the detector hears is cut and read, with times from the sound's beginning; of silence nothing is told;
    each sound's are its own.
    """
    silence = AudioFrame(0, ENGINE_RATE_HZ, np.zeros(VOICE_S * ENGINE_RATE_HZ, np.int16))
    voice, nothing = path.hear([_frame("caller_tense_en"), silence])
    assert nothing == []
    assert voice
    assert all(0 <= one.start_s < one.end_s <= VOICE_S + 1 for one in voice)
    assert any(one.reading is not None for one in voice)


async def test_a_sound_is_heard_alike_beside_any_other(path: LivePath) -> None:
    """Law: nothing is left of what was heard before, and the neighbour changes nothing; a reason means no score."""
    alone = path.hear([_frame("caller_calm_en")])[0]
    beside = path.hear([_frame("caller_tense_fr"), _frame("caller_calm_en")])[1]
    assert [(one.start_s, one.end_s, one.reason) for one in alone] == [
        (one.start_s, one.end_s, one.reason) for one in beside
    ]


async def test_noise_is_told_with_a_reason_or_not_at_all(path: LivePath) -> None:
    """Law: what is no voice gets no score."""
    noise = np.random.default_rng(1).standard_normal(VOICE_S * ENGINE_RATE_HZ) * 3_000
    (told,) = path.hear([AudioFrame(0, ENGINE_RATE_HZ, noise.astype(np.int16))])
    assert all(one.reason is not None for one in told)
