"""The role of a foreign model inside its own process."""

from collections.abc import Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Pcm32

_TOLERANCE: Final = 1e-3


class Classifier(Protocol):
    """Says of a window how likely each of its labels is."""

    @property
    def labels(self) -> Sequence[str]:
        """The labels, in the order of the shares."""
        ...

    def shares(self, samples: Pcm32) -> NDArray[np.float32]:
        """Of one window of at most 8 s at 16 kHz the share of each label: 0 to 1 each, together 1."""
        ...


def as_shares(scores: NDArray[np.float64]) -> NDArray[np.float32]:
    """What a classifier gives, as shares: shares as they are, their logarithms raised, all else through softmax.

    SpeechBrain's classifiers give one or the other, and do not say which.
    """
    if (scores >= 0).all() and abs(scores.sum() - 1.0) <= _TOLERANCE:
        return np.asarray(scores / scores.sum(), np.float32)
    raised = np.exp(scores - scores.max())
    return np.asarray(raised / raised.sum(), np.float32)
