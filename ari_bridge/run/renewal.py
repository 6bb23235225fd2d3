"""Goes on after a loss of keys: makes what is missing, gives up what nothing opens any more, and says so in public.

Only a person asks for this. Until then the service refuses to start, so that no loss passes in silence.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from analysis.store.schema import MIGRATIONS as STORE_TABLES
from analysis.store.scores import Scores
from consent.database import Database
from consent.errors import InvalidValue
from consent.keyring import MIGRATIONS as KEYRING_TABLES
from consent.keyring import Keyring
from consent.keys import KEYRING, make_keys, read_keys
from consent.ledger import Ledger
from consent.reconciliation import reconcile
from consent.tables import MIGRATIONS as CONSENT_TABLES

MAX_WHO = 200


@dataclass(frozen=True, slots=True)
class Renewed:
    """The names of the keys that were made; how many records were lost since, and how many answers were given up."""

    made: tuple[str, ...]
    records: int
    answers: int

    @property
    def is_nothing(self) -> bool:
        """Nothing was lost."""
        return not self.made and not self.records


async def renew(file: Path, folder: Path, who: str) -> Renewed:
    """Do it, with the service stopped.

    Raises:
        InvalidValue: nobody decides.
        KeysMissing: the folder cannot be written, or a key in it is there and broken: move it away first.
        DatabaseUnavailable: one of the files cannot be used, or the service runs.
    """
    if not 0 < len(who) <= MAX_WHO or not who.isprintable():
        raise InvalidValue(f"somebody decides this, named in 1 to {MAX_WHO} characters")
    database = await Database.open(file, [CONSENT_TABLES, STORE_TABLES])
    try:
        lost = not (folder / KEYRING).exists()
        made = make_keys(folder)
        keyring = await Database.open(folder / KEYRING, [KEYRING_TABLES])
        try:
            ledger = Ledger(database, Keyring(keyring), read_keys(folder))
            return await _renew(ledger, (*made, KEYRING) if lost else made, who)
        finally:
            await keyring.close()
    finally:
        await database.close()


async def _renew(ledger: Ledger, made: tuple[str, ...], who: str) -> Renewed:
    opened = await ledger.database.read(_opened)
    before = await ledger.keyring.opened()
    if opened <= before and not made:
        return Renewed((), 0, 0)
    await ledger.keyring.skip_to(opened)
    found = await reconcile(ledger, Scores(ledger.database).gather)
    swept = None if found.is_nothing else await ledger.last_note("restored")
    answers = int(swept["answers"]) if swept else 0
    public = ledger.keys.signing.public_key().public_bytes_raw().hex()
    body = {"made": list(made), "given_up": answers, "decided_by": who, "signing_key": public}
    await ledger.note("keys.renewed", body)
    return Renewed(made, max(0, opened - before), answers)


def _opened(connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT value FROM counts WHERE name = 'opened'").fetchone()
    return int(found[0]) if found else 0
