"""`ouidire calls`: how many calls were asked, and what came of it, day by day.

No line of it can be joined with a call of the PBX's own records: of calls that are over there are totals of whole days
alone, and a day with few calls is not broken down. Nothing of an agent is in it, and nothing by which to rank people:
on a quiet day one agent took all calls, so what was measured in them is told in sums of many alone (`ouidire figures`,
`ouidire model drift`), and whose stop it was is not told at all.
"""

from __future__ import annotations

import asyncio
import sqlite3
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from ari_bridge.run.settings import Settings

if TYPE_CHECKING:
    from consent.keyring import Record
    from consent.ledger import Ledger

DEFAULT_DAYS: Final = 7
MAX_DAYS: Final = 365
FEW: Final = 5
"""A day with fewer calls is not broken down."""
ANSWERS: Final = {"yes": "granted", "no": "refused", "stopped": "stopped"}
STOPPED: Final = {"withdrawn": "stopped", "objected": "stopped"}
"""Whose stop it was would say, of a day with one agent, when that agent objected."""

_STANDINGS: Final = """
    SELECT standing, count(*) FROM (
        SELECT (SELECT answer FROM answers a WHERE a.call_id = c.call_id ORDER BY seq DESC LIMIT 1) AS standing
        FROM calls c) GROUP BY standing"""


class Day(NamedTuple):
    """The calls of one day that are over: how many, and in how many of them each answer was given."""

    day: str
    calls: int
    answers: Mapping[str, int]


class Calls(NamedTuple):
    """Calls in progress by their last answer, and the days, newest first."""

    in_progress: Mapping[str, int]
    days: Sequence[Day]


async def read(ledger: Ledger, since: date) -> Calls:
    """Both, of the days from `since` on. Changes nothing. Raises DatabaseUnavailable and SealBroken."""
    records = [one for one in await ledger.keyring.all() if one.kind == "call" and one.closed]
    wanted = [one for one in records if one.opened_on >= since.isoformat()]
    return await ledger.database.read(lambda connection: _read(connection, wanted))


def _read(connection: sqlite3.Connection, records: Sequence[Record]) -> Calls:
    from consent.sealed_rows import answers_of

    calls: Counter[str] = Counter()
    answers: dict[str, Counter[str]] = {}
    for record in records:
        day = record.opened_on
        calls[day] += 1
        said = {STOPPED.get(one["answer"], one["answer"]) for one in answers_of(connection, record)}
        answers.setdefault(day, Counter()).update(said)
    days = [Day(day, calls[day], answers[day]) for day in sorted(calls, reverse=True)]
    in_progress: Counter[str] = Counter()
    for standing, count in connection.execute(_STANDINGS):
        in_progress[STOPPED.get(standing, standing)] += count
    return Calls(in_progress, days)


def table(days: Sequence[Day]) -> Iterator[str]:
    """The lines of the days."""
    titles = ("day (UTC)", "calls", *ANSWERS)
    cells: list[tuple[str, ...]] = [titles]
    for one in days:
        if one.calls < FEW:
            cells.append((one.day, f"fewer than {FEW}", *["-"] * (len(titles) - 2)))
            continue
        cells.append((one.day, str(one.calls), *(str(one.answers.get(name, 0)) for name in ANSWERS.values())))
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--days", type=_days, default=DEFAULT_DAYS, metavar="N", help=f"how many days (default: {DEFAULT_DAYS})"
    )


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_DAYS:
        raise ArgumentTypeError(f"must be a number from 1 to {MAX_DAYS}, not {text!r}")
    return int(text)


def run(arguments: Namespace) -> Exit:
    """Print both. Raises SettingsError, DatabaseUnavailable and KeysMissing."""
    settings = all_settings.load(arguments.settings)
    found = asyncio.run(_calls(settings, datetime.now(UTC).date() - timedelta(days=arguments.days - 1)))
    standings = ", ".join(f"{count} {standing}" for standing, count in sorted(found.in_progress.items()))
    print(f"in progress: {standings or 'none'}")
    print("\n".join(table(found.days)) if found.days else "No call of these days is over.")
    return Exit.OK


async def _calls(settings: Settings, since: date) -> Calls:
    from ari_bridge.run.records import open_beside

    async with open_beside(settings.database.path, settings.keys.folder) as ledger:
        return await read(ledger, since)


COMMAND = Command(
    "calls",
    "How many calls were asked, and what came of it, by day. Never a single call that is over, never an agent.",
    (
        ("ouidire calls", f"calls in progress by answer, and the last {DEFAULT_DAYS} days"),
        ("ouidire calls --days 30", "more of them"),
    ),
    _add_arguments,
    run,
)
