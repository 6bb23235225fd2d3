"""One labelled clip and what a model made of it: the common coin of training, `model evaluate` and the reports."""

from dataclasses import dataclass
from math import isnan

from analysis.emotion.evaluation.labelled import LabelledClip
from analysis.emotion.score import Reading, Reason
from consent.errors import InvalidValue


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a model made of one clip over one line ("clean", "phone", "bad", "as-is").

    Values and sigmas are 0..1, all four nan where the network was not run. `is_alarm`: the anger lay above the model's
    operating point. `reason` is None where a live call would have got the score.

    Raises:
        InvalidValue: a score that a call would have got, or an alarm, has no values.
    """

    clip: LabelledClip
    line: str
    activation: float
    activation_sigma: float
    anger: float
    anger_sigma: float
    is_alarm: bool
    reason: Reason | None

    def __post_init__(self) -> None:
        if (self.reason is None or self.is_alarm) and not self.is_scored:
            raise InvalidValue("a judgement without values needs a reason, and raises no alarm")

    @property
    def is_scored(self) -> bool:
        """Whether the network was run."""
        return not (isnan(self.activation) or isnan(self.anger))

    @property
    def is_told(self) -> bool:
        """Whether a live call would have got the score."""
        return self.reason is None


NAN = float("nan")


def unread(clip: LabelledClip, line: str, reason: Reason) -> Judgement:
    """Return the judgement of a clip on which the network was not run, and why."""
    return Judgement(clip, line, NAN, NAN, NAN, NAN, False, reason)


def read(clip: LabelledClip, line: str, reading: Reading, flaw: Reason | None = None) -> Judgement:
    """Return the judgement of a clip that the network has read; a flaw of the sound goes before the model's reason."""
    activation, anger = reading.activation, reading.anger
    return Judgement(clip, line, activation.value, activation.sigma, anger.value, anger.sigma, reading.is_alarm,
                     flaw or reading.reason)  # fmt: skip
