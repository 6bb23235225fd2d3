"""The frame that all sound travels in."""

import numpy as np

from analysis.audio import AudioFrame


def test_a_frame_ends_where_its_samples_end() -> None:
    """The end is one past the last sample, so that the next frame of unbroken sound starts exactly there."""
    assert AudioFrame(320, 16_000, np.zeros(320, np.int16)).end_sample == 640
