"""Opens the file and the folder of keys that belong together, and brings them in line before anything is served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import structlog

from analysis.store.schema import MIGRATIONS as STORE_TABLES
from analysis.store.scores import Scores
from ari_bridge.run.settings import Settings
from consent.access import Site
from consent.database import Database
from consent.keyring import MIGRATIONS as KEYRING_TABLES
from consent.keyring import Keyring
from consent.keys import KEYRING, make_keys, read_keys
from consent.ledger import Ledger
from consent.reconciliation import reconcile
from consent.tables import MIGRATIONS as CONSENT_TABLES

log = structlog.get_logger()


def site_of(settings: Settings) -> Site:
    """Who answers for this site, as copies and receipts name it."""
    return Site(settings.profile.controller, settings.profile.contact, settings.profile.name)


@asynccontextmanager
async def open_beside(file: Path, folder: Path) -> AsyncIterator[Ledger]:
    """The same ledger beside a service that may run: two files that are there, which nothing is made or mended in.

    Raises:
        KeysMissing: a key is lost.
        DatabaseUnavailable: one of the two files is not there, or cannot be read.
    """
    async with AsyncExitStack() as stack:
        database = await Database.beside(file)
        stack.push_async_callback(database.close)
        keys = read_keys(folder)
        keyring = await Database.beside(folder / KEYRING)
        stack.push_async_callback(keyring.close)
        yield Ledger(database, Keyring(keyring), keys)


@asynccontextmanager
async def open_ledger(file: Path, folder: Path) -> AsyncIterator[Ledger]:
    """The ledger in `file`, with its keys in `folder`. Keys are made for a file that holds nothing yet.

    Raises:
        KeysMissing: a key is lost, or the keyring is older than the file: a person must decide.
        DatabaseUnavailable: one of the two files cannot be written, or another bridge has it open.
    """
    async with AsyncExitStack() as stack:
        database = await Database.open(file, [CONSENT_TABLES, STORE_TABLES])
        stack.push_async_callback(database.close)
        is_new = await database.read(lambda c: c.execute("SELECT count(*) FROM ledger").fetchone()[0]) == 0
        if is_new and not (folder / KEYRING).exists():
            make_keys(folder)
        keys = read_keys(folder)
        keyring = await Database.open(folder / KEYRING, [KEYRING_TABLES])
        stack.push_async_callback(keyring.close)
        ledger = Ledger(database, Keyring(keyring), keys)
        found = await reconcile(ledger, Scores(database).gather)
        if not found.is_nothing:
            log.warning("ledger.reconciled", erased_seals=found.seals, erased_keys=found.keys, calls=found.calls)
        if is_new:
            await ledger.note("keys.made", {"signing_key": keys.signing.public_key().public_bytes_raw().hex()})
        yield ledger
