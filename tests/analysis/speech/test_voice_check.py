"""Who is that: a person who talks, or something else that Silero takes for speech."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.audio import Pcm32
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.silero import SileroDetector, model_path
from analysis.speech.voice_check import COMPANY, MEMORY_SIZE, TALK, WEIGHTS, VoiceCheck
from consent.errors import InvalidValue
from tests.analysis.voices import as_float, engine_voice

VOICES = ("caller_calm_en", "caller_tense_en", "caller_calm_fr", "caller_tense_fr", "agent_calm_en", "agent_calm_fr")


def odds_of(voice: Pcm32, column: int) -> float:
    """The mean log-odds over what Silero takes for speech in the first five seconds."""
    detector = SileroDetector()
    row = np.array([detector.open()])
    chunks = voice[: min(150, len(voice) // CHUNK_SAMPLES) * CHUNK_SAMPLES].reshape(-1, 1, CHUNK_SAMPLES)
    heard = [(detector.hear(row, chunk)[0], detector.voices(row)[0, column]) for chunk in chunks]
    return float(np.mean([odds for chance, odds in heard if chance > 0.5]))


@pytest.mark.parametrize("name", VOICES)
def test_a_person_who_talks_is_one(name: str) -> None:
    """Over what Silero takes for speech the mean log-odds of talk are well above nothing, those of company below."""
    voice = as_float(engine_voice(name))
    assert odds_of(voice, TALK) > 2.0
    assert odds_of(voice, COMPANY) < 0.0


def test_two_at_once_are_told_from_one() -> None:
    """The mean log-odds of company are higher for each pair of voices laid over each other than for each of the two."""
    alone = [odds_of(as_float(engine_voice(name)), COMPANY) for name in VOICES]
    for first, second in ((0, 3), (1, 5), (2, 4)):
        one, other = (as_float(engine_voice(VOICES[at])) for at in (first, second))
        length = min(len(one), len(other))
        assert odds_of(one[:length] + other[:length], COMPANY) > max(alone[first], alone[second]) + 2.0


def test_weights_read_the_memory_that_they_were_fitted_to(tmp_path: Path) -> None:
    """Another version of Silero remembers otherwise: its memory is not read, and that is said."""
    VoiceCheck.of(model_path())
    other = tmp_path / "silero_vad.onnx"
    other.write_bytes(model_path().read_bytes() + b"\0")
    with pytest.raises(InvalidValue, match="install that version of silero-vad"):
        VoiceCheck.of(other)


def test_the_sum_is_a_sum() -> None:
    """What is said of a chunk depends on that chunk alone, and is as simple as it is said to be."""
    weights = np.stack([np.arange(MEMORY_SIZE), np.ones(MEMORY_SIZE)], axis=1).astype(np.float32)
    check = VoiceCheck(weights, np.array([-3.0, 1.0], np.float32))
    memory = np.zeros((2, MEMORY_SIZE), np.float32)
    memory[1, 5] = 2.0
    np.testing.assert_allclose(check.voices(memory), [[-3.0, 1.0], [7.0, 3.0]])


@pytest.mark.parametrize("weights", [np.zeros((127, 2)), np.zeros(MEMORY_SIZE), np.full((MEMORY_SIZE, 2), np.nan)])
def test_broken_weights_are_refused(weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    """No number is made of a number that is none."""
    with pytest.raises(InvalidValue):
        VoiceCheck(weights.astype(np.float32), np.zeros(2, np.float32))


def test_the_file_says_what_it_was_made_from() -> None:
    """Weights without their source are no evidence: corpora, licences and the model are named."""
    known = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    assert known["model"].startswith("silero-vad")
    assert {"corpus", "licence"} <= set(known["trained_on"][0])
