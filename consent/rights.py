"""What a person may ask for afterwards: to see, to stop, to erase, to put right; and a hold for a court.

Each leaves a public record without personal data: the day, counts, and a commitment to the record whose salt the person
alone is given. So the person can prove that it was done, and nobody else can tell whose it was.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from consent import sealed_rows
from consent.entry import Entry
from consent.errors import CallNotOver, Held, InvalidValue, NothingKept
from consent.guesses import REFERENCE
from consent.keyring import Record
from consent.ledger import Ledger
from consent.parties import Party
from consent.reference import Reference
from consent.states import Answer, Why

MAX_STATEMENT: Final = 2_000
"""Characters of a person's own statement."""
MAX_HOLD_DAYS: Final = 365
"""A hold ends, or is renewed by a person with a reason: it is never for good."""
MAX_REASON: Final = 200
_WAYS: Final = {"line": Why.LINE, "web": Why.WEB, "desk": Why.DESK}
_ATTEMPTS: Final = 8
_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a call: how many verdicts on the voice (None while the call goes on), and the day on which what
    was derived goes, or without any the record itself.
    """

    measurements: int | None
    until: date


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The person's proof: sha256(salt, record id) is `commitment`, which a public record of that day holds.

    `is_to_come`: the call was in progress; it is stopped, and what is left of it goes when it is over.
    """

    salt: str
    record_id: str
    commitment: str
    day: str
    answers: int = 0
    is_to_come: bool = False


