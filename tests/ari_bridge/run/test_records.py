"""Laws of opening file and keys: together or not at all, and an older copy of either yields nothing that was erased."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ari_bridge.run.records import open_beside, open_ledger
from consent.errors import DatabaseUnavailable, KeysMissing, NotGranted
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.reference import Reference
from consent.rights import Rights
from consent.states import Answer
from consent.verification import verify
from tests.conftest import Callers

DERIVED = json.dumps({"scores": [], "facts": {"talk_s": 4.0}}).encode()


class Site:
    """The files of a site, which can be copied and put back."""

    def __init__(self, folder: Path, notice: Notice) -> None:
        self.file, self.keys = folder / "site" / "ouidire.sqlite", folder / "site-keys"
        self.file.parent.mkdir()
        self.notice = notice

    async def call(self, ledger: Ledger, call_id: str) -> Reference:
        """A call that is over and has something measured; its reference."""
        await Callers(ledger, self.notice).says_yes(call_id)
        reference = await Rights(ledger).mint(call_id)
        await ledger.record(Callers(ledger, self.notice).entry(call_id, Answer.EXPIRED))
        await ledger.close(call_id, lambda _: DERIVED)
        return reference

    def back_up(self) -> Path:
        """A copy of the file's folder, as of now."""
        return Path(shutil.copytree(self.file.parent, self.file.parent.with_name("backup")))

    def restore(self, backup: Path) -> None:
        """Put the copy back, keys as they are today."""
        shutil.rmtree(self.file.parent)
        shutil.copytree(backup, self.file.parent)


@pytest.fixture
def site(tmp_path: Path, notice: Notice) -> Site:
    """A site that was never served."""
    return Site(tmp_path, notice)


async def is_whole(ledger: Ledger) -> bool:
    """The chain verifies, with every answer that is missing certified."""
    records = await ledger.keyring.all()
    return (await ledger.database.read(lambda c: verify(c, records))).rows > 0


async def test_what_was_erased_stays_erased_after_a_restore(site: Site) -> None:
    """Last week's file beside today's keyring: the erased call is unknown, its blobs are gone, another is there."""
    async with open_ledger(site.file, site.keys) as ledger:
        await ledger.announce([site.notice])
        erased, kept = await site.call(ledger, "call-1"), await site.call(ledger, "call-2")
    backup = site.back_up()
    async with open_ledger(site.file, site.keys) as ledger:
        rights = Rights(ledger)
        record = await rights.of_reference(erased.digits)
        assert record is not None
        await rights.erase(record, "desk")
    site.restore(backup)
    async with open_ledger(site.file, site.keys) as ledger:
        rights = Rights(ledger)
        assert await rights.of_reference(erased.digits) is None
        left = await rights.of_reference(kept.digits)
        assert left is not None
        assert (await rights.measured(left))["facts"] == {"talk_s": 4.0}
        assert await is_whole(ledger)
        note = await ledger.last_note("restored")
        assert note is not None
        assert note["answers"] == 4


async def test_what_was_withdrawn_stays_withdrawn_after_a_restore(site: Site) -> None:
    """The numbers of a yes that was taken back since are noise in the restored file, and are swept."""
    async with open_ledger(site.file, site.keys) as ledger:
        await ledger.announce([site.notice])
        reference = await site.call(ledger, "call-1")
    backup = site.back_up()
    async with open_ledger(site.file, site.keys) as ledger:
        rights = Rights(ledger)
        record = await rights.of_reference(reference.digits)
        assert record is not None
        assert await rights.withdraw(record, "web")
    site.restore(backup)
    async with open_ledger(site.file, site.keys) as ledger:
        rights = Rights(ledger)
        record = await rights.of_reference(reference.digits)
        assert record is not None
        assert await rights.measured(record) == {}


async def test_a_call_in_progress_of_last_week_yields_no_grant(site: Site) -> None:
    """A file that was copied in the middle of a call does not bring its yes back."""
    async with open_ledger(site.file, site.keys) as ledger:
        await ledger.announce([site.notice])
        await Callers(ledger, site.notice).says_yes("call-1")
    backup = site.back_up()
    async with open_ledger(site.file, site.keys) as ledger:
        await Callers(ledger, site.notice).stops("call-1")
        await ledger.close("call-1", lambda _: b"")
    site.restore(backup)
    async with open_ledger(site.file, site.keys) as ledger:
        with pytest.raises(NotGranted):
            await ledger.strike("call-1", Party.CALLER)
        assert await ledger.open_calls() == frozenset()


async def test_a_keyring_older_than_the_file_is_not_served(site: Site, tmp_path: Path) -> None:
    """A person must decide; nothing is opened, made or deleted before."""
    async with open_ledger(site.file, site.keys) as ledger:
        await ledger.announce([site.notice])
        await site.call(ledger, "call-1")
    old = Path(shutil.copytree(site.keys, tmp_path / "old-keys"))
    async with open_ledger(site.file, site.keys) as ledger:
        await site.call(ledger, "call-2")
    shutil.rmtree(site.keys)
    shutil.copytree(old, site.keys)
    with pytest.raises(KeysMissing, match="keys renew"):
        async with open_ledger(site.file, site.keys):
            pass


async def test_two_work_on_one_chain(site: Site) -> None:
    """Who writes beside the service appends where the service appends: one chain, and it verifies."""
    async with open_ledger(site.file, site.keys) as served:
        await served.announce([site.notice])
        async with open_beside(site.file, site.keys) as beside:
            for number in range(5):
                await served.note("served", {"number": number})
                await beside.note("beside", {"number": number})
        assert [len(await served.notes(what)) for what in ("served", "beside")] == [5, 5]
        assert await is_whole(served)


async def test_nothing_is_made_by_looking(site: Site) -> None:
    """Beside means beside: no file, no key, no folder comes of it."""
    with pytest.raises(DatabaseUnavailable):
        async with open_beside(site.file, site.keys):
            pass
    assert not site.file.exists()
    assert not site.keys.exists()
