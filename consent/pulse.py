"""The anonymous survey of staff: how strained they are, and whether the tool helps or adds to it.

A slip with a code is one answer. An answer is two envelopes that only the works council's code opens, on a shelf
where no place tells when one came; the code's mac is deleted in the same transaction. When the council closes the
survey, not before four weeks, the marks become sums and the texts a list in an order drawn by lot, if enough people
answered; the envelopes are erased in any case. It writes no log and counts no metric of an answer: both have a clock.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from consent import envelopes, sealed_rows
from consent.errors import InvalidValue, SealBroken
from consent.ledger import Ledger
from consent.retention import stamp
from consent.seals import ID_BYTES
from consent.shelf import ENVELOPES
from consent.slips import COUNCIL, ONE_ANSWER, as_typed, fresh_code

QUESTIONS: Final = ("strained", "added", "helped")
"""How much calls strained, how much the tool added to it, how much the tool helped."""
MARKS: Final = (1, 2, 3, 4, 5)
"""From "not at all" to "very much"; 0 is no answer."""
MAX_TEXT: Final = 900
"""Characters of free text: four bytes each fit into an envelope."""
OPEN_AT_LEAST: Final = timedelta(weeks=4)
"""The press reproached a survey that was kept short. The schema holds it too."""
OPEN_AT_MOST: Final = timedelta(weeks=26)
"""Then it lapses, so that a lost code keeps nobody's answers for ever and bars no new survey."""
KEPT: Final = timedelta(days=365)
"""How long results stay."""
LEAST_FLOOR: Final = 5
FLOOR: Final = 10
MOST_CODES: Final = 1_000
"""Closing opens two envelopes a code in one transaction, which holds up whatever else is to be written."""

_COLUMNS: Final = "survey_id, opened_on, council_key, floor, codes"
_MARKS_OF: Final = b"M"
_TEXT_OF: Final = b"T"


class Refusal(StrEnum):
    """Why something was not done."""

    NONE_OPEN = "none_open"
    UNKNOWN_CODE = "unknown_code"
    TOO_EARLY = "too_early"


def as_text(typed: str) -> str:
    """What somebody typed, without what cannot be read: control signs, and halves of signs."""
    lines = typed.replace("\r\n", "\n").strip()
    return "".join(sign if sign == "\n" or sign.isprintable() else " " * sign.isspace() for sign in lines)


@dataclass(frozen=True, slots=True)
class Reply:
    """What one person answers: a mark for each question (0 where none), and a text ("" for none).

    Raises:
        InvalidValue: a mark that there is not, or a text that is too long or not as `as_text` gives it.
    """

    marks: tuple[int, ...] = field(repr=False)
    text: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if len(self.marks) != len(QUESTIONS) or not set(self.marks) <= {0, *MARKS}:
            raise InvalidValue(f"there are {len(QUESTIONS)} questions, each with a mark from {MARKS[0]} to {MARKS[-1]}")
        if len(self.text) > MAX_TEXT:
            raise InvalidValue(f"a text has {MAX_TEXT} characters at most")
        if self.text != as_text(self.text):
            raise InvalidValue("a text holds signs that can be read, blanks and ends of lines")


@dataclass(frozen=True, slots=True)
class Survey:
    """The survey that is open."""

    survey_id: str
    opened_on: date
    council_key: str
    floor: int
    codes: int

    @property
    def closes_from(self) -> date:
        """The first day on which it may be closed."""
        return self.opened_on + OPEN_AT_LEAST

    @property
    def lapses_on(self) -> date:
        """The day from which on it takes no answer and is erased."""
        return self.opened_on + OPEN_AT_MOST


@dataclass(frozen=True, slots=True)
class Results:
    """What a survey told. Days are ISO 8601.

    `answers` and `used` (codes) are None where fewer than `floor` people answered: then there is nothing else either.
    `marks` are how many people gave each of MARKS, by question; None for a question that fewer than `floor` answered.
    """

    opened_on: str
    closed_on: str
    floor: int
    codes: int
    answers: int | None = None
    used: int | None = None
    marks: tuple[tuple[int, ...] | None, ...] = ()
    texts: tuple[str, ...] = ()

    @property
    def adds_up(self) -> bool:
        """Whether every code that was used brought one answer that could be read."""
        return self.answers == self.used


