"""What a line does to a voice."""

import numpy as np
import pytest

from analysis.emotion.training.telephone import LINES, through_line


@pytest.mark.parametrize("line", LINES)
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


def test_there_is_no_other_line() -> None:
    """Law: a misspelt line fails aloud."""
    with pytest.raises(ValueError, match="no such line"):
        through_line(np.zeros(100, np.float32), "wire", np.random.default_rng(1))
