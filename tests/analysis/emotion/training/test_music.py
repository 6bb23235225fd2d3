"""Music that is made up."""

import numpy as np
import pytest

from analysis.emotion.training.music import compose


@pytest.mark.parametrize("seed", range(6))
def test_it_plays_without_a_pause(seed: int) -> None:
    """Law: it is as long and as loud as told, and what marks music: it does not fall silent where a voice would."""
    played = compose(np.random.default_rng(seed))
    assert played.dtype == np.float32
    assert 4.0 <= len(played) / 16_000 <= 10.0
    assert float(np.sqrt(np.mean(played**2))) == pytest.approx(0.1, rel=0.01)
    frames = played[: len(played) // 1600 * 1600].reshape(-1, 1600)
    levels = np.sqrt(np.mean(frames**2, axis=1))
    assert float(np.quantile(levels, 0.1)) > 0.02


def test_it_is_made_of_tones() -> None:
    """Law: unlike noise it has most of its power in a few frequencies, and another one from another seed."""
    spectra = [np.abs(np.fft.rfft(compose(np.random.default_rng(seed))[:64_000])) ** 2 for seed in range(6)]
    shares = [np.sort(power)[-640:].sum() / power.sum() for power in spectra]
    assert min(shares) > 0.6  # 2 % of the frequencies; of white noise they have a tenth
    assert not np.allclose(spectra[0], spectra[1])


def test_it_is_the_same_for_the_same_seed() -> None:
    """Law: training can be repeated to the bit."""
    first, second = (compose(np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(first, second)
