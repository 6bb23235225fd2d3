"""Rows of calls in progress, on an open transaction. Only the ledger comes here."""

from __future__ import annotations

import sqlite3

from consent import sealed_rows
from consent.entry import ENDINGS, Entry
from consent.keyring import Record
from consent.parties import Party
from consent.states import Answer


def staff_fields(endpoint: str, answer: Answer, notice_id: str, at: str) -> dict[str, str]:
    """What is sealed of an agent's answer to the notice to staff."""
    return {
        "at": at,
        "answer": answer.value,
        "why": "key",
        "endpoint": endpoint,
        "party": Party.AGENT.value,
        "notice_id": notice_id,
        "source": "line",
    }


def append_answer(connection: sqlite3.Connection, record: Record, entry: Entry) -> bool | None:
    """Append an answer of a call in progress to the chain and to what stands in clear; False if it is there already.

    None: the call is sealed, and nothing of it is in progress any more.
    """
    live = connection.execute("SELECT 1 FROM calls WHERE call_id = ?", (entry.call_id,)).fetchone()
    if live is None and sealed_rows.has_answers(connection, record):
        return None
    if live is None:
        connection.execute("INSERT INTO calls VALUES (?, ?)", (entry.call_id, record.record_id))
        count_opened(connection, record)
    known = connection.execute(
        "SELECT 1 FROM answers WHERE call_id = ? AND answer = ?", (entry.call_id, entry.answer.value)
    ).fetchone()
    if known:
        return False
    fields = entry.fields
    seq = sealed_rows.append(connection, record, fields)
    names = ("call_id", "answer", "at", "why", "party", "notice_id", "language", "source")
    connection.execute(
        "INSERT INTO answers (call_id, answer, at, why, party, notice_id, language, source, seq)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*(fields[name] for name in names), seq),
    )
    if entry.answer in ENDINGS:
        connection.execute(
            "UPDATE grants SET ended_at = ?, ended_by = ? WHERE call_id = ? AND ended_at IS NULL",
            (fields["at"], fields["answer"], entry.call_id),
        )
    return True


def count_opened(connection: sqlite3.Connection, record: Record) -> None:
    """Count a record once, whoever comes first: the keyring counts them too, so that an older copy of it is known."""
    if not sealed_rows.has_answers(connection, record):
        connection.execute("INSERT INTO counts VALUES ('opened', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1")


def stopped_elsewhere(connection: sqlite3.Connection) -> dict[str, Answer]:
    """The calls in progress that were stopped past the bridge, each with what its stop is."""
    withdrawn = connection.execute(
        "SELECT call_id FROM answers WHERE answer = 'withdrawn' AND source IN ('line', 'web', 'desk')"
    ).fetchall()
    objected = connection.execute(
        "SELECT call_id FROM grants g WHERE party = 'agent' AND ended_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM staff s WHERE s.endpoint = g.endpoint AND s.notice_id = g.notice_id)"
    ).fetchall()
    return {c: Answer.OBJECTED for (c,) in objected} | {c: Answer.WITHDRAWN for (c,) in withdrawn}
