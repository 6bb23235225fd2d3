"""What a tone model is run on."""

import numpy as np
import pytest

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from analysis.emotion.score import Reason
from analysis.emotion.window import LONGEST_SAMPLES, unheard


def noise(seconds: float, level: float) -> Pcm32:
    """White noise."""
    count = round(seconds * ENGINE_RATE_HZ)
    return (np.random.default_rng(1).standard_normal(count) * level).astype(np.float32)


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (noise(8.0, 0.1), None),
        (noise(1.0, 2e-4), None),
        (noise(0.99, 0.1), Reason.TOO_LITTLE_SPEECH),
        (np.zeros(0, np.float32), Reason.TOO_LITTLE_SPEECH),
        (np.zeros(LONGEST_SAMPLES, np.float32), Reason.LINE),
        (noise(2.0, 5e-5), Reason.LINE),
        (np.full(LONGEST_SAMPLES, np.nan, np.float32), Reason.LINE),
    ],
    ids=["long", "quiet", "short", "empty", "silence", "faint", "not-a-number"],
)
def test_scraps_and_silence_are_not_run(samples: Pcm32, reason: Reason | None) -> None:
    """Law: what no model is run on is told by its reason: first too short, then too faint to be a voice."""
    assert unheard(samples, 1.0) is reason


def test_how_short_is_the_models_own() -> None:
    """Law: each model states how much it needs."""
    assert unheard(noise(0.5, 0.1), 0.5) is None
