"""Which of a foreign model's labels stand for our two outputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.emotion.model_files import ModelRefused
from consent.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Anger is the share of `angry`, activation that of `active`, both 0 to 1.

    Raises:
        InvalidValue: one of them is empty or names a label twice.
    """

    angry: tuple[str, ...]
    active: tuple[str, ...]

    def __post_init__(self) -> None:
        for names in (self.angry, self.active):
            if not names or len(set(names)) != len(names):
                raise InvalidValue("angry and active name at least one label each, and each label once")

    def check(self, labels: Sequence[str]) -> None:
        """Raises ModelRefused: a label is named that the model does not have."""
        unknown = sorted({*self.angry, *self.active} - set(labels))
        if unknown:
            raise ModelRefused(
                f"analysis.labels names {', '.join(unknown)}, and the model knows {', '.join(labels)} only"
            )

    def outputs(self, labels: Sequence[str], shares: NDArray[np.float32]) -> tuple[float, float]:
        """Activation and anger of one window. The names were checked."""
        by_label = dict(zip(labels, shares.tolist(), strict=True))
        activation, anger = (sum(by_label[name] for name in names) for names in (self.active, self.angry))
        return min(1.0, activation), min(1.0, anger)
