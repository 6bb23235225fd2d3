"""`ouidire figures`: what a week was like in groups of agents. There is no figure of one agent, in any order.

It prints what the file holds, which is nothing finer: docs/figures.md.
"""

from __future__ import annotations

import json
import sqlite3
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from consent.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from analysis.store.group_row import Grouping, GroupWeek, Mean

TITLES: Final = ("week (UTC)", "group", "calls", "yes", "not judged", "contested", "activation", "anger")
NO_GROUPS: Final = "No groups are set (figures.groups), so there are no figures."
NONE: Final = (
    "No week to tell of yet. A week is told when it is over, of groups with at least {calls} calls and {agents} agents."
)
LEGEND: Final = (
    "Of calls that were measured; shares in steps of 5 percent. yes: of callers who were asked. activation, anger: how "
    "tense, how angry callers sounded, 0 to 100, with the error that chance leaves; the model's own comes on top."
)
WAITS: Final = (
    "The groups were changed. They are counted from {week} on: a grouping stands for four weeks at least, so that "
    "nobody is found by regrouping. Until then there are no figures."
)
_NO_TABLE: Final = "no such table"


def run(arguments: Namespace) -> Exit:
    """Print the weeks that are over. It changes nothing. Raises SettingsError, DatabaseUnavailable and InvalidValue."""
    settings = all_settings.load(arguments.settings)
    found, begins = read(settings.database.path, settings.figures.as_grouping(), datetime.now(UTC))
    if arguments.json:
        print(json.dumps([as_json(row) for row in found], indent=2, ensure_ascii=False))
    elif found:
        print("\n".join((*table(found), "", LEGEND)))
    elif settings.figures.groups:
        print(NONE.format(calls=settings.figures.min_calls, agents=settings.figures.min_agents))
    else:
        print(NO_GROUPS)
    if begins and not arguments.json:
        print(WAITS.format(week=begins))
    return Exit.OK


def read(file: Path, grouping: Grouping, now: datetime) -> tuple[list[GroupWeek], str]:
    """The weeks that are over by `now`, the oldest first, and the week for which this grouping waits, or "".

    Raises:
        DatabaseUnavailable: there is no such file, or it cannot be read.
        InvalidValue: a row was tampered with.
    """
    from analysis.store.group_row import rows_over, waits_for

    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            return rows_over(connection, now), waits_for(connection, grouping, now)
    except sqlite3.Error as error:
        if _NO_TABLE in str(error):  # a file of an older version, which the service has not opened yet
            return [], ""
        raise DatabaseUnavailable(f"{file}: {error}") from error


def table(rows: Sequence[GroupWeek]) -> Iterator[str]:
    """The lines: by week, in each the groups by their names and never by what they are worth."""
    cells = [TITLES] + [
        (
            *(row.week, row.name, str(row.calls)),
            *(band(share) for share in (row.yes, row.not_judged, row.contested)),
            *(_mean(mean) for mean in (row.activation, row.anger)),
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(TITLES))]
    for line in cells:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def band(share: int) -> str:
    """A band of five percent by its lower end."""
    from analysis.store.group_row import STEP

    if share == 0:
        return f"under {STEP} %"
    return f"over {share} %" if share + STEP >= 100 else f"{share}-{share + STEP} %"


def as_json(row: GroupWeek) -> dict[str, Any]:
    """A row for a machine; shares as the lower and upper end of their band, in percent."""
    from analysis.store.group_row import STEP

    bands = {
        name: [share, share + STEP]
        for name, share in (("yes", row.yes), ("not_judged", row.not_judged), ("contested", row.contested))
    }
    means = {
        name: None if mean is None else {"value": mean.value, "error": mean.error}
        for name, mean in (("activation", row.activation), ("anger", row.anger))
    }
    return {"week": row.week, "group": row.name, "model_id": row.model_id, "calls": row.calls, **bands, **means}


def _mean(mean: Mean | None) -> str:
    return "too few" if mean is None else f"{mean.value} ±{mean.error}"


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="the same as JSON")


COMMAND = Command(
    "figures",
    "What weeks were like in groups of agents, each of many calls and many agents. Never of one agent.",
    (
        ("ouidire figures", "the weeks that are over"),
        ("ouidire figures --json", "the same for a machine"),
    ),
    _add_arguments,
    run,
)
