"""When the head of the chain is signed: now and then while it grows, and never twice at one place."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Final

from consent.chain import Checkpoint
from consent.ledger import Ledger

EVERY: Final = timedelta(hours=1)
"""A tail that is cut off or written anew is named if it is older than this; with a stop of the service, at once."""


async def sign_if_grown(ledger: Ledger) -> Checkpoint | None:
    """A checkpoint of the head, None where the newest one still is. Raises DatabaseUnavailable."""
    return None if await ledger.database.read(_is_signed) else await ledger.checkpoint()


def _is_signed(connection: sqlite3.Connection) -> bool:
    row = connection.execute(
        "SELECT (SELECT coalesce(max(seq), 0) FROM ledger) = (SELECT coalesce(max(seq), 0) FROM checkpoints)"
    ).fetchone()
    return bool(row[0])
