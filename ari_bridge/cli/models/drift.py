"""`ouidire model drift`: whether the model still says of this site's callers what it said at first."""

from __future__ import annotations

import json
import math
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.part import Part
from ari_bridge.run import settings as all_settings

if TYPE_CHECKING:
    from analysis.emotion.drift import Drift, Reference, Shift, Week

BARS: Final = " ▁▂▃▄▅▆▇█"
NONE: Final = (
    "No week to tell of yet. A sum is kept only of at least {calls} calls with at least {agents} agents, none of them "
    "in more than half, and a week is told when it is over. A smaller site can try the model on labelled calls."
)


def run(arguments: Namespace) -> Exit:
    """Print the weeks that are over, and how the newest stands. It changes nothing.

    Raises SettingsError, NotTrusted, and DatabaseUnavailable where the file cannot be read.
    """
    from analysis.store.weeks import MANY_CALLS, SEVERAL_AGENTS
    from ari_bridge.run.drift_watch import drifts_beside, served

    settings = all_settings.load(arguments.settings)
    model_id, reference = served(settings)
    found = drifts_beside(settings, datetime.now(UTC))
    if arguments.json:
        print(json.dumps({"model_id": model_id, "weeks": [_as_json(one) for one in found]}, indent=2))
    elif found:
        print("\n".join((*table(found, reference), "", *found[-1].sentences)))
    else:
        print(NONE.format(calls=MANY_CALLS, agents=SEVERAL_AGENTS))
    return Exit.OK


def table(found: Sequence[Drift], reference: Reference | None) -> Iterator[str]:
    """The weeks' lines, the oldest first: each output from low (left) to high (right).

    The card knows no share that was not judged: of noise, loss and the course of a call it says nothing.
    """
    yield "week (UTC)   calls   activation   anger        not judged   unfamiliar   contested"
    if reference is not None:
        pictures = (bars(reference.activation), bars(reference.anger))
        yield f"{'the card':<10}  {'':>6}   {pictures[0]}   {pictures[1]}   {'':>10}   {reference.abstained:>10.0%}"
    for one in found:
        week = one.alone
        shown = f"{week.calls:>6}   {bars(week.activation)}   {bars(week.anger)}"
        shares = f"{_unjudged(week):>10.0%}   {week.unfamiliar:>10.0%}   {_contested(week):>9.0%}"
        yield f"{week.name:<10}  {shown}   {shares}   {_standing(one)}".rstrip()


def bars(parts: Sequence[float]) -> str:
    """A picture of ten numbers, as tall as the largest; an empty bin is a blank."""
    most = max(parts)
    return "".join(BARS[math.ceil(part / most * (len(BARS) - 1))] if most > 0 else BARS[0] for part in parts) + "|"


def _unjudged(week: Week) -> float:
    from analysis.emotion.drift import CONTESTED, SCORED

    return 1 - (week.kinds.get(SCORED, 0) + week.kinds.get(CONTESTED, 0)) / week.calls


def _contested(week: Week) -> float:
    from analysis.emotion.drift import CONTESTED

    return week.kinds.get(CONTESTED, 0) / week.calls


def _standing(drift: Drift) -> str:
    if drift.start is None:
        return "one of the first"
    return {"steady": "steady", "shifted": "SHIFTED", "too_few": "too few calls to say"}[drift.outcome]


def _as_json(drift: Drift) -> dict[str, Any]:
    week = drift.alone
    return {
        "week": week.name,
        "calls": week.calls,
        "activation": week.activation,
        "anger": week.anger,
        "verdicts": dict(week.kinds),
        "outcome": drift.outcome,
        "weeks_together": drift.weeks,
        "since_start": [_shift_as_json(one) for one in drift.since_start],
        "from_card": [_shift_as_json(one) for one in drift.from_card],
        "sentences": drift.sentences,
    }


def _shift_as_json(shift: Shift) -> dict[str, Any]:
    chance = None if math.isinf(shift.by_chance) else round(shift.by_chance, 4)
    return {"output": shift.output, "psi": round(shift.psi, 4), "by_chance": chance, "outcome": shift.outcome}


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the same as JSON")


PART = Part(
    "drift",
    "whether the model still says of your callers what it said at first, week by week",
    ("ouidire model drift", "the weeks that are over; nothing is changed by what is found"),
    _add_arguments,
    run,
)
