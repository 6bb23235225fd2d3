"""Keeps verdicts and facts under their grants, hands them out, and makes them go: on time, or with the yes."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from analysis.conversation import PartyFacts
from analysis.delivery import Delivery
from analysis.emotion.course import FORGOTTEN_S
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict
from analysis.store.rows import FactsRow, ScoreRow
from consent.database import Database
from consent.errors import Withdrawn
from consent.grant import Consented, ConsentGrant
from consent.parties import Party
from consent.retention import stamp

T = TypeVar("T")

PERSON: Final = "person"
"""Stands where a model's name does, in what a person judged."""

_TABLES: Final = ("reviews", "contests", "scores", "facts")
"""In the order in which rows can go: a review points at its contest."""
_SCORE_COLUMNS: Final = (
    "made_at",
    "start_s",
    "end_s",
    "kind",
    "activation",
    "activation_sigma",
    "anger",
    "anger_sigma",
    "reason",
    "model_id",
)
_TALK_COLUMNS: Final = (
    "heard_s",
    "talk_s",
    "talk_share",
    "overlap_s",
    "longest_pause_s",
    "overlaps_begun",
    "answers",
    "response_latency_s",
)
_DELIVERY_COLUMNS: Final = ("articulation_s", "articulation_rate", "level_change_db")
_FACT_COLUMNS: Final = (*_TALK_COLUMNS, *_DELIVERY_COLUMNS)
_KEPT_FACTS: Final = ("made_at", *_FACT_COLUMNS)
_INSERT_FACTS: Final = (
    f"INSERT OR REPLACE INTO facts (grant_id, made_at, expires_at, {', '.join(_FACT_COLUMNS)})"  # noqa: S608
    f" VALUES (?, ?, ?, {', '.join('?' * len(_FACT_COLUMNS))})"
)
_Values = tuple[str | float | None, ...]


