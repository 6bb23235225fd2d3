"""Proving a ledger: what somebody with the file does to it, and how it is found out."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ari_bridge.run.records import open_ledger
from consent import sealed_rows
from consent.chain import Checkpoint, public_commitment, row_hash, sign
from consent.entry import Entry
from consent.errors import LedgerBroken
from consent.keyring import Record
from consent.keys import read_keys
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.seals import answer_label, seal_id
from consent.states import Answer, Why
from consent.verification import Verified, verify, verify_chain

CALLS: Final = ("call-a", "call-b", "call-c")
SIGNED: Final = 8
"""How many rows there are when the checkpoint is made: the key's own, a setting, three calls of two answers."""
ROWS: Final = SIGNED + 6


class Site:
    """A file and its keys at rest, as one who got at the file finds it."""

    def __init__(self, folder: Path, records: dict[str, Record], outside: Checkpoint) -> None:
        self.file, self.keys = folder / "ouidire.sqlite", folder / "keys"
        self.records = records
        self.outside = outside

    def tamper(self, *statements: str | tuple[str, tuple[object, ...]]) -> None:
        """Write past every law of the schema: the triggers go first."""
        with closing(sqlite3.connect(self.file, isolation_level=None)) as connection:
            connection.execute("PRAGMA foreign_keys=OFF")
            connection.execute("PRAGMA ignore_check_constraints=ON")
            triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
            for (name,) in triggers:
                connection.execute(f"DROP TRIGGER {name}")
            for one in statements:
                connection.execute(*((one,) if isinstance(one, str) else one))

    def row(self, seq: int) -> tuple[str, str, str, str, str]:
        """Kind, body, commitment, previous and hash of a row."""
        with closing(sqlite3.connect(self.file)) as connection:
            query = "SELECT kind, body, commitment, previous, hash FROM ledger WHERE seq = ?"
            found: tuple[str, str, str, str, str] = connection.execute(query, (seq,)).fetchone()
            return found

    def rehash(self, start: int) -> None:
        """Make every hash from a row on right again, as whoever changed it must."""
        previous = self.row(start - 1)[4]
        with closing(sqlite3.connect(self.file)) as connection:
            last = connection.execute("SELECT max(seq) FROM ledger").fetchone()[0]
        for seq in range(start, last + 1):
            kind, _, commitment, *_ = self.row(seq)
            digest = row_hash(seq, kind, commitment, previous)
            self.tamper(("UPDATE ledger SET previous = ?, hash = ? WHERE seq = ?", (previous, digest, seq)))
            previous = digest

    def kept_with_the_keys(self) -> Checkpoint:
        """The copy of the newest checkpoint."""
        return Checkpoint.from_json(read_keys(self.keys).kept_checkpoint())

    def verify(self, *against: Checkpoint) -> Verified:
        """All that can be proven with the keyring at hand."""
        with closing(sqlite3.connect(self.file)) as connection:
            return verify(connection, list(self.records.values()), against)

    def verify_chain(self, *against: Checkpoint) -> Verified:
        """What somebody without any key can prove."""
        with closing(sqlite3.connect(self.file)) as connection:
            return verify_chain(connection, iter(against))

    def shelf_slot(self, call_id: str, number: int) -> int:
        """Where an answer's seal stands."""
        ident = seal_id(self.records[call_id].secret, answer_label(number))
        with closing(sqlite3.connect(self.file)) as connection:
            return int(connection.execute("SELECT slot FROM sealed_answers WHERE seal_id = ?", (ident,)).fetchone()[0])


def entry(notice: Notice, call_id: str, answer: Answer) -> Entry:
    """An answer of now."""
    told = (notice.notice_id, notice.language)
    return Entry(datetime.now(UTC), answer, Why.KEY, call_id, Party.CALLER, *told, "event")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Ledger]:
    """The site's ledger, as the service opens it."""
    async with open_ledger(folder / "ouidire.sqlite", folder / "keys") as ledger:
        yield ledger


@pytest.fixture
async def site(tmp_path: Path, notice: Notice) -> Site:
    """Three calls that are over, signed; then one answer more of each, and a row that fills it up: fourteen."""
    async with opened(tmp_path) as ledger:
        await ledger.announce([notice])
        await ledger.note("settings", {"scores_days": 30})
        for call_id in CALLS:
            for answer in (Answer.ASKED, Answer.GRANTED):
                await ledger.record(entry(notice, call_id, answer))
        outside = await ledger.checkpoint()
        for call_id in CALLS:
            await ledger.record(entry(notice, call_id, Answer.EXPIRED))
            await ledger.close(call_id, lambda _: b"")
        found = {call_id: await ledger.keyring.of(ledger.keys.mac("call", call_id)) for call_id in CALLS}
        records = {call_id: record for call_id, record in found.items() if record is not None}
    return Site(tmp_path, records, outside)


