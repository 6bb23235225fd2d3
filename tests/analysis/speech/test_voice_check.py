"""Who is that: a person who talks, or something else that Silero takes for speech."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.silero import SileroDetector, model_path
from analysis.speech.voice_check import MEMORY_SIZE, WEIGHTS, VoiceCheck
from consent.errors import InvalidValue
from tests.analysis.voices import as_float, engine_voice

VOICES = ("caller_calm_en", "caller_tense_en", "caller_calm_fr", "caller_tense_fr", "agent_calm_en", "agent_calm_fr")


@pytest.mark.parametrize("name", VOICES)
def test_a_person_who_talks_is_one(name: str) -> None:
    """Over what Silero takes for speech the mean log-odds of talk are well above nothing."""
    detector, voice = SileroDetector(), as_float(engine_voice(name))
    row = np.array([detector.open()])
    chunks = voice[: 150 * CHUNK_SAMPLES].reshape(-1, 1, CHUNK_SAMPLES)
    heard = [(detector.hear(row, chunk)[0], detector.voices(row)[0]) for chunk in chunks]
    assert np.mean([voice for chance, voice in heard if chance > 0.5]) > 2.0


def test_weights_read_the_memory_that_they_were_fitted_to(tmp_path: Path) -> None:
    """Another version of Silero remembers otherwise: its memory is not read, and that is said."""
    VoiceCheck.of(model_path())
    other = tmp_path / "silero_vad.onnx"
    other.write_bytes(model_path().read_bytes() + b"\0")
    with pytest.raises(InvalidValue, match="install that version of silero-vad"):
        VoiceCheck.of(other)


def test_the_sum_is_a_sum() -> None:
    """What is said of a chunk depends on that chunk alone, and is as simple as it is said to be."""
    check = VoiceCheck(np.arange(MEMORY_SIZE, dtype=np.float32), -3.0)
    memory = np.zeros((2, MEMORY_SIZE), np.float32)
    memory[1, 5] = 2.0
    np.testing.assert_allclose(check.voices(memory), [-3.0, 7.0])


@pytest.mark.parametrize("weights", [np.zeros(127, np.float32), np.full(MEMORY_SIZE, np.nan, np.float32)])
def test_broken_weights_are_refused(weights: np.ndarray[tuple[int], np.dtype[np.float32]]) -> None:
    """No number is made of a number that is none."""
    with pytest.raises(InvalidValue):
        VoiceCheck(weights, 0.0)


def test_the_file_says_what_it_was_made_from() -> None:
    """Weights without their source are no evidence: corpora, licences and the model are named."""
    known = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    assert known["model"].startswith("silero-vad")
    assert {"corpus", "licence"} <= set(known["trained_on"][0])
