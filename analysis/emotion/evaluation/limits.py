"""What a site's own recordings of a language must show before the tone of callers who speak it is judged there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from analysis.emotion.evaluation.intervals import Figure, is_shown, needed
from consent.errors import InvalidValue

CALL_LINES: Final = ("as-is", "phone")
"""Lines on which a language can be tried, the first that was run counts: a clean recording is no call."""


@dataclass(frozen=True, slots=True)
class LanguageLimits:
    """The least that a report must show. Shares and areas 0..1; `_low` and `_high` are ends of 95 % intervals.

    Raises:
        InvalidValue: a share is outside 0..1, or a number of clips or speakers is negative.
    """

    speakers: int = 10
    """As many as the German figures rest on."""
    calm_clips: int = 154
    """Not angry and judged: so many it takes to show that false alarms lie under 10 % where they are 5 %."""
    angry_clips: int = 50
    """Angry and judged: with 50 an AUC of .9 is known to about .06 (Hanley & McNeil 1982)."""
    anger_auc_low: float = 0.80
    activation_auc_low: float = 0.80
    """Of two utterances, one of each kind, four in five at least are put in the right order."""
    false_alarms_high: float = 0.10
    """Twice what is asked of ours on every corpus."""
    ece_high: float = 0.10
    """Twice what is asked of ours on speakers held out. Both outputs."""
    coverage: float = 0.5
    """A model that keeps silent on most of a language is not fit for it."""

    def __post_init__(self) -> None:
        shares = (self.anger_auc_low, self.activation_auc_low, self.false_alarms_high, self.ece_high, self.coverage)
        if not all(0.0 <= share <= 1.0 for share in shares):
            raise InvalidValue("limits of a language are shares of 0 to 1")
        if min(self.speakers, self.calm_clips, self.angry_clips) < 0:
            raise InvalidValue("limits of a language are no negative numbers")


def shortfalls(report: Mapping[str, Any], language: str, limits: LanguageLimits) -> list[str]:
    """Say what a report (of `report_of`) lacks to unlock a language; nothing where it meets every limit.

    Args:
        report: the report.
        language: a primary tag such as "fr".
        limits: what it must show.
    """
    lines = report["groups"]["language"].get(language, {})
    line = next((line for line in CALL_LINES if line in lines), None)
    if line is None:
        return [f"no clip in {language} was judged over a call's line ({' or '.join(CALL_LINES)})"]
    cell = lines[line]
    angry = cell["told_angry"]
    calm = cell["told"] - angry
    found = [
        *_more("speakers", cell["speakers"], limits.speakers),
        *_more("clips that are not angry and can be judged", calm, limits.calm_clips),
        *_more("angry clips that can be judged", angry, limits.angry_clips),
    ]
    # Where clips are missing, that a figure cannot be told yet is no news; and few clips look badly calibrated.
    is_enough = not found
    found += _above("anger is told from the rest", cell["anger_auc"], limits.anger_auc_low, is_enough)
    found += _above("activation is told", cell["activation_auc"], limits.activation_auc_low, is_enough)
    found += _false_alarms(cell["false_alarms"], max(calm, limits.calm_clips), limits.false_alarms_high, is_enough)
    for output in ("anger", "activation"):
        error = cell[f"{output}_ece"]
        if is_enough and is_shown(error) and error["value"] > limits.ece_high:
            found.append(f"what is said of {output} is {error['value']:.3f} from what was heard, on average; "
                         f"{limits.ece_high:.3f} is the most")  # fmt: skip
    coverage = cell["coverage"]
    if is_shown(coverage) and coverage["value"] < limits.coverage:
        found.append(f"only {coverage['value']:.0%} of the clips could be judged, and {limits.coverage:.0%} are needed")
    return found


def _more(of: str, there: int, wanted: int) -> list[str]:
    """Say how many more are needed."""
    return [f"{wanted - there} more {of} are needed ({there} of {wanted})"] if there < wanted else []


def _above(what: str, area: Figure, least: float, is_enough: bool) -> list[str]:
    """Say that the lower end of an AUC's interval is too low, or, where there are clips enough, not shown."""
    if "low" not in area:
        return [f"{what}: not shown ({area['why']})"] if is_enough else []
    if area["low"] >= least:
        return []
    return [f"{what} too poorly: AUC {area['value']:.2f} ({area['low']:.2f} to {area['high']:.2f}), and the lower end "
            f"must reach {least:.2f}"]  # fmt: skip


def _false_alarms(share: Figure, there: int, limit: float, is_enough: bool) -> list[str]:
    """Say that the upper end of the false alarms is too high, and whether more clips would help.

    `there` counts the clips that are asked for anyway as if they were there.
    """
    if "high" not in share:
        return [f"false anger alarms: not shown ({share['why']})"] if is_enough else []
    if share["high"] <= limit:
        return []
    said = (f"false anger alarms are {share['value']:.1%} ({share['low']:.1%} to {share['high']:.1%}), and the upper "
            f"end must not exceed {limit:.0%}")  # fmt: skip
    wanted = needed(limit, share["value"])
    if wanted is None:
        return [f"{said}: more clips will not mend that"]
    if wanted > there:
        return [f"{said}: {wanted - there} further clips that are not angry would show it, if the share stays"]
    return [f"{said}: clips of more speakers are needed, for they differ"] if is_enough else []