class Rights:
    """Does what a person asks for. May raise DatabaseUnavailable; what was begun is then finished by `serve`."""

    def __init__(self, ledger: Ledger, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.ledger = ledger
        self._now = now

    async def mint(self, call_id: str) -> Reference:
        """A reference for a call, bound to its record; it is kept nowhere as it is.

        Raises:
            NothingKept: nothing is recorded of that call, or it was given a reference before.
        """
        record = await self.ledger.keyring.of(self.ledger.keys.mac("call", call_id))
        if record is None:
            raise NothingKept("a reference needs a recorded call")
        for _ in range(_ATTEMPTS):
            reference = Reference.fresh(date.fromisoformat(record.opened_on))
            mac = self.ledger.keys.mac(REFERENCE, reference.digits)
            if await self.ledger.keyring.give_reference(record.record_id, mac):
                return reference
        raise NothingKept("the call was given a reference before")

    async def of_reference(self, text: str) -> Record | None:
        """The record of a reference, for who holds the keys anyway; all others go through `Guesses.find`.

        Raises:
            InvalidValue: it is not well formed.
        """
        mac = self.ledger.keys.mac(REFERENCE, Reference.parse(text).digits)
        return await self.ledger.keyring.of_reference(mac)

    async def kept(self, record: Record) -> Kept:
        """How much is kept, for the ear."""
        measured = await self.measured(record)
        is_in_progress = await self.is_in_progress(record)
        goes_on = record.derived_goes_on if measured or is_in_progress else record.goes_on
        until = max(goes_on, record.held_until)
        return Kept(None if is_in_progress else len(measured.get("scores", [])), date.fromisoformat(until))

    async def measured(self, record: Record) -> dict[str, Any]:
        """What was derived from the caller's voice: `scores`, `facts`, or the person's `statement` in their place."""
        content = await self.ledger.database.read(lambda c: sealed_rows.derived_of(c, record))
        return dict(json.loads(content)) if content else {}

    async def answers(self, record: Record) -> list[dict[str, Any]]:
        """What was answered, each with its place in the chain."""
        return await self.ledger.database.read(lambda c: sealed_rows.answers_of(c, record))

    async def is_in_progress(self, record: Record) -> bool:
        """Whether the call goes on."""

        def query(connection: sqlite3.Connection) -> bool:
            row = connection.execute("SELECT 1 FROM calls WHERE record_id = ?", (record.record_id,)).fetchone()
            return row is not None

        return await self.ledger.database.read(query)

    async def prove(self, what: str, record: Record) -> Confirmation:
        """Leave the public record that something was done for a person; what proves it."""
        made = self._confirm(record)
        await self.ledger.note(what, {"at": made.day, "commitment": made.commitment})
        return made

    async def withdraw(self, record: Record, source: str) -> bool:
        """Take the yes back by `source` (line, web, desk); False where none holds.

        Of a call in progress the bridge stops hearing at once; of one that is over what was derived is erased.
        """
        answers = await self.answers(record)
        said = {one["answer"] for one in answers}
        if Answer.GRANTED not in said or Answer.WITHDRAWN in said:
            return False
        told = next(one for one in answers if one["answer"] == Answer.GRANTED)
        call = (told["call_id"], Party.CALLER, told["notice_id"], told["language"])
        return await self.ledger.record(Entry(self._now(), Answer.WITHDRAWN, _WAYS[source], *call, source))

    async def stop_number(self, number: str, source: str) -> int:
        """Withdraw every yes of calls from a number, as the PBX writes it; how many held. Nothing is told of them."""
        records = await self.ledger.keyring.all()
        keys = self.ledger.keys
        # A year of calls is hashed: not on the loop.
        found = await asyncio.to_thread(lambda: [one for one in records if keys.matches(one.number_tag, number)])
        stopped = 0
        for record in found:
            stopped += await self.withdraw(record, source)
        return stopped

    async def erase(self, record: Record, source: str) -> Confirmation:
        """Erase all that is kept of a call: what was derived and what was answered, of which the chain keeps hashes.

        Raises:
            Held: a legal hold keeps it.
        """
        await self._check_hold(record)
        made = self._confirm(record)
        if await self.is_in_progress(record):
            await self.withdraw(record, source)
            await self.ledger.keyring.bring_forward(record.record_id, await self._today())
            await self.ledger.note("rights.erasure_due", {"at": made.day, "commitment": made.commitment})
            return Confirmation(made.salt, made.record_id, made.commitment, made.day, is_to_come=True)
        certificate = {"at": made.day, "records": 1, "commitment": made.commitment}
        answers = await self.ledger.erase([record], "rights.erased", certificate)
        return Confirmation(made.salt, made.record_id, made.commitment, made.day, answers)

    async def rectify(self, record: Record, statement: str) -> Confirmation:
        """Put the person's own statement in place of what was measured: a person outranks the model. It goes no later.

        Raises:
            InvalidValue: no statement, or one that is too long.
            CallNotOver: the call is in progress.
            NothingKept: nothing is kept that could be put right.
            Held: a legal hold keeps it as it is.
        """
        text = statement.strip()
        if not 0 < len(text) <= MAX_STATEMENT or not text.replace("\n", " ").replace("\t", " ").isprintable():
            raise InvalidValue(f"a statement has 1 to {MAX_STATEMENT} characters of text")
        await self._check_over(record)
        await self._check_hold(record)
        if record.derived is None:
            raise NothingKept("nothing that was measured in this call is kept")
        content: dict[str, Any] = {
            "scores": [],
            "facts": None,
            "statement": text,
            "stated_on": (await self._today()).isoformat(),
        }
        # A new key, so that no copy of the old file opens what the person has put right.
        renewed = await self.ledger.keyring.renew_derived(record)

        def change(connection: sqlite3.Connection) -> None:
            sealed_rows.delete_derived(connection, record)
            sealed_rows.put_derived(connection, renewed, json.dumps(content).encode())

        await self.ledger.database.erase(change)
        return await self.prove("rights.rectified", renewed)

    async def hold(self, record: Record, reason: str, author: str, until: date) -> None:
        """Keep a record for a court whatever its dates say. Reason and author are public: they name no person of it.

        Raises:
            InvalidValue: no reason, no author, or an end that is past or more than a year away.
            CallNotOver: the call is in progress.
        """
        today = await self._today()
        for name, text in (("reason", reason), ("author", author)):
            if not 0 < len(text.strip()) <= MAX_REASON or not text.isprintable():
                raise InvalidValue(f"a hold needs its {name}: 1 to {MAX_REASON} characters")
        if not today < until <= today + timedelta(days=MAX_HOLD_DAYS):
            raise InvalidValue(f"a hold ends on a day within {MAX_HOLD_DAYS} days from now; it can be renewed")
        await self._check_over(record)
        await self.ledger.keyring.hold(record.record_id, until)
        body = {
            "record": _hidden(record),
            "reason": reason.strip(),
            "author": author.strip(),
            "until": until.isoformat(),
        }
        await self.ledger.note("rights.held", {"at": today.isoformat(), **body})

    async def release(self, record: Record) -> None:
        """Let go of a record before the hold's end. What it kept beyond its dates goes with the next run of retention.

        Raises:
            NothingKept: nobody holds it.
        """
        today = await self._today()
        if not record.is_held(today):
            raise NothingKept("no legal hold keeps this record")
        # Its end is today, as if it had been so from the start: the next run of retention does the rest.
        await self.ledger.keyring.hold(record.record_id, today)
        await self.ledger.note("rights.released", {"at": today.isoformat(), "record": _hidden(record)})

    async def why_held(self, record: Record) -> Mapping[str, Any] | None:
        """The public record of the hold that keeps a record today, None where none does."""
        if not record.is_held(await self._today()):
            return None
        notes = [one for one in await self.ledger.notes("rights.held") if one["record"] == _hidden(record)]
        return notes[-1] if notes else {"reason": "a legal hold", "author": "", "until": record.held_until}

    async def _check_hold(self, record: Record) -> None:
        held = await self.why_held(record)
        if held is not None:
            by = f" by {held['author']}" if held["author"] else ""
            raise Held(f"held{by} until {held['until']}, and not erased or changed before: {held['reason']}")

    async def _check_over(self, record: Record) -> None:
        if await self.is_in_progress(record):
            raise CallNotOver("the call is still in progress: this can be done when it is over")

    async def _today(self) -> date:
        return await self.ledger.keyring.today(self._now().date())

    def _confirm(self, record: Record) -> Confirmation:
        salt = secrets.token_hex(_SALT_BYTES)
        return Confirmation(salt, record.record_id, commitment(salt, record.record_id), self._now().date().isoformat())


def commitment(salt: str, record_id: str) -> str:
    """What a public record holds of a person's: hexadecimal SHA-256 over `<salt>\\n<record id>`."""
    return sha256(f"{salt}\n{record_id}".encode()).hexdigest()


def _hidden(record: Record) -> str:
    # A record's id is 122 random bits, known to the keyring alone: its hash needs no salt.
    return sha256(record.record_id.encode()).hexdigest()
