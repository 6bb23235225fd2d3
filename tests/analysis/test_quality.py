"""Fit to be judged, or not and why."""

import numpy as np
import pytest

from analysis.audio import Pcm32
from analysis.emotion.score import Reason
from analysis.quality import Flaw, Quality, measure
from analysis.speech.detector import CHUNK_SAMPLES
from consent.errors import InvalidValue
from tests.analysis.voices import as_float, engine_voice

RNG = np.random.default_rng(3)
ALONE = (4.0, -4.0)
"""Log-odds of talk and company of one person who talks."""
VOICES = ("caller_calm_en", "caller_tense_en", "caller_calm_fr", "caller_tense_fr")


def speech_of(name: str) -> Pcm32:
    """Three seconds of a voice, from one second on."""
    return as_float(engine_voice(name))[16_000 : 16_000 + 94 * CHUNK_SAMPLES]


def marks(samples: Pcm32) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Chunks that are not silent, in a clean recording."""
    loud: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (
        np.abs(samples.reshape(-1, CHUNK_SAMPLES)).mean(axis=1) > 0.003
    )
    return loud


@pytest.mark.parametrize("name", VOICES)
def test_a_clean_voice_is_fit(name: str) -> None:
    """The gate lets through what it is for."""
    samples = speech_of(name)
    assert measure(samples, marks(samples), 1.0, *ALONE).flaw is None


@pytest.mark.parametrize("name", VOICES)
def test_a_voice_in_loud_noise_is_not(name: str) -> None:
    """Noise as loud as the voice is never a worse score: it is an abstention for noise."""
    samples = speech_of(name)
    noise = RNG.standard_normal(len(samples)).astype(np.float32) * np.sqrt(np.mean(samples**2))
    assert measure(samples + noise, marks(samples), 1.0, *ALONE).flaw is Flaw.NOISE


def test_a_steady_chord_is_not_speech_even_if_the_detector_says_so() -> None:
    """Hold music has few quiet frames: the second net under the speech detector."""
    instants = np.arange(94 * CHUNK_SAMPLES) / 16_000
    chord = sum(0.05 * np.sin(2 * np.pi * hz * instants) for hz in (262, 330, 392)).astype(np.float32)  # type: ignore[union-attr]
    assert measure(chord, np.ones(94, np.bool_), 1.0, *ALONE).flaw is Flaw.NOISE


@pytest.mark.parametrize(
    ("gain_db", "coverage", "flaw"),
    [(-40.0, 1.0, Flaw.LINE), (30.0, 1.0, Flaw.LINE), (0.0, 0.9, Flaw.LINE), (0.0, 1.0, None)],
    ids=["faint", "clipped", "lost", "whole"],
)
def test_a_bad_line_is_said_to_be_the_line(gain_db: float, coverage: float, flaw: Flaw | None) -> None:
    """Too faint, clipped or full of holes: the line is at fault and the person is not judged."""
    samples = speech_of("caller_tense_en")
    heard = np.clip(samples * np.float32(10 ** (gain_db / 20)), -1, 1)
    assert measure(heard, marks(samples), coverage, *ALONE).flaw is flaw


def test_a_word_or_two_is_too_little() -> None:
    """Less than a second of speech is not judged, however clean."""
    samples = speech_of("caller_calm_en")
    few = np.zeros(94, np.bool_)
    few[:30] = True
    assert measure(samples, few, 1.0, *ALONE).flaw is Flaw.TOO_LITTLE_SPEECH


def test_silence_is_no_calm() -> None:
    """Digital silence yields a flaw and no infinity."""
    quality = measure(np.zeros(32 * CHUNK_SAMPLES, np.float32), np.ones(32, np.bool_), 1.0, *ALONE)
    assert quality.flaw is Flaw.LINE
    assert np.isfinite(quality.level_dbov)
    assert np.isfinite(quality.snr_db)


@pytest.mark.parametrize(("talk", "company", "flaw"), [(-1.0, -4.0, Flaw.NOISE), (4.0, 2.0, Flaw.SECOND_VOICE)])
def test_who_is_heard_matters_as_much_as_how(talk: float, company: float, flaw: Flaw) -> None:
    """The cleanest sound of a child that cries, or of two people at once, is not the caller's voice."""
    samples = speech_of("caller_calm_en")
    assert measure(samples, marks(samples), 1.0, talk, company).flaw is flaw


@pytest.mark.parametrize(
    ("quieter_db", "pause_s", "flaw"), [(6.0, 0.512, Flaw.NOISE), (12.0, 0.512, None), (6.0, 0.48, None)]
)
def test_noise_in_the_pauses_is_noise(quieter_db: float, pause_s: float, flaw: Flaw | None) -> None:
    """What fills the pauses lies under the words too; a short pause, or one hit in a quiet one, tells nothing."""
    samples = speech_of("caller_calm_en")
    spoken = marks(samples)
    level = np.sqrt(np.mean(samples.reshape(len(spoken), -1)[spoken] ** 2)) * 10 ** (-quieter_db / 20)
    pauses = (RNG.standard_normal(round(pause_s * 16_000)) * level).astype(np.float32)
    assert measure(samples, spoken, 1.0, *ALONE, pauses).flaw is flaw
    hit = np.zeros_like(pauses)
    hit[: len(hit) // 3] = 0.9
    assert measure(samples, spoken, 1.0, *ALONE, hit).flaw is None


def test_every_flaw_is_a_reason() -> None:
    """What quality finds can be said as an abstention."""
    assert {flaw.value for flaw in Flaw} <= {reason.value for reason in Reason}


def test_the_first_flaw_is_the_one_that_is_said() -> None:
    """Too little speech comes before everything that would be measured on it."""
    assert Quality(0.5, 0.1, -90.0, 1.0, 0.0, 0.0, 0.0, -9.0, 9.0).flaw is Flaw.TOO_LITTLE_SPEECH


def test_marks_that_do_not_fit_are_refused() -> None:
    """Marks and sound must be of one length: a shift would measure the wrong moments."""
    with pytest.raises(InvalidValue):
        measure(np.zeros(1_000, np.float32), np.ones(2, np.bool_), 1.0, *ALONE)
