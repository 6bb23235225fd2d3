"""Syllable nuclei, on trains of known rate and on recordings whose syllables were counted by hand."""

import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm32
from analysis.resample import Resampler
from analysis.syllables import Syllables, find_syllables
from consent.errors import InvalidValue
from tests.analysis.voices import as_float, engine_voice
from tests.house.places import ROOT

SEGMENT = 4 * ENGINE_RATE_HZ
RNG = np.random.default_rng(5)

VOICES = {"caller_calm_en": 49, "caller_tense_en": 52, "agent_calm_en": 50, "caller_calm_fr": 53}
PROMPTS = {"es/yes": 18, "it/yes": 20, "de/yes": 13, "en/reference": 20}
"""Syllables of each text, counted by hand as it is spoken: no schwa that is not said."""


def train(per_s: float, pitch_hz: float = 140.0, level: float = 0.1, seconds: float = 4.0) -> Pcm32:
    """Syllables of a made-up voice: harmonics of a pitch, rising and falling `per_s` times a second, 300 to 3400 Hz."""
    instants = np.arange(round(seconds * ENGINE_RATE_HZ)) / ENGINE_RATE_HZ
    harmonics = [k * pitch_hz for k in range(1, 60) if 300 <= k * pitch_hz <= 3400]
    voice = sum(np.sin(2 * np.pi * hz * instants + hz) / np.sqrt(hz) for hz in harmonics)
    swell = 0.02 + 0.98 * np.sin(np.pi * per_s * instants) ** 2
    sound = voice * swell
    made: Pcm32 = (level * sound / np.abs(sound).max()).astype(np.float32)
    return made


def band_noise(length: int) -> Pcm32:
    """White noise between 300 and 3400 Hz, of mean power 1."""
    spectrum = np.fft.rfft(RNG.standard_normal(length))
    hertz = np.fft.rfftfreq(length, 1 / ENGINE_RATE_HZ)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    noise = np.fft.irfft(spectrum, length)
    made: Pcm32 = (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)
    return made


def noisy(sound: Pcm32, snr_db: float) -> Pcm32:
    """The sound with noise so many dB below its power where it is not silent."""
    power = float(np.mean(sound[np.abs(sound) > 0.003] ** 2))
    return sound + band_noise(len(sound)) * np.float32(np.sqrt(power / 10 ** (snr_db / 10)))


def through_mulaw(sound: Pcm32) -> Pcm32:
    """The sound as G.711's logarithmic steps leave it."""
    squeezed = np.round(np.sign(sound) * np.log1p(255 * np.abs(sound)) / np.log(256) * 128) / 128
    made: Pcm32 = (np.sign(squeezed) * (256 ** np.abs(squeezed) - 1) / 255).astype(np.float32)
    return made


def prompt(name: str) -> Pcm32:
    """A recording of the product, at the engine's rate."""
    with wave.open(str(Path(ROOT) / "dialplan" / "prompts" / f"{name}.wav")) as file:
        rate_hz = file.getframerate()
        pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    return as_float(Resampler(rate_hz).feed(AudioFrame(0, rate_hz, pcm)).pcm)


def counted(sound: Pcm32) -> int:
    """The nuclei of a long sound, segment by segment as the engine has it."""
    return sum(find_syllables(sound[start : start + SEGMENT]).nuclei for start in range(0, len(sound), SEGMENT))


@pytest.mark.parametrize("per_s", [2.0, 3.0, 4.0, 5.0, 6.0, 7.0])
@pytest.mark.parametrize("pitch_hz", [90.0, 140.0, 220.0, 330.0])
def test_a_train_of_syllables_has_its_rate(per_s: float, pitch_hz: float) -> None:
    """Known rates from slow to quick, low voices and high: all found but those cut at the ends."""
    assert abs(find_syllables(train(per_s, pitch_hz)).nuclei - 4 * per_s) <= 1


@pytest.mark.parametrize("snr_db", [20.0, 15.0, 10.0])
def test_noise_adds_no_syllable(snr_db: float) -> None:
    """As much noise as the quality gate lets through changes a train's count by no more than its ends."""
    sound = train(4.0)
    assert abs(find_syllables(noisy(sound, snr_db)).nuclei - 16) <= 1


