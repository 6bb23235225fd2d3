"""From logits to estimates that mean what they say: calibrated values with an honest uncertainty.

Platt scaling (Platt 1999) fitted on speakers held out of training. The uncertainty is a fitted model of the squared
error on held-out speakers *and* on a corpus held out whole: it grows where listeners themselves are divided, where
the heads of the ensemble disagree (they disagree most on what is unlike their training), and with the distance from
what was trained on as far as the fit finds that to add anything.
"""

import json
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.emotion.score import Estimate, Reading, Reason
from consent.errors import InvalidValue

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scale:
    """How one output is calibrated.

    `value = sigmoid(slope * mean logit + offset)`; `sigma**2 = variance . (1, value * (1 - value), spread**2,
    beyond**2)` with the spread of the heads' values and how far beyond the edge (distance 1) the sound lies.

    Raises:
        InvalidValue: a slope that turns the scale over, or a negative variance.
    """

    slope: float
    offset: float
    variance: tuple[float, float, float, float]

    def __post_init__(self) -> None:
        if not self.slope > 0 or not all(part >= 0 for part in self.variance):
            raise InvalidValue("a scale needs a slope above 0 and variances of at least 0")

    def values(self, logits: Floats) -> Floats:
        """Map logits of any shape to values of 0..1."""
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(self.slope * logits + self.offset, -30.0, 30.0))))

    def judge(self, logits: Floats, distance: Floats) -> tuple[Floats, Floats]:
        """Map logits `[n, heads]` and distances `[n]` to values `[n]` and sigmas `[n]`."""
        values = self.values(logits.mean(axis=1))
        sigma = np.sqrt(self.doubts(logits, distance) @ np.asarray(self.variance))
        return values, np.clip(sigma, 0.0, 0.5)

    def doubts(self, logits: Floats, distance: Floats) -> Floats:
        """The four sources of doubt, `[n, 4]`."""
        values = self.values(logits.mean(axis=1))
        spread = self.values(logits).std(axis=1)
        beyond = np.maximum(distance - 1.0, 0.0)
        return np.stack([np.ones_like(values), values * (1.0 - values), spread**2, beyond**2], axis=1)


@dataclass(frozen=True, slots=True)
class Calibration:
    """All that decides how a network's output is read, and when not to read it.

    `farthest` is the distance beyond which the model abstains, `alarm` the operating point: an anger above it is an
    alarm. `shortest_s` is the shortest speech it judges.

    Raises:
        InvalidValue: a limit that is not positive, or no language.
    """

    activation: Scale
    anger: Scale
    farthest: float
    alarm: float
    shortest_s: float
    languages: tuple[str, ...]

    def __post_init__(self) -> None:
        if not (self.farthest > 0 and 0 < self.alarm < 1 and self.shortest_s > 0 and self.languages):
            raise InvalidValue("a calibration needs positive limits and the languages it was made for")

    def estimates(self, logits: NDArray[np.float32], distance: float) -> tuple[Estimate, Estimate]:
        """Read one window's logits `[heads, 2]`: activation, then likelihood of anger."""
        far = np.asarray([distance], dtype=np.float64)
        found = []
        for column, scale in enumerate((self.activation, self.anger)):
            values, sigmas = scale.judge(logits[None, :, column].astype(np.float64), far)
            found.append(Estimate(float(values[0]), float(sigmas[0])))
        return found[0], found[1]

    def reading(self, logits: NDArray[np.float32], distance: float) -> Reading:
        """All that is made of one window's logits `[heads, 2]` and distance."""
        activation, anger = self.estimates(logits, distance)
        reason = None if distance <= self.farthest else Reason.UNFAMILIAR
        return Reading(activation, anger, distance, anger.value > self.alarm, reason)

    def to_json(self) -> str:
        """Write as JSON."""
        return json.dumps(asdict(self), indent=2) + "\n"


def parse(text: str | bytes) -> Calibration:
    """Read what `Calibration.to_json` wrote.

    Raises:
        InvalidValue: it is not a calibration.
    """
    try:
        told = json.loads(text)
        activation, anger = (
            Scale(float(part["slope"]), float(part["offset"]), _four(part["variance"]))
            for part in (told["activation"], told["anger"])
        )
        limits = float(told["farthest"]), float(told["alarm"]), float(told["shortest_s"])
        return Calibration(activation, anger, *limits, tuple(map(str, told["languages"])))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidValue(f"not a calibration: {error}") from error


def _four(told: list[float]) -> tuple[float, float, float, float]:
    first, second, third, fourth = map(float, told)
    return first, second, third, fourth