def test_what_nobody_touched_holds(site: Site) -> None:
    """Law: the whole chain, its checkpoint, one kept elsewhere, and every answer are proven."""
    found = site.verify(site.outside, site.kept_with_the_keys())
    assert found == Verified(rows=ROWS, persons=12, opened=12, certified=0, checkpoints=1)
    assert site.verify_chain(site.outside).persons == 12


SIMPLE: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "a public body is edited": (("UPDATE ledger SET body = replace(body, '30', '31') WHERE seq = 2",), "record 2 was"),
    "a public body is taken away": (("UPDATE ledger SET body = '' WHERE seq = 2",), "record 2 was changed"),
    "a person's row is given a body": (("UPDATE ledger SET body = '{}' WHERE seq = 4",), "record 4 was changed"),
    "a commitment is edited": (("UPDATE ledger SET commitment = hash WHERE seq = 5",), "record 5 was changed"),
    "a hash is edited": (("UPDATE ledger SET hash = commitment WHERE seq = 6",), "record 6 was changed"),
    "a kind is edited": (("UPDATE ledger SET kind = 'public' WHERE seq = 7",), "record 7 was changed"),
    "a row is deleted": (("DELETE FROM ledger WHERE seq = 4",), "record 4 is missing"),
    "the first row is deleted": (("DELETE FROM ledger WHERE seq = 1",), "record 1 is missing"),
    "a row is deleted and the gap is closed": (
        (
            "DELETE FROM ledger WHERE seq = 4",
            *(f"UPDATE ledger SET seq = {seq - 1} WHERE seq = {seq}" for seq in range(5, ROWS + 1)),
        ),
        "record 4 does not follow",
    ),
    "two rows are swapped": (
        (
            "UPDATE ledger SET seq = 99 WHERE seq = 4",
            "UPDATE ledger SET seq = 4 WHERE seq = 6",
            "UPDATE ledger SET seq = 6 WHERE seq = 99",
        ),
        "record 4 does not follow",
    ),
    "a row is put in between": (
        (
            *(f"UPDATE ledger SET seq = {seq + 1} WHERE seq = {seq}" for seq in range(ROWS, 4, -1)),
            "INSERT INTO ledger SELECT 5, kind, body, commitment, hash, 'new' FROM ledger WHERE seq = 4",
        ),
        "record 5 was changed",
    ),
    "the tail is cut off": ((f"DELETE FROM ledger WHERE seq >= {SIGNED}",), "records after 7 are missing: record 8"),
    "all is deleted": (("DELETE FROM ledger",), "records after 0 are missing"),
    "a checkpoint is moved": (("UPDATE checkpoints SET seq = 7",), "the checkpoint at record 7 was changed"),
    "a checkpoint is no checkpoint": (("UPDATE checkpoints SET hash = 'no'",), "a checkpoint was changed"),
    "a notice's text is changed": (
        ("UPDATE notices SET told = replace(told, 'tone', 'tune')",),
        "the notice .* was changed",
    ),
    "a notice's retention is changed": (("UPDATE notices SET scores_days = 365",), "the notice .* was changed"),
    "a notice's purposes are changed": (("UPDATE notices SET purposes = 'clips'",), "the notice .* was changed"),
}


@pytest.mark.parametrize("name", SIMPLE)
def test_a_tampering_is_named(site: Site, name: str) -> None:
    """Law: whoever goes around the triggers breaks the proof, and the row is named, without any key at hand."""
    statements, sentence = SIMPLE[name]
    site.tamper(*statements)
    with pytest.raises(LedgerBroken, match=sentence):
        site.verify_chain()
    with pytest.raises(LedgerBroken, match=sentence):
        site.verify()


def test_a_cut_tail_is_found_with_the_copy_beside_the_keys(site: Site) -> None:
    """Law: whoever has the file alone cannot take its end away, not even with all its checkpoints."""
    site.tamper(f"DELETE FROM ledger WHERE seq >= {SIGNED}", "DELETE FROM checkpoints")
    with pytest.raises(LedgerBroken, match="records after 7 are missing: record 8"):
        site.verify_chain(site.kept_with_the_keys())


