"""`ouidire calls`: a table of the last calls, read from the SQLite file and changing nothing in it.

Nothing of the agent stands beside a score, and no total over calls exists: neither can be used to rank people.
"""

import sqlite3
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from consent.errors import DatabaseUnavailable

DEFAULT_COUNT: Final = 20
MAX_COUNT: Final = 1000

# The last answer of a call is the one that holds; `expired` only says that the call ended.
_CALLS: Final = """
    SELECT min(at), (SELECT answer FROM ledger i WHERE i.call_id = l.call_id AND answer != 'expired'
                     ORDER BY seq DESC LIMIT 1), language,
           max(answer = 'expired'), call_id
    FROM ledger l GROUP BY call_id ORDER BY min(seq) DESC LIMIT ?"""

_VERDICTS: Final = """
    SELECT kind, reason, activation, anger FROM scores
    WHERE grant_id IN (SELECT grant_id FROM grants WHERE call_id = ? AND party = 'caller') ORDER BY start_s"""


class Verdicts(NamedTuple):
    """What is still kept of the caller's tone in one call."""

    scores: int
    activation: tuple[float, float] | None
    """Least and greatest, None without a score."""
    anger: tuple[float, float] | None
    abstained: dict[str, int]
    """How often nothing was judged, by reason."""


class Row(NamedTuple):
    """One call as the table shows it."""

    at: str
    consent: str
    language: str
    verdicts: Verdicts


def read(path: Path, count: int) -> list[Row]:
    """The last `count` calls, newest first. Raises DatabaseUnavailable: no such file, or not a database of ours."""
    try:
        is_there = path.is_file()
    except PermissionError:
        raise DatabaseUnavailable(f"{path} cannot be read by this user: run it as root or as the service's") from None
    if not is_there:
        raise DatabaseUnavailable(f"there is no database at {path}: has `ouidire serve` ever run with these settings?")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2)
        try:
            found = connection.execute(_CALLS, (count,)).fetchall()
            return [
                Row(at, _consent(answer, bool(ended)), language, _verdicts(connection, call_id))
                for at, answer, language, ended, call_id in found
            ]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise DatabaseUnavailable(f"{path} cannot be read: {error}") from error


def _verdicts(connection: sqlite3.Connection, call_id: str) -> Verdicts:
    rows = connection.execute(_VERDICTS, (call_id,)).fetchall()
    scores = [row for row in rows if row[0] == "tone"]
    abstained: dict[str, int] = {}
    for kind, reason, *_ in rows:
        if kind == "abstained":
            abstained[reason] = abstained.get(reason, 0) + 1
    return Verdicts(len(scores), _span([row[2] for row in scores]), _span([row[3] for row in scores]), abstained)


def _span(values: Sequence[float]) -> tuple[float, float] | None:
    return (min(values), max(values)) if values else None


def _consent(answer: str, ended: bool) -> str:
    return answer if ended or answer != "granted" else "granted, in progress"


def table(rows: Sequence[Row]) -> Iterator[str]:
    """The table's lines."""
    cells = [("begun (UTC)", "consent", "lang", "scores", "activation", "anger", "not measured")]
    for row in rows:
        kept = row.verdicts
        reasons = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in sorted(kept.abstained.items()))
        begun = row.at[:19].replace("T", " ")
        cells.append(
            (
                begun,
                row.consent,
                row.language,
                str(kept.scores),
                _words(kept.activation),
                _words(kept.anger),
                reasons or "-",
            )
        )
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def _words(span: tuple[float, float] | None) -> str:
    return "-" if span is None else f"{span[0]:.2f} to {span[1]:.2f}"


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--count", type=_count, default=DEFAULT_COUNT, metavar="N", help=f"how many calls (default: {DEFAULT_COUNT})"
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_COUNT:
        raise ArgumentTypeError(f"must be a number from 1 to {MAX_COUNT}, not {text!r}")
    return int(text)


def run(arguments: Namespace) -> Exit:
    """Print the table. Raises SettingsError and DatabaseUnavailable."""
    settings = all_settings.load(arguments.settings)
    rows = read(settings.database.path, arguments.count)
    print("\n".join(table(rows)) if rows else "No call has been asked yet.")
    return Exit.OK


COMMAND = Command(
    "calls",
    "Print a table of the last calls: when, which answer, what was measured and what was not. Never the agent.",
    (
        ("ouidire calls", f"the last {DEFAULT_COUNT}"),
        ("ouidire calls --count 200", "more of them"),
    ),
    _add_arguments,
    run,
)