class Pulse:
    """The survey of a site. Every method may raise DatabaseUnavailable: then nothing was changed."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._ledger = ledger
        self._now = now

    async def open(self, council_key: str, codes: int, floor: int = FLOOR) -> list[str]:
        """Open one; its codes, which nobody can read again.

        Raises:
            InvalidValue: a survey is open already, or it could never have results.
        """
        if not LEAST_FLOOR <= floor <= codes <= MOST_CODES:
            raise InvalidValue(f"floor and codes must be in order: {LEAST_FLOOR} <= {floor} <= {codes} <= {MOST_CODES}")
        await self.expire()
        today, at, drawn = self._now().date(), stamp(self._now()), [fresh_code(ONE_ANSWER) for _ in range(codes)]
        survey = Survey(secrets.token_hex(ID_BYTES), today, envelopes.as_key(council_key), floor, codes)
        macs = [(self._mac(survey.survey_id, code),) for code in drawn]

        def change(connection: sqlite3.Connection) -> None:
            if _survey(connection) is not None:
                raise InvalidValue("a survey is open already: the works council closes it with its code")
            values = (survey.survey_id, str(today), survey.council_key, floor, codes)
            connection.execute(f"INSERT INTO pulse_surveys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)", values)  # noqa: S608
            connection.executemany("INSERT INTO pulse_codes VALUES (?)", macs)
            note = {"what": "pulse.opened", "at": at, "codes": codes, "floor": floor, "key": survey.council_key}
            sealed_rows.append_public(connection, note)

        await self._ledger.database.write(change)
        return drawn

    async def standing(self) -> Survey | None:
        """The survey that takes answers now."""
        survey = await self._ledger.database.read(_survey)
        return survey if survey is not None and self._now().date() < survey.lapses_on else None

    async def answer(self, typed: str, reply: Reply) -> Refusal | None:
        """Take an answer and burn its code; why not, else None. What is kept tells neither when nor by which code."""
        survey = await self.standing()
        if survey is None:
            return Refusal.NONE_OPEN
        mac = self._mac(survey.survey_id, typed)
        is_known = "SELECT 1 FROM pulse_codes WHERE mac = ?"
        if await self._ledger.database.read(lambda c: c.execute(is_known, (mac,)).fetchone()) is None:
            return Refusal.UNKNOWN_CODE  # guesses write nothing
        contents = (_MARKS_OF + bytes(reply.marks), _TEXT_OF + reply.text.encode())
        sealed = [envelopes.close(survey.council_key, one) for one in contents]

        def change(connection: sqlite3.Connection) -> Refusal | None:
            if connection.execute("DELETE FROM pulse_codes WHERE mac = ?", (mac,)).rowcount != 1:
                return Refusal.UNKNOWN_CODE  # sent twice at a time, or the survey was closed meanwhile
            for one in sealed:
                ENVELOPES.put(connection, secrets.token_bytes(ID_BYTES), one)
            return None

        return await self._ledger.database.erase(change)

    async def close(self, typed: str) -> Results | Refusal:
        """Close it with the council's code: sums and texts if enough people answered, and every envelope erased."""
        survey = await self.standing()
        if survey is None:
            return Refusal.NONE_OPEN
        code, today, at = as_typed(typed, COUNCIL), self._now().date(), stamp(self._now())
        if code is None or not secrets.compare_digest(envelopes.public_key(code), survey.council_key):
            return Refusal.UNKNOWN_CODE
        if today < survey.closes_from:
            return Refusal.TOO_EARLY

        def change(connection: sqlite3.Connection) -> Results | Refusal:
            if _survey(connection) != survey:
                return Refusal.NONE_OPEN
            left = connection.execute("SELECT count(*) FROM pulse_codes").fetchone()[0]
            results = _counted(survey, today, survey.codes - left, code, ENVELOPES.bodies(connection))
            connection.execute(
                "UPDATE pulse_surveys SET closed_on = ?, results = ? WHERE survey_id = ?",
                (str(today), json.dumps(asdict(results), ensure_ascii=False), survey.survey_id),
            )
            _sweep(connection)
            note = {"what": "pulse.closed", "at": at, "answers": results.answers, "floor": survey.floor}
            sealed_rows.append_public(connection, note)
            return results

        return await self._ledger.database.erase(change)

    async def results(self) -> list[Results]:
        """Of every survey that is closed and still kept, the newest first."""
        rows = await self._ledger.database.read(
            lambda c: c.execute(
                "SELECT results FROM pulse_surveys WHERE closed_on != '' ORDER BY closed_on DESC, survey_id"
            ).fetchall()
        )
        return [_results(json.loads(told)) for (told,) in rows]

    async def expire(self) -> None:
        """Erase a survey that nobody closed in time, and results that were kept long enough."""
        today, at = await self._ledger.keyring.today(self._now().date()), stamp(self._now())
        due = (str(today - OPEN_AT_MOST), str(today - KEPT))
        condition = "(closed_on = '' AND opened_on <= ?) OR (closed_on != '' AND closed_on <= ?)"
        find = f"SELECT survey_id FROM pulse_surveys WHERE {condition}"  # noqa: S608
        if await self._ledger.database.read(lambda c: c.execute(find, due).fetchone()) is None:
            return

        def change(connection: sqlite3.Connection) -> None:
            lapsed = _survey(connection)
            connection.execute(f"DELETE FROM pulse_surveys WHERE {condition}", due)  # noqa: S608
            if lapsed is not None and _survey(connection) is None:
                _sweep(connection)
                sealed_rows.append_public(connection, {"what": "pulse.lapsed", "at": at})

        await self._ledger.database.erase(change)

    def _mac(self, survey_id: str, typed: str) -> str:
        return self._ledger.keys.mac("pulse", f"{survey_id}\n{as_typed(typed, ONE_ANSWER) or ''}")


