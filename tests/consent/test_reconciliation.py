"""File and keyring, brought in line: every crash between the two, and every older copy of either."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analysis.store.schema import MIGRATIONS as STORE
from consent import live_rows, sealed_rows
from consent.database import Database
from consent.errors import KeysMissing, NotGranted
from consent.keyring import MIGRATIONS as KEYRING_TABLES
from consent.keyring import Keyring, Record
from consent.keys import KEYRING, make_keys, read_keys
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.reconciliation import Reconciled, reconcile
from consent.sealed_rows import ROWS_OF_A_CALL, Gather
from consent.states import Answer
from consent.tables import MIGRATIONS as CONSENT
from consent.verification import verify
from tests.conftest import AGENTS, Callers

NOTHING = Reconciled(0, 0, 0)
MEASURED = b'{"scores": [{"anger": 0.25}], "facts": null}'


class Site:
    """Two files that can be copied, put back and opened again."""

    def __init__(self, folder: Path, notice: Notice, staff_notice: Notice) -> None:
        self.folder, self.notice, self.staff_notice = folder, notice, staff_notice
        self.file, self.keys = folder / "ouidire.sqlite", folder / "keys"
        self.found = NOTHING
        make_keys(self.keys)

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Callers]:
        """What `serve` does: open both, bring them in line, announce."""
        async with AsyncExitStack() as stack:
            database = await Database.open(self.file, [CONSENT, STORE])
            stack.push_async_callback(database.close)
            keyring = await Database.open(self.keys / KEYRING, [KEYRING_TABLES])
            stack.push_async_callback(keyring.close)
            ledger = Ledger(database, Keyring(keyring), read_keys(self.keys))
            self.found = await reconcile(ledger, gather)
            await ledger.announce([self.notice, self.staff_notice])
            yield Callers(ledger, self.notice)

    def copy(self, what: Path) -> Path:
        """A copy of one of the two, as of now."""
        return Path(shutil.copyfile(what, self.folder / f"{what.name}.{len(list(self.folder.iterdir()))}"))


def gather(call_id: str) -> Gather:
    """Every call has something that was measured."""
    return lambda connection: MEASURED


async def over(callers: Callers, call_id: str) -> Record:
    """A call from its yes to its seal."""
    await callers.says_yes(call_id)
    await callers.ledger.record(callers.entry(call_id, Answer.EXPIRED))
    await callers.ledger.close(call_id, gather(call_id))
    return await record_of(callers, call_id)


async def record_of(callers: Callers, call_id: str) -> Record:
    """What the keyring holds of a call."""
    record = await callers.ledger.keyring.of(callers.ledger.keys.mac("call", call_id))
    assert record is not None
    return record


async def derived(callers: Callers, record: Record) -> bytes:
    """What is sealed under a record."""
    return await callers.ledger.database.read(lambda c: sealed_rows.derived_of(c, record))


async def holds(callers: Callers) -> bool:
    """The whole proof."""
    records = await callers.ledger.keyring.all()
    return (await callers.ledger.database.read(lambda c: verify(c, records))).rows >= 0


@pytest.fixture
def site(tmp_path: Path, notice: Notice, staff_notice: Notice) -> Site:
    """A site that was never served."""
    (tmp_path / "site").mkdir()
    return Site(tmp_path / "site", notice, staff_notice)


async def test_what_fits_is_left_alone(site: Site) -> None:
    """Law: a start finds nothing to do where nothing happened, however often."""
    async with site.opened() as callers:
        await over(callers, "1.1")
        await callers.says_yes("2.1")
    for _ in range(2):
        async with site.opened() as callers:
            assert site.found.is_nothing
            assert await callers.ledger.notes("restored") == []
            assert (await callers.ledger.strike("2.1", Party.CALLER)).is_live
            record = await record_of(callers, "1.1")
            assert await derived(callers, record) == MEASURED


# Where a crash may fall.


async def test_killed_between_keyring_and_file(site: Site) -> None:
    """Law: a record whose first answer was never written is over; the answer, told once more, gets no grant."""
    async with site.opened() as callers:
        retention, today = site.notice.retention, datetime.now(UTC).date()
        await callers.ledger.keyring.open(callers.ledger.keys.mac("call", "1.1"), "call", "", retention, today)
    async with site.opened() as callers:
        assert site.found == Reconciled(0, 1, 0)
        await callers.ledger.record(callers.entry("1.1", Answer.GRANTED))
        with pytest.raises(NotGranted):
            await callers.ledger.strike("1.1", Party.CALLER)
        assert (await callers.says_yes("2.1")).caller.is_live
        assert await holds(callers)
    async with site.opened():
        assert site.found.is_nothing


async def test_killed_between_seal_and_keyring(site: Site) -> None:
    """Law: a call that was sealed, and whose record was not closed, is closed at the start, with what is sealed."""
    async with site.opened() as callers:
        await callers.says_yes("1.1")
        record = await record_of(callers, "1.1")
        await callers.ledger.database.erase(lambda c: sealed_rows.close_call(c, "1.1", record, gather("1.1")))
    async with site.opened() as callers:
        record = await record_of(callers, "1.1")
        assert record.closed
        assert await derived(callers, record) == MEASURED
        with pytest.raises(NotGranted):
            await callers.ledger.strike("1.1", Party.CALLER)


async def test_killed_before_a_stop_was_written(site: Site) -> None:
    """Law: a stop that the keyring knows and the file does not ends the call, and takes what was measured with it."""
    async with site.opened() as callers:
        await callers.says_yes("1.1")
        await callers.ledger.keyring.end((await record_of(callers, "1.1")).record_id)
    async with site.opened() as callers:
        assert site.found == Reconciled(0, 0, 1)
        assert await callers.ledger.open_calls() == frozenset()
        with pytest.raises(NotGranted):
            await callers.ledger.strike("1.1", Party.CALLER)
        record = await record_of(callers, "1.1")
        assert await derived(callers, record) == b""


async def test_killed_in_the_middle_of_an_erasure(site: Site) -> None:
    """Law: once the secret is gone the rest goes at the next start, certified, and the proof holds."""
    async with site.opened() as callers:
        record = await over(callers, "1.1")
        await over(callers, "2.1")
        await callers.ledger.keyring.forget([record.record_id])
    async with site.opened() as callers:
        assert site.found == Reconciled(ROWS_OF_A_CALL + 1, 0, 0)
        note = await callers.ledger.last_note("restored")
        assert note is not None
        assert note["answers"] == ROWS_OF_A_CALL
        assert await holds(callers)


# Older copies.


async def test_an_older_file_brings_nothing_back(site: Site) -> None:
    """Law: what was erased, withdrawn or stopped since stays so, beside an older copy of the file."""
    async with site.opened() as callers:
        erased, withdrawn = await over(callers, "erased"), await over(callers, "withdrawn")
        await callers.says_yes("stopped")
    copy = site.copy(site.file)
    async with site.opened() as callers:
        await callers.ledger.erase([erased], "rights.erased", {})
        await callers.ledger.record(callers.entry("withdrawn", Answer.WITHDRAWN))
        await callers.stops("stopped")
        await over(callers, "later")
    shutil.copyfile(copy, site.file)
    async with site.opened() as callers:
        # 4 rows of answers and a piece, a piece; the later call's key, and none of the erased one.
        assert (site.found.seals, site.found.calls) == (6, 1)
        now = await record_of(callers, "withdrawn")
        for record in (erased, withdrawn):
            # Not even with the secret that somebody kept a copy of.
            assert record.derived is not None
            assert await derived(callers, record) == b""
        assert now.derived is None
        for call_id in ("stopped", "later"):
            await callers.ledger.record(callers.entry(call_id, Answer.GRANTED))
            with pytest.raises(NotGranted):
                await callers.ledger.strike(call_id, Party.CALLER)
        assert await holds(callers)


async def test_an_older_file_does_not_make_an_older_keyring_pass(site: Site) -> None:
    """Law: after a restored file the keyring is still told from older copies of it."""
    async with site.opened() as callers:
        await over(callers, "1.1")
    old_file, old_keyring = site.copy(site.file), site.copy(site.keys / KEYRING)
    async with site.opened() as callers:
        for number in range(3):
            await over(callers, f"{number}.2")
    shutil.copyfile(old_file, site.file)
    async with site.opened():
        assert site.found.keys == 3
    shutil.copyfile(old_keyring, site.keys / KEYRING)
    with pytest.raises(KeysMissing, match="older than"):
        async with site.opened():
            pass


@pytest.mark.parametrize("how", ["lost", "older"])
async def test_a_keyring_that_lacks_records_is_not_served(site: Site, how: str) -> None:
    """Law: a lost or older keyring is said, nothing is changed, and with the newest one all is there again."""
    async with site.opened() as callers:
        await over(callers, "1.1")
    old = site.copy(site.keys / KEYRING)
    async with site.opened() as callers:
        await over(callers, "2.1")
    newest = site.copy(site.keys / KEYRING)
    (site.keys / KEYRING).unlink()
    if how == "older":
        shutil.copyfile(old, site.keys / KEYRING)
    for _ in range(2):
        with pytest.raises(KeysMissing, match="keys renew"):
            async with site.opened():
                pass
    shutil.copyfile(newest, site.keys / KEYRING)
    async with site.opened() as callers:
        assert site.found.is_nothing
        for call_id in ("1.1", "2.1"):
            record = await record_of(callers, call_id)
            assert await derived(callers, record) == MEASURED


async def test_an_older_keyring_brings_no_erased_secret_back(site: Site) -> None:
    """Law: a secret that was erased since a copy of the keyring was made finds nothing to open, and goes again."""
    async with site.opened() as callers:
        record = await over(callers, "1.1")
    copy = site.copy(site.keys / KEYRING)
    async with site.opened() as callers:
        await callers.ledger.erase([record], "rights.erased", {})
    shutil.copyfile(copy, site.keys / KEYRING)
    async with site.opened() as callers:
        assert site.found.keys == 1
        left = await record_of(callers, "1.1")
        assert (left.kind, left.derived, left.number_tag) == ("gone", None, "")
        assert left.secret != record.secret
        assert await holds(callers)


async def test_an_older_file_revives_no_word_of_staff(site: Site) -> None:
    """Law: an acknowledgement that was taken back stays so, beside an older copy of the file."""
    async with site.opened() as callers:
        await callers.ledger.database.write(
            lambda c: c.executemany(
                "INSERT INTO staff (endpoint, pin, added_on) VALUES (?, 'x', '2026-01-01')", [(one,) for one in AGENTS]
            )
        )
        for endpoint in AGENTS:
            await callers.ledger.acknowledge(endpoint, site.staff_notice.notice_id, datetime.now(UTC))
    copy = site.copy(site.file)
    async with site.opened() as callers:
        await callers.ledger.withdraw_acknowledgement(AGENTS[0], datetime.now(UTC))
    shutil.copyfile(copy, site.file)
    async with site.opened() as callers:
        await callers.says_yes("1.1")
        with pytest.raises(NotGranted):
            await callers.ledger.strike("1.1", Party.AGENT, AGENTS[0])
        assert (await callers.ledger.strike("1.1", Party.AGENT, AGENTS[1])).is_live


async def test_a_seal_that_somebody_put_in_goes(site: Site) -> None:
    """Law: nothing stays in the file that no key opens."""
    async with site.opened() as callers:
        await over(callers, "1.1")
    with closing(sqlite3.connect(site.file)) as connection, connection:
        connection.execute("INSERT INTO sealed_answers SELECT 99, randomblob(16), body FROM sealed_answers LIMIT 1")
    async with site.opened():
        assert site.found.seals == 1


async def test_a_record_is_counted_once(site: Site) -> None:
    """Law: an older keyring is known by counts, so both sides count alike, whatever is told twice."""
    async with site.opened() as callers:
        await over(callers, "1.1")
        for answer in (Answer.ASKED, Answer.WITHDRAWN):
            await callers.ledger.record(callers.entry("1.1", answer))
        record = await record_of(callers, "1.1")
        await callers.ledger.database.write(lambda c: live_rows.count_opened(c, record))
        query = "SELECT value FROM counts WHERE name = 'opened'"
        counted = await callers.ledger.database.read(lambda c: c.execute(query).fetchone()[0])
        assert counted == await callers.ledger.keyring.opened() == 1