def test_a_tail_that_was_not_signed_yet_is_missed_by_its_seals(site: Site) -> None:
    """Law: what was cut off after the newest checkpoint is named by the answers that were sealed with it."""
    site.tamper("DELETE FROM ledger WHERE seq > 9")
    with pytest.raises(LedgerBroken, match=r"record 1[01] is not what was sealed with it"):
        site.verify(site.kept_with_the_keys())


def test_a_suffix_written_anew_without_the_key_is_named(site: Site) -> None:
    """Law: hashes that are right again do not help who cannot sign them."""
    site.tamper(("UPDATE ledger SET commitment = ? WHERE seq = 5", ("0" * 64,)))
    site.rehash(5)
    with pytest.raises(LedgerBroken, match="record 8 was written anew"):
        site.verify_chain()


def test_a_suffix_written_anew_with_its_checkpoints_gone_is_named(site: Site) -> None:
    """Law: with the checkpoints deleted too, the copy beside the keys names it, and so do the seals."""
    site.tamper(("UPDATE ledger SET commitment = ? WHERE seq = 5", ("0" * 64,)), "DELETE FROM checkpoints")
    site.rehash(5)
    site.verify_chain()
    with pytest.raises(LedgerBroken, match="record 8 was written anew"):
        site.verify_chain(site.kept_with_the_keys())
    with pytest.raises(LedgerBroken, match="record 5 is not what was sealed with it"):
        site.verify()


def resigned(site: Site, key: Ed25519PrivateKey) -> Checkpoint:
    """The checkpoint at its place, made anew by `key` over what stands there now."""
    made = sign(SIGNED, site.row(SIGNED)[4], "2026-03-01T12:00:00.000Z", key)
    site.tamper(
        "DELETE FROM checkpoints",
        ("INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)", dataclasses.astuple(made)),
    )
    return made


def test_a_rewrite_by_who_holds_the_key_is_named_by_a_checkpoint_kept_elsewhere(site: Site) -> None:
    """Law: the site itself cannot write its past anew against the works council's copy."""
    body = site.row(2)[1].replace("30", "31")
    site.tamper(("UPDATE ledger SET body = ?, commitment = ? WHERE seq = 2", (body, public_commitment(body))))
    site.rehash(2)
    resigned(site, read_keys(site.keys).signing)
    site.verify_chain()
    with pytest.raises(LedgerBroken, match="record 8 was written anew"):
        site.verify_chain(site.outside)


def test_a_checkpoint_of_another_key_is_named(site: Site) -> None:
    """Law: a signature that is right is worth nothing if it is a stranger's, even over a chain that holds."""
    resigned(site, Ed25519PrivateKey.generate())
    with pytest.raises(LedgerBroken, match="record 8 is signed by a key that is not the site's"):
        site.verify_chain()


def test_all_made_up_is_named_by_the_copy_beside_the_keys(site: Site) -> None:
    """Law: a whole chain that names a stranger's key as the site's does not lead through what the site signed."""
    stranger = Ed25519PrivateKey.generate()
    fields = json.loads(site.row(1)[1]) | {"signing_key": stranger.public_key().public_bytes_raw().hex()}
    body = json.dumps(fields)
    digest = row_hash(1, "public", public_commitment(body), "0" * 64)
    site.tamper(
        ("UPDATE ledger SET body = ?, commitment = ?, hash = ? WHERE seq = 1", (body, public_commitment(body), digest))
    )
    site.rehash(2)
    resigned(site, stranger)
    site.verify_chain()
    with pytest.raises(LedgerBroken, match="record 8 was written anew"):
        site.verify_chain(site.kept_with_the_keys())


Tamper = Callable[[Site], str]


def _changed(site: Site) -> str:
    slot = site.shelf_slot("call-b", 1)
    site.tamper(f"UPDATE sealed_answers SET body = randomblob(length(body)) WHERE slot = {slot}")
    return "record 6 was changed: a sealed record"


def _swapped(site: Site) -> str:
    one, other = site.shelf_slot("call-a", 0), site.shelf_slot("call-b", 0)
    body = "(SELECT body FROM sealed_answers WHERE slot = {})"
    site.tamper(
        f"CREATE TABLE kept AS SELECT body FROM sealed_answers WHERE slot = {one}",
        f"UPDATE sealed_answers SET body = {body.format(other)} WHERE slot = {one}",
        f"UPDATE sealed_answers SET body = (SELECT body FROM kept) WHERE slot = {other}",
    )
    return "record 3 was changed: a sealed record"


