"""Laws of going on after a loss: a person decides, what is given up is counted in public, and never heard under."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ari_bridge.run.records import open_ledger
from ari_bridge.run.renewal import renew
from consent.database import Database
from consent.errors import DatabaseUnavailable, InvalidValue, KeysMissing, NotGranted
from consent.keys import KEYRING, SIGNING, read_keys
from consent.notice import Notice
from consent.parties import Party
from consent.verification import verify
from tests.conftest import Callers


@pytest.fixture
async def served(tmp_path: Path, notice: Notice) -> tuple[Path, Path]:
    """File and folder of a site that was stopped while a call was in progress."""
    file, folder = tmp_path / "site" / "ouidire.sqlite", tmp_path / "site-keys"
    file.parent.mkdir()
    async with open_ledger(file, folder) as ledger:
        await ledger.announce([notice])
        await Callers(ledger, notice).says_yes()
        await ledger.checkpoint()
    return file, folder


@pytest.mark.parametrize("who", ["", "x" * 300, "a\nb"])
async def test_somebody_decides(served: tuple[Path, Path], who: str) -> None:
    """Nobody, or a name that cannot be written on one line, is refused."""
    with pytest.raises(InvalidValue):
        await renew(*served, who)


async def test_with_all_keys_there_nothing_is_done(served: tuple[Path, Path]) -> None:
    """A second thought costs nothing."""
    assert (await renew(*served, "IT")).is_nothing


async def test_a_yes_of_before_is_no_yes_afterwards(served: tuple[Path, Path]) -> None:
    """Without its keyring a call in progress yields no grant; the chain verifies, and the loss is in it."""
    file, folder = served
    (folder / KEYRING).unlink()
    renewed = await renew(file, folder, "IT and DPO")
    assert (renewed.made, renewed.records) == ((KEYRING,), 1)
    async with open_ledger(file, folder) as ledger:
        with pytest.raises(NotGranted):
            await ledger.strike("call-1", Party.CALLER)
        note = await ledger.last_note("keys.renewed")
        records = await ledger.keyring.all()
        await ledger.database.read(lambda c: verify(c, records))
    assert note is not None
    assert (note["decided_by"], note["given_up"]) == ("IT and DPO", renewed.answers)


async def test_a_new_signing_key_is_named_in_the_chain(served: tuple[Path, Path]) -> None:
    """Checkpoints of the old key and of the new one verify together, since the chain names the change."""
    file, folder = served
    (folder / SIGNING).unlink()
    await renew(file, folder, "IT")
    async with open_ledger(file, folder) as ledger:
        note = await ledger.last_note("keys.renewed")
        await ledger.checkpoint()
        records = await ledger.keyring.all()
        assert (await ledger.database.read(lambda c: verify(c, records))).checkpoints == 2
    assert note is not None
    assert note["signing_key"] == read_keys(folder).signing.public_key().public_bytes_raw().hex()


async def test_a_broken_key_is_not_overwritten(served: tuple[Path, Path]) -> None:
    """What is there is never replaced: a person moves it away first."""
    file, folder = served
    (folder / SIGNING).write_text("broken")
    with pytest.raises(KeysMissing):
        await renew(file, folder, "IT")
    assert (folder / SIGNING).read_text() == "broken"


async def test_never_beside_a_service_that_runs(served: tuple[Path, Path]) -> None:
    """The file is locked: the service must be stopped first."""
    file, folder = served
    async with open_ledger(file, folder):
        with pytest.raises(DatabaseUnavailable):
            await renew(file, folder, "IT")


async def test_one_who_opens_beside_needs_files_that_are_there(tmp_path: Path) -> None:
    """Nothing is made by looking."""
    with pytest.raises(DatabaseUnavailable, match="has `ouidire serve` ever run"):
        await Database.beside(tmp_path / "absent.sqlite")
    assert not os.listdir(tmp_path)


async def test_what_root_makes_belongs_to_the_service(
    served: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that were renewed by root can be read by the service: they are given to the folder's owner."""
    file, folder = served
    (folder / SIGNING).unlink()
    (folder / KEYRING).unlink()
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "fchown", lambda fd, uid, gid: given.append((uid, gid)))
    await renew(file, folder, "IT")
    owner = os.stat(folder)
    assert given[:2] == [(owner.st_uid, owner.st_gid)] * 2
