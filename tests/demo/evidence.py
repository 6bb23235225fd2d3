"""What the product itself wrote down of a call: the SQLite file, opened for reading only."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from consent.errors import LedgerBroken
from consent.verification import verify_chain
from consent.parties import Party

_FACTS = ("heard_s", "talk_s", "talk_share", "overlap_s", "longest_pause_s")


@dataclass(frozen=True, slots=True)
class Answered:
    """One record of the ledger."""

    at_ns: int
    answer: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Score:
    """A tone score, or an abstention (`reason` set, the estimates None). Seconds from the call's own zero."""

    start_s: float
    end_s: float
    activation: float | None
    activation_sigma: float | None
    anger: float | None
    anger_sigma: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of one call."""

    call_id: str
    language: str
    answers: tuple[Answered, ...]
    verdicts: tuple[Score, ...]
    facts: dict[Party, dict[str, float | None]]

    @property
    def answer(self) -> Answered:
        """The one that holds: the last, where the call's end does not count."""
        return [one for one in self.answers if one.answer != "expired"][-1]

    @property
    def yes(self) -> Answered | None:
        """The recorded yes."""
        return next((one for one in self.answers if one.answer == "granted"), None)

    @property
    def scores(self) -> int:
        """How many verdicts are scores."""
        return sum(one.reason is None for one in self.verdicts)

    @property
    def abstained(self) -> dict[str, int]:
        """How many are abstentions, by reason."""
        return dict(sorted(Counter(one.reason for one in self.verdicts if one.reason is not None).items()))


@dataclass(frozen=True, slots=True)
class LedgerState:
    """records: length of the chain. chain: "verified", or what is wrong with it. integrity: SQLite's own word."""

    records: int
    chain: str
    integrity: str


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, for reading only."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
    try:
        yield connection
    finally:
        connection.close()


def call_between(path: Path, since_ns: int, until_ns: int) -> Evidence | None:
    """The call that was asked in that time; None if there is none.

    The PBX's journal knows whole seconds only, so that the earlier bound is the begin of its second.
    """
    with opened(path) as connection:
        for call_id, at in connection.execute("SELECT call_id, at FROM ledger WHERE answer = 'asked' ORDER BY seq"):
            if since_ns // 1_000_000_000 * 1_000_000_000 <= ns_of(at) <= until_ns:
                return _call(connection, call_id)
    return None


def score_rows(path: Path, call_id: str) -> int:
    """How many scores the file holds of a call now, abstentions not counted."""
    with opened(path) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM scores JOIN grants USING (grant_id) WHERE call_id = ? AND kind = 'tone'", (call_id,)
        ).fetchone()
        return int(count)


def derived_rows(path: Path, call_id: str) -> int:
    """How many rows were derived from a call's voices and are there now: scores, abstentions and facts."""
    with opened(path) as connection:
        return sum(
            int(connection.execute(
                f"SELECT count(*) FROM {table} JOIN grants USING (grant_id) WHERE call_id = ?", (call_id,)
            ).fetchone()[0])
            for table in ("scores", "facts")
        )  # fmt: skip


def ledger_state(path: Path) -> LedgerState:
    """Whether the chain holds and the file is sound."""
    with opened(path) as connection:
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
        try:
            return LedgerState(verify_chain(connection).rows, "verified", str(integrity))
        except LedgerBroken as error:
            return LedgerState(0, str(error), str(integrity))


def ns_of(stamp: str) -> int:
    """A stamp of the file (2026-01-31T12:00:00.000Z) in ns since 1970."""
    moment = datetime.fromisoformat(stamp).astimezone(UTC)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _call(connection: sqlite3.Connection, call_id: str) -> Evidence:
    ledger = connection.execute(
        "SELECT at, answer, why, source, language FROM ledger WHERE call_id = ? ORDER BY seq", (call_id,)
    ).fetchall()
    verdicts = connection.execute(
        "SELECT start_s, end_s, activation, activation_sigma, anger, anger_sigma, reason"
        " FROM scores JOIN grants USING (grant_id) WHERE call_id = ? ORDER BY start_s",
        (call_id,),
    )
    facts = connection.execute(
        f"SELECT party, {', '.join(_FACTS)} FROM facts JOIN grants USING (grant_id)"
        " WHERE call_id = ? ORDER BY party DESC",
        (call_id,),
    )
    return Evidence(
        call_id=call_id,
        language=ledger[0][4],
        answers=tuple(Answered(ns_of(at), answer, why, source) for at, answer, why, source, _ in ledger),
        verdicts=tuple(Score(*row) for row in verdicts),
        facts={Party(party): dict(zip(_FACTS, map(_rounded, row), strict=True)) for party, *row in facts},
    )