def _deleted(site: Site) -> str:
    site.tamper(f"DELETE FROM sealed_answers WHERE slot = {site.shelf_slot('call-c', 2)}")
    return "record 13 was changed: it cannot be opened, and no certificate"


def _all_deleted(site: Site) -> str:
    site.tamper("DELETE FROM sealed_answers")
    return "record 3 was changed: it cannot be opened, and no certificate"


@pytest.mark.parametrize("tamper", [_changed, _swapped, _deleted, _all_deleted])
def test_a_tampering_with_seals_is_named(site: Site, tamper: Tamper) -> None:
    """Law: an answer that was changed, swapped or deleted is named with the keyring at hand, though the chain holds."""
    sentence = tamper(site)
    site.verify_chain(site.outside)
    with pytest.raises(LedgerBroken, match=sentence):
        site.verify(site.outside)


async def erase(site: Site, call_id: str) -> None:
    """Erase a call as its caller may ask for, certificate and all, and sign."""
    async with opened(site.file.parent) as ledger:
        await ledger.erase([site.records.pop(call_id)], "rights.erased", {"records": 1})
        await ledger.checkpoint()


async def test_after_an_erasure_the_whole_chain_still_holds(site: Site) -> None:
    """Law: erasing the salt erases the person, and the proof of everybody else stays."""
    await erase(site, "call-b")
    found = site.verify(site.outside, site.kept_with_the_keys())
    assert found == Verified(rows=ROWS + 1, persons=12, opened=8, certified=4, checkpoints=2)


async def test_a_certificate_covers_what_it_counts_and_no_more(site: Site) -> None:
    """Law: under the certificate for one call nobody hides the answer of another: the rows it may be are named."""
    await erase(site, "call-b")
    _deleted(site)
    with pytest.raises(LedgerBroken, match="2 of the records 5, 6, 11, 12, 13, 14 was changed"):
        site.verify()


async def test_a_certificate_that_somebody_made_up_is_named(site: Site) -> None:
    """Law: who has the file alone takes a call's seals away and certifies it: the call's secret is still there."""
    async with opened(site.file.parent) as ledger:
        await ledger.database.write(lambda c: sealed_rows.delete_record(c, site.records["call-b"]))
        await ledger.note("rights.erased", {"records": 1, "answers": 4})
    with pytest.raises(LedgerBroken, match="a certificate was made up"):
        site.verify()


async def test_the_count_of_a_certificate_cannot_be_changed(site: Site) -> None:
    """Law: a certificate is a row like any other."""
    await erase(site, "call-b")
    site.tamper(f"UPDATE ledger SET body = replace(body, '\"answers\":4', '\"answers\":5') WHERE seq = {ROWS + 1}")
    with pytest.raises(LedgerBroken, match=f"record {ROWS + 1} was changed"):
        site.verify()


async def test_a_certificate_of_no_form_is_named(site: Site) -> None:
    """Law: a row in clear that was made up in another form is named, and is no other error."""
    for body in ("[]", "no", '{"answers":"many"}', '{"signing_key":{}}'):
        commitment = public_commitment(body)
        site.tamper(
            "DELETE FROM checkpoints",
            ("UPDATE ledger SET body = ?, commitment = ? WHERE seq = 2", (body, commitment)),
        )
        site.rehash(2)
        with pytest.raises(LedgerBroken, match="record 2 is not of the form"):
            site.verify_chain()


@pytest.fixture
def stranger() -> Checkpoint:
    """A checkpoint of another site."""
    return sign(3, "a" * 64, "2026-03-01T12:00:00.000Z", Ed25519PrivateKey.generate())


def test_another_sites_checkpoint_does_not_hold_here(site: Site, stranger: Checkpoint) -> None:
    """Law: a checkpoint proves one chain alone."""
    with pytest.raises(LedgerBroken, match="record 3 was written anew"):
        site.verify_chain(stranger)


async def test_a_new_key_that_the_chain_names_signs_from_there_on(site: Site) -> None:
    """Law: after the signing key was renewed what the old one signed still holds, and the new one too."""
    fresh = Ed25519PrivateKey.generate()
    async with opened(site.file.parent) as ledger:
        await ledger.note("keys.renewed", {"signing_key": fresh.public_key().public_bytes_raw().hex()})
        ledger.keys = dataclasses.replace(ledger.keys, signing=fresh)
        await ledger.checkpoint()
    assert site.verify(site.kept_with_the_keys()).checkpoints == 2
    assert site.verify(site.outside).checkpoints == 2