class Scores:
    """The store of what is derived. Every method may raise DatabaseUnavailable: then nothing was changed."""

    def __init__(self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._database = database
        self._now = now

    async def keep(self, verdict: Consented[Verdict]) -> ScoreRow:
        """Write a verdict down.

        Raises:
            Withdrawn: its grant has ended, here or in the file; nothing was written.
        """
        judged = verdict.open()
        made_at = self._now()
        expires_at = verdict.grant.retention.expiry(made_at)
        values = (verdict.grant.grant_id, stamp(made_at), stamp(expires_at), *_columns_of(judged))
        score_id = await self._write(lambda connection: _insert_score(connection, verdict, values))
        return ScoreRow(score_id, verdict.grant.grant_id, made_at, expires_at, judged)

    async def keep_facts(self, grant: ConsentGrant, facts: PartyFacts) -> FactsRow:
        """Write down a party's facts so far, in place of what was there.

        Raises:
            Withdrawn: the grant has ended; nothing was written. Facts are kept before a grant expires.
            InvalidValue: pace and level under an agent's grant; nothing was written.
        """
        if not grant.is_live:
            raise Withdrawn(f"the grant of the {grant.party} has ended")
        made_at = self._now()
        row = FactsRow(grant.grant_id, grant.party, made_at, grant.retention.expiry(made_at), facts)
        values = (row.grant_id, stamp(made_at), stamp(row.expires_at), *_facts_values(facts))
        await self._write(lambda connection: connection.execute(_INSERT_FACTS, values))
        return row

    async def contest(self, grant: ConsentGrant, score: ToneScore) -> int:
        """Drop a score that an agent contests, and all of the same caller that it is a mean of; how many went.

        They are erased and overwritten. Of the stretch no score can be written any more. A call whose grant has ended
        in the meantime loses its scores all the same, and its contest is not noted.
        """
        made_at = self._now()
        start_s = max(0.0, score.end_s - FORGOTTEN_S)
        life = (stamp(made_at), stamp(grant.retention.expiry(made_at)))
        values = (grant.grant_id, *life, start_s, score.end_s, score.model_id)
        return await self._database.erase(lambda connection: _contest(connection, values))

    async def erase(self, grant_ids: Iterable[str]) -> int:
        """Delete all that was derived under these grants and overwrite it in the file; how many rows went."""
        wanted = [(grant_id,) for grant_id in grant_ids]
        return await self._delete("grant_id = ?", wanted)

    async def expire(self, now: datetime) -> int:
        """Delete what must be gone by `now` (timezone-aware); how many rows went."""
        return await self._delete("expires_at <= ?", [(stamp(now),)])

    async def of_call(self, call_id: str) -> list[ScoreRow]:
        """The verdicts that stand of a call, in order of time; a person's (`PERSON`) in place of a contested score."""
        found = await self._database.read(
            lambda connection: connection.execute(
                "SELECT score_id, grant_id, made_at, expires_at, kind, start_s, end_s, activation, activation_sigma,"
                " anger, anger_sigma, reason, model_id FROM told JOIN grants USING (grant_id)"
                " WHERE call_id = ? ORDER BY start_s, score_id",
                (call_id,),
            ).fetchall()
        )
        return [ScoreRow(row[0], row[1], _moment(row[2]), _moment(row[3]), _verdict_of(row[4:])) for row in found]

    async def facts_of_call(self, call_id: str) -> list[FactsRow]:
        """The facts of a call: the caller's first, then the agent's, as far as they are there."""
        found = await self._database.read(
            lambda connection: connection.execute(
                f"SELECT grant_id, party, made_at, expires_at, {', '.join(_FACT_COLUMNS)}"  # noqa: S608
                " FROM facts JOIN grants USING (grant_id) WHERE call_id = ? ORDER BY party DESC",
                (call_id,),
            ).fetchall()
        )
        return [FactsRow(row[0], Party(row[1]), _moment(row[2]), _moment(row[3]), _facts_of(row[4:])) for row in found]

    async def _write(self, change: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await self._database.write(change)
        except sqlite3.IntegrityError as error:
            # The withdrawal, or the call's sealing, was in the file before this row: the schema is the last to say no.
            if error.sqlite_errorcode in (sqlite3.SQLITE_CONSTRAINT_TRIGGER, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY):
                raise Withdrawn(f"the file refused the row: {error}") from error
            raise

    def gather(self, call_id: str) -> Callable[[sqlite3.Connection], bytes]:
        """What takes a call's rows out of the file and returns the caller's, as JSON, to be sealed (b"" for none).

        The agent's facts die with the call: they are for that agent, in that call.
        """

        def taken(connection: sqlite3.Connection) -> bytes:
            kept = _kept_of(connection, call_id)
            for table in _TABLES:
                connection.execute(
                    f"DELETE FROM {table} WHERE grant_id IN (SELECT grant_id FROM grants WHERE call_id = ?)",  # noqa: S608
                    (call_id,),
                )
            return json.dumps(kept).encode() if any(kept.values()) else b""

        return taken

    async def _delete(self, condition: str, values: list[tuple[str]]) -> int:
        def change(connection: sqlite3.Connection) -> int:
            return sum(
                connection.execute(f"DELETE FROM {table} WHERE {condition}", value).rowcount  # noqa: S608
                for table in _TABLES
                for value in values
            )

        return await self._database.erase(change)


def _contest(connection: sqlite3.Connection, values: tuple[str, str, str, float, float, str]) -> int:
    grant_id, _, _, start_s, end_s, _ = values
    dropped = connection.execute(
        "DELETE FROM scores WHERE kind = 'tone' AND grant_id = ? AND start_s < ? AND end_s > ?",
        (grant_id, end_s, start_s),
    ).rowcount
    with contextlib.suppress(sqlite3.IntegrityError):  # no live grant any more: the call ended while we waited
        connection.execute(
            "INSERT INTO contests (grant_id, made_at, expires_at, start_s, end_s, model_id) VALUES (?, ?, ?, ?, ?, ?)",
            values,
        )
    return dropped


def _kept_of(connection: sqlite3.Connection, call_id: str) -> dict[str, Any]:
    cursor = connection.cursor()
    cursor.row_factory = sqlite3.Row
    of_caller = "JOIN grants USING (grant_id) WHERE call_id = ? AND party = 'caller'"
    scores = cursor.execute(
        f"SELECT {', '.join(_SCORE_COLUMNS)} FROM told {of_caller} ORDER BY start_s, score_id",  # noqa: S608
        (call_id,),
    ).fetchall()
    facts = cursor.execute(f"SELECT {', '.join(_KEPT_FACTS)} FROM facts {of_caller}", (call_id,)).fetchone()  # noqa: S608
    return {"scores": [dict(row) for row in scores], "facts": dict(facts) if facts else None}


def _insert_score(connection: sqlite3.Connection, verdict: Consented[Verdict], values: _Values) -> int:
    verdict.open()  # a withdrawal may have come while this waited for the writer
    cursor = connection.execute(
        "INSERT INTO scores (grant_id, made_at, expires_at, kind, start_s, end_s, activation, activation_sigma, anger,"
        " anger_sigma, reason, model_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        values,
    )
    return int(cursor.lastrowid or 0)


def _columns_of(verdict: Verdict) -> _Values:
    if isinstance(verdict, Abstained):
        return ("abstained", verdict.start_s, verdict.end_s, None, None, None, None, verdict.reason.value, None)
    activation, anger = verdict.activation, verdict.anger
    estimates = (activation.value, activation.sigma, anger.value, anger.sigma)
    return ("tone", verdict.start_s, verdict.end_s, *estimates, None, verdict.model_id)


def _verdict_of(columns: tuple[str, float, float, float, float, float, float, str, str]) -> Verdict:
    kind, start_s, end_s, activation, activation_sigma, anger, anger_sigma, reason, model_id = columns
    if kind == "abstained":
        return Abstained(start_s, end_s, Reason(reason))
    return ToneScore(start_s, end_s, Estimate(activation, activation_sigma), Estimate(anger, anger_sigma), model_id)


def _facts_values(facts: PartyFacts) -> _Values:
    talk = tuple(getattr(facts, name) for name in _TALK_COLUMNS)
    return (*talk, *(getattr(facts.delivery, name, None) for name in _DELIVERY_COLUMNS))


def _facts_of(columns: tuple[Any, ...]) -> PartyFacts:
    talk = dict(zip(_TALK_COLUMNS, columns, strict=False))
    delivery = columns[len(_TALK_COLUMNS) :]
    return PartyFacts(**talk, delivery=None if delivery[0] is None else Delivery(*delivery))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
