"""What a line does to a voice."""

from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]

from analysis.emotion.training.telephone import read_noises, through_line


@pytest.mark.parametrize("line", ["clean", "phone", "phone-107", "wild"])
def test_a_line_is_the_same_for_the_same_seed(line: str) -> None:
    """Law: training can be repeated to the bit."""
    sound = np.random.default_rng(1).standard_normal(16_000).astype(np.float32)
    first, second = (through_line(sound, line, np.random.default_rng(7)) for _ in range(2))
    assert first.dtype == np.float32
    assert np.array_equal(first, second)
    assert 14_000 < len(first) < 18_000


def test_a_phone_line_lets_only_its_band_through() -> None:
    """Law: below 300 Hz and above 3400 Hz a phone is deaf."""
    sound = np.random.default_rng(1).standard_normal(32_000).astype(np.float32)
    power = np.abs(np.fft.rfft(through_line(sound, "phone", np.random.default_rng(1)))) ** 2
    hz = np.fft.rfftfreq(32_000, 1 / 16_000)
    inside = power[(hz > 500) & (hz < 3000)].mean()
    assert power[hz < 100].mean() < 0.01 * inside
    assert power[hz > 4500].mean() < 0.01 * inside


def test_every_codec_and_fault_leaves_a_voice() -> None:
    """Law: whatever a wild line does, the copy is as long, finite, and not silent."""
    voice = np.sin(np.arange(24_000) * 0.1).astype(np.float32) * np.linspace(0.1, 1.0, 24_000, dtype=np.float32)
    hiss = np.random.default_rng(3).standard_normal(4_000).astype(np.float32)
    for seed in range(40):
        copy = through_line(voice, "wild", np.random.default_rng(seed), (hiss,))
        assert np.isfinite(copy).all()
        assert 0.9 * len(voice) < len(copy) < 1.1 * len(voice)
        assert float(np.sqrt(np.mean(copy**2))) > 1e-3


def test_every_second_noise_is_left_for_trials(tmp_path: Path) -> None:
    """Law: what noise is tried with was never laid under a clip."""
    rows = [f"noise{number}.wav,esc10" for number in range(4)]
    (tmp_path / "manifest.csv").write_text("path,corpus\n" + "\n".join(rows) + "\n")
    for number in range(4):
        soundfile.write(tmp_path / f"noise{number}.wav", np.full(1600, number / 10), 16_000)
    assert [round(float(noise.mean()), 1) for noise in read_noises(tmp_path)] == [0.0, 0.2]


def test_there_is_no_other_line() -> None:
    """Law: a misspelt line fails aloud."""
    with pytest.raises(ValueError, match="no such line"):
        through_line(np.zeros(100, np.float32), "wire", np.random.default_rng(1))
