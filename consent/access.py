"""The copy that a person gets of what is kept: receipt, answers with their proof, what was measured, and when it goes.

Articles 15 and 20 GDPR: everything, in a form for eyes (`ari_bridge.web`) and in one for machines (JSON).
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from consent import receipts
from consent.keyring import Record
from consent.parties import Party
from consent.purposes import PERMITTED, Purpose
from consent.retention import Retention
from consent.rights import Rights
from consent.states import Answer, Why

_NOTICE: Final = "SELECT language, version, purposes, scores_days, records_days, told FROM notices WHERE notice_id = ?"


@dataclass(frozen=True, slots=True)
class Site:
    """Who is answerable: the controller's name, where a person reaches it, and the profile of rules that it follows."""

    controller: str
    contact: str
    profile: str


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
        "receipt": await found.read(lambda c: _receipt(c, record, answers, site)),
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
    connection: sqlite3.Connection, record: Record, answers: list[dict[str, Any]], site: Site
) -> receipts.JsonLd | None:
    # A notice may be told in several languages: the last one is the one that was answered.
    told = _told(connection, answers[-1]["notice_id"], site) if answers else None
    if told is None:
        return None
    events = [
        receipts.Answered(
            datetime.fromisoformat(one["at"]),
            Answer(one["answer"]),
            Why(one["why"]),
            Party(one["party"]),
            one["source"],
        )
        for one in answers
    ]
    return receipts.receipt(receipts.record(record.record_id, told, events), datetime.now(UTC))


def _told(connection: sqlite3.Connection, notice_id: str, site: Site) -> receipts.Told | None:
    row = connection.execute(_NOTICE, (notice_id,)).fetchone()
    if row is None:
        return None
    language, version, purposes, scores_days, records_days, told = row
    return receipts.Told(
        party=Party.CALLER,
        controller=site.controller,
        contact=site.contact,
        profile=site.profile,
        notice_id=notice_id,
        version=version,
        language=language,
        text=json.loads(told)["text"],
        purposes=frozenset(Purpose(one) for one in purposes.split()) & PERMITTED[Party.CALLER],
        retention=Retention(scores_days, records_days),
    )
