"""When the head of the chain is signed: now and then while it grows, and never twice at one place.

A signature bears a place and a moment. Signed in the middle of the only call of an hour, the place would tell, beside
the PBX's call records, what its caller has answered so far; so signing waits until no call is in progress, or several.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Final

from consent.chain import Checkpoint
from consent.ledger import Ledger

EVERY: Final = timedelta(hours=1)
"""A tail that is cut off or written anew is named if it is older than this; with a stop of the service, at once."""
SEVERAL: Final = 5
"""Among so many calls in progress no place in the chain tells of one."""


async def sign_if_grown(ledger: Ledger) -> Checkpoint | None:
    """A checkpoint of the head; None where the newest one still is, or where it must wait.

    Raises:
        DatabaseUnavailable: nothing was signed.
    """
    if not await ledger.database.read(_is_to_be_signed):
        return None
    return await ledger.checkpoint()


def _is_to_be_signed(connection: sqlite3.Connection) -> bool:
    has_grown, calls = connection.execute(
        "SELECT (SELECT coalesce(max(seq), 0) FROM ledger) > (SELECT coalesce(max(seq), 0) FROM checkpoints),"
        " (SELECT count(*) FROM calls)"
    ).fetchone()
    return bool(has_grown) and (calls == 0 or calls >= SEVERAL)
