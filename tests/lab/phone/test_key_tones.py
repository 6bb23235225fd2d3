"""Laws of the sound of keys."""

import numpy as np
import pytest

from tests.lab.phone.key_tones import ROWS, frequencies, tones


@pytest.mark.parametrize("key", "".join(ROWS))
def test_a_key_sounds_as_its_two_tones(key: str) -> None:
    """Law: the two loudest frequencies of the sound are those of the key, as ITU-T Q.23 has them."""
    spectrum = np.abs(np.fft.rfft(tones(key), 8000))
    loudest = sorted(int(hz) for hz in np.argsort(spectrum)[-2:])
    assert all(abs(hz - wanted) <= 5 for hz, wanted in zip(loudest, sorted(frequencies(key)), strict=True))


def test_the_corners_are_those_of_the_recommendation() -> None:
    """Law: 1, star and # as in Q.23."""
    assert [frequencies(key) for key in "1*#"] == [(697, 1209), (941, 1209), (941, 1477)]
