"""What a tone model may say: a score with its uncertainty, or why it keeps silent. Never an emotion's name."""

from dataclasses import dataclass
from enum import StrEnum

from consent.errors import InvalidValue


class Reason(StrEnum):
    """Why nothing was judged. Said aloud, since silence must never look like calm."""

    TOO_LITTLE_SPEECH = "too_little_speech"
    BOTH_SPEAK = "both_speak"
    LINE = "line"
    """Sound was lost, clipped or too faint."""
    NOISE = "noise"
    SECOND_VOICE = "second_voice"
    """Somebody else was heard on the caller's line."""
    UNFAMILIAR = "unfamiliar"
    """Unlike anything the model was trained on."""
    LANGUAGE = "language"
    """The model was not validated for the call's language."""
    ENGINE = "engine"
    """The engine could not keep up or failed."""
    WARMING_UP = "warming_up"
    """Too little of this call has been judged yet to say anything about it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value of 0..1 and its standard uncertainty (one sigma).

    Raises:
        InvalidValue: outside 0..1, or not a number.
    """

    value: float
    sigma: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.value <= 1.0 and 0.0 <= self.sigma <= 1.0):
            raise InvalidValue(f"an estimate is 0 to 1 with a sigma of 0 to 1, not {self.value} and {self.sigma}")


@dataclass(frozen=True, slots=True)
class ToneScore:
    """What the model hears in one stretch of the caller's speech.

    `activation` runs from calm (0) to tense (1); `anger` is the likelihood that listeners would call it angry.
    `start_s` and `end_s` are seconds from the call's own zero.
    """

    start_s: float
    end_s: float
    activation: Estimate
    anger: Estimate
    model_id: str

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s >= 0:
            raise InvalidValue("a score covers a stretch of time")


@dataclass(frozen=True, slots=True)
class Abstained:
    """The model does not know, and says why."""

    start_s: float
    end_s: float
    reason: Reason

    def __post_init__(self) -> None:
        if not self.end_s > self.start_s >= 0:
            raise InvalidValue("an abstention covers a stretch of time")


Verdict = ToneScore | Abstained


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a model makes of one window, for those who test it: what it would have said, and whether it says it.

    `distance` is from what was trained on (1 is the edge of it, 0 where a model knows no distance); `is_alarm` whether
    the anger lies above the model's operating point; `reason` why a call would be told an abstention instead.
    """

    activation: Estimate
    anger: Estimate
    distance: float
    is_alarm: bool
    reason: Reason | None
