"""The copy that a person gets of what is kept: receipt, answers with their proof, what was measured, and when it goes.

Articles 15 and 20 GDPR: everything, in a form for eyes (`ari_bridge.web`) and in one for machines (JSON).
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consent import receipts, sealed_rows
from consent.keyring import Record
from consent.ledger import Ledger
from consent.rights import Rights
from consent.staff import record_of
from consent.states import Answer
from consent.wording import Way


@dataclass(frozen=True, slots=True)
class Site:
    """Who is answerable: the controller's name, where a person reaches it, and the profile of rules that it follows."""

    controller: str
    contact: str
    profile: str


async def receipt_of_agent(ledger: Ledger, endpoint: str, site: Site) -> receipts.JsonLd | None:
    """An agent's receipt for the acknowledgement that is on record, as JSON-LD; None where there is none."""
    record = await record_of(ledger, endpoint)
    if record is None:
        return None
    return await ledger.database.read(
        lambda c: _receipt(c, record, sealed_rows.answers_of(c, record), site, receipts.AGENTS_WAYS)
    )


async def export(rights: Rights, record: Record, site: Site) -> dict[str, Any]:
    """All that is kept of a call, as one JSON object; the public proof that it was handed out is left.

    Keys: `receipt` (JSON-LD, None where the notice is unknown), `answers` (each with `seq` and `commitment`, its place
    in the chain), `measured` (`scores`, `facts` or `statement`), `kept_until`, `hold`, `in_progress`, `proof`.
    """
    found = rights.ledger.database
    answers = await rights.answers(record)
    places = await found.read(lambda c: [_place(c, one["seq"]) for one in answers])
    held = await rights.why_held(record)
    proof = await rights.prove("rights.exported", record)
    return {
        "receipt": await found.read(lambda c: _receipt(c, record, answers, site, receipts.CALLERS_WAYS)),
        "answers": [one | {"commitment": place} for one, place in zip(answers, places, strict=True)],
        "measured": await rights.measured(record),
        "kept_until": {
            "measured": record.derived_goes_on if record.derived is not None else None,
            "answers": record.goes_on,
        },
        "hold": None if held is None else {name: held[name] for name in ("reason", "author", "until")},
        "in_progress": await rights.is_in_progress(record),
        "proof": {"record_id": proof.record_id, "salt": proof.salt, "commitment": proof.commitment, "day": proof.day},
    }


def _place(connection: sqlite3.Connection, seq: int) -> str:
    row = connection.execute("SELECT commitment FROM ledger WHERE seq = ?", (seq,)).fetchone()
    return str(row[0]) if row else ""


def _receipt(
    connection: sqlite3.Connection, record: Record, answers: list[dict[str, Any]], site: Site, ways: tuple[Way, ...]
) -> receipts.JsonLd | None:
    told = _told(connection, answers, site, ways)
    if told is None:
        return None
    events = [receipts.Answered.of(one) for one in answers]
    return receipts.receipt(receipts.record(record.record_id, told, events), datetime.now(UTC))


def _told(
    connection: sqlite3.Connection, answers: list[dict[str, Any]], site: Site, ways: tuple[Way, ...]
) -> receipts.Told | None:
    # In several languages it is several notices: the one of the yes or the no counts. A stop names none.
    named = [one for one in answers if one["notice_id"]]
    decided = [one for one in named if one["answer"] in (Answer.GRANTED, Answer.REFUSED)] or named
    if not decided:
        return None
    notice_id = decided[0]["notice_id"]
    row = connection.execute("SELECT told FROM notices WHERE notice_id = ?", (notice_id,)).fetchone()
    if row is None:
        return None
    return receipts.Told.of(notice_id, json.loads(row[0]), site.controller, site.contact, site.profile, ways)
