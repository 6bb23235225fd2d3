"""The picture that the trunk sees."""

import numpy as np
import pytest

from analysis.audio import ENGINE_RATE_HZ
from analysis.emotion.log_mel import log_mel


def test_a_tone_lies_in_its_band_whatever_its_level() -> None:
    """Law: the picture shows what is said, not how loud the line is."""
    times_s = np.arange(ENGINE_RATE_HZ) / ENGINE_RATE_HZ
    tone = np.sin(2 * np.pi * 1000.0 * times_s).astype(np.float32)
    picture = log_mel(tone)
    assert picture.shape == (80, 100)
    assert picture.dtype == np.float32
    # Slaney's mels: 1 kHz is 15 of 45.25 mels, so the 27th of 80 bands.
    assert 25 <= int(picture[:, 50].argmax()) <= 27
    assert np.allclose(picture, log_mel(tone * np.float32(0.01)), atol=0.02)


@pytest.mark.parametrize("shape", [(399,), (2, 16_000)])
def test_what_is_no_window_of_sound_is_refused(shape: tuple[int, ...]) -> None:
    """Law: less than one window, or more than one channel, fails aloud."""
    with pytest.raises(ValueError, match="mono samples"):
        log_mel(np.zeros(shape, dtype=np.float32))