def _survey(connection: sqlite3.Connection) -> Survey | None:
    row = connection.execute(f"SELECT {_COLUMNS} FROM pulse_surveys WHERE closed_on = ''").fetchone()  # noqa: S608
    return None if row is None else Survey(row[0], date.fromisoformat(row[1]), *row[2:])


def _sweep(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM pulse_codes")
    ENVELOPES.clear(connection)


def _counted(survey: Survey, today: date, used: int, code: str, bodies: Iterable[bytes]) -> Results:
    contents = [content for body in bodies if (content := _opened(code, body))]
    marks = [tuple(content[1:]) for content in contents if content.startswith(_MARKS_OF)]
    texts = [content[1:].decode() for content in contents if content.startswith(_TEXT_OF) and len(content) > 1]
    told = (str(survey.opened_on), str(today), survey.floor, survey.codes)
    if len(marks) < survey.floor:
        return Results(*told)
    secrets.SystemRandom().shuffle(texts)
    sums = (Counter(given[place] for given in marks) for place in range(len(QUESTIONS)))
    return Results(*told, len(marks), used, tuple(_shown(one, survey.floor) for one in sums), tuple(texts))


def _shown(counts: Counter[int], floor: int) -> tuple[int, ...] | None:
    given = tuple(counts[mark] for mark in MARKS)
    return given if sum(given) >= floor else None


def _opened(code: str, body: bytes) -> bytes:
    """What is in an envelope of ours; b"" for one that somebody else put there or changed."""
    try:
        content = envelopes.open_envelope(code, body)
        kind, rest = content[:1], content[1:]
        Reply(tuple(rest)) if kind == _MARKS_OF else Reply((0,) * len(QUESTIONS), rest.decode())
    except (SealBroken, ValueError):
        return b""
    return content if kind in (_MARKS_OF, _TEXT_OF) else b""


def _results(told: dict[str, Any]) -> Results:
    marks: Sequence[list[int] | None] = told["marks"]
    lists = {"marks": tuple(None if one is None else tuple(one) for one in marks), "texts": tuple(told["texts"])}
    return Results(**told | lists)