def test_noise_alone_has_no_syllables() -> None:
    """Noise that swells like speech is not voiced: however much it sounds like talk, nobody's pace comes of it."""
    swell = (0.02 + 0.98 * np.sin(np.pi * 4 * np.arange(SEGMENT) / ENGINE_RATE_HZ) ** 2).astype(np.float32)
    assert find_syllables(0.1 * band_noise(SEGMENT) * swell).nuclei == 0


def test_a_hum_and_silence_have_no_syllables() -> None:
    """What does not rise and fall has no nuclei, and no level."""
    steady = np.sin(2 * np.pi * 140 * np.arange(SEGMENT) / ENGINE_RATE_HZ).astype(np.float32)
    for sound in (np.zeros(SEGMENT, np.float32), 0.1 * steady, np.zeros(0, np.float32), np.zeros(50, np.float32)):
        assert find_syllables(sound) == Syllables(0, None)


@pytest.mark.parametrize(("name", "spoken"), VOICES.items())
def test_voices_are_counted_as_the_paper_counts(name: str, spoken: int) -> None:
    """The method overlooks unstressed syllables and invents next to none: two thirds to all of what was said."""
    assert 0.65 <= counted(as_float(engine_voice(name))) / spoken <= 1.02


@pytest.mark.parametrize(("name", "spoken"), PROMPTS.items())
def test_prompts_of_every_language_are_counted(name: str, spoken: int) -> None:
    """German, Spanish, Italian and English, other voices: the same bounds."""
    assert 0.6 <= counted(prompt(name)) / spoken <= 1.02


def test_about_four_of_five_syllables_are_found() -> None:
    """All the texts together: the share that docs/facts.md tells."""
    sounds = [as_float(engine_voice(name)) for name in VOICES] + [prompt(name) for name in PROMPTS]
    found = sum(counted(sound) for sound in sounds)
    assert found / (sum(VOICES.values()) + sum(PROMPTS.values())) == pytest.approx(0.79, abs=0.02)


@pytest.mark.parametrize("name", VOICES)
def test_codec_and_noise_leave_the_count_as_it_is(name: str) -> None:
    """mu-law moves it by 3 % at most, noise 15 dB down by 10 %, noise 10 dB down by 15 %."""
    sound = as_float(engine_voice(name))
    clean = counted(sound)
    assert counted(through_mulaw(sound)) == pytest.approx(clean, rel=0.03)
    assert counted(noisy(sound, 15)) == pytest.approx(clean, rel=0.10)
    assert counted(noisy(sound, 10)) == pytest.approx(clean, rel=0.15)


@pytest.mark.parametrize("name", VOICES)
def test_the_level_is_that_of_the_voice(name: str) -> None:
    """20 dB less are 20 dB less, with the same syllables; noise 15 dB down moves the level by half a decibel most."""
    sound = as_float(engine_voice(name))[:SEGMENT]
    loud, soft = find_syllables(sound), find_syllables(sound * np.float32(0.1))
    assert loud.level_dbov is not None
    assert soft.level_dbov == pytest.approx(loud.level_dbov - 20, abs=0.05)
    assert soft.nuclei == loud.nuclei
    assert find_syllables(noisy(sound, 15)).level_dbov == pytest.approx(loud.level_dbov, abs=0.5)


@given(arrays(np.float32, st.integers(0, 3_000), elements=st.floats(-1, 1, width=32)))
@settings(deadline=None, max_examples=60)
def test_any_sound_gives_a_count(sound: Pcm32) -> None:
    """No sound breaks it, and no stretch holds more nuclei than dips of 16 ms could part."""
    found = find_syllables(sound)
    assert 0 <= found.nuclei <= len(sound) / 256
    assert found.level_dbov is None or np.isfinite(found.level_dbov)


@pytest.mark.parametrize(("nuclei", "level_dbov"), [(-1, None), (0, -20.0), (3, None)])
def test_impossible_counts_are_not_born(nuclei: int, level_dbov: float | None) -> None:
    """A level is that of nuclei."""
    with pytest.raises(InvalidValue):
        Syllables(nuclei, level_dbov)
