"""What is erased is gone: by a person's wish, and at the end of the time for which it was announced. Every file of the
site is searched, byte by byte.
"""

import asyncio
import contextlib
import sqlite3
import struct
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from consent import sealed_rows
from consent.keyring import Record
from consent.keys import KEYRING
from consent.parties import Party
from tests.lab import ear
from tests.lab.installation import Installation
from tests.lab.kept import Kept
from tests.lab.site import Site, open_site
from tests.live.people import Talk, dial, lines, rows, speak

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

LONG_ENOUGH = 9
"""Characters of a number as text: a shorter one is found in any log by chance."""
NUMBERS = {"erased": "0619200001", "expired": "0619200002", "kept": "0619200003"}
RECORDED = ("packets.bin",)
"""Files of the lab itself."""


@dataclass(frozen=True, slots=True)
class Person:
    """What there is to find of one caller, taken while it was there."""

    number: str
    reference: str
    call_id: str
    kept: Kept
    record: Record
    sealed: tuple[bytes, ...]

    def numbers(self) -> Iterator[bytes]:
        """Each measured value as it can be stored: SQLite's own eight bytes, and text."""
        for row in (*self.kept.scores, *self.kept.facts.values()):
            for value in row.values():
                if isinstance(value, float) and len(repr(value)) >= LONG_ENOUGH:
                    yield struct.pack(">d", value)
                    yield repr(value).encode()

    def secrets(self) -> Iterator[bytes]:
        """The keys that open what was sealed, and what stands for the number."""
        for secret in (self.record.secret, self.record.derived or b""):
            yield secret
            yield secret.hex().encode()
        yield self.record.number_tag.encode()

    def everything(self) -> dict[str, list[bytes]]:
        """All of it, by kind."""
        return {
            "measured values": list(self.numbers()),
            "reference": [self.reference.encode(), " ".join(self.reference).encode()],
            "secrets, number's tag": list(self.secrets()),
            "sealed bytes": list(self.sealed),
        }


@dataclass(slots=True)
class Day:
    """All of it."""

    people: dict[str, Person]
    in_clear: bool
    before: dict[str, bytes]
    after: dict[str, bytes]
    certificates: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site of its own."""
    async with open_site(installation, tmp_path_factory.mktemp("site")) as opened:
        for number in (1001, 1002, 1003):
            await opened.agent(number)
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def day(site: Site) -> Day:
    """Three calls; one is erased by its caller's wish, one when its time has come, one is kept."""
    calls = await asyncio.gather(*(_call(site, 1001 + at, number) for at, number in enumerate(NUMBERS.values())))
    in_clear = any(value in _bytes(site)["ouidire.sqlite"] + _bytes(site).get("ouidire.sqlite-wal", b"")
                   for call, _ in calls for value in _floats(site.records.of(call.call_id)))  # fmt: skip
    for call, _ in calls:
        await call.dialled.call.hang_up()
    await site.until("all calls sealed", lambda: not site.records.in_progress())
    people = {name: _person(site, *call) for name, call in zip(NUMBERS, calls, strict=True)}
    before = _bytes(site)
    code, words = await site.service.command("rights", "erase", people["erased"].reference)
    assert code == 0, words
    await site.service.stop()
    _let_time_pass(site, people["expired"].record)
    await site.service.start()
    await site.until("the janitor's run", lambda: site.records.file.record_of(people["expired"].call_id) is None)
    await asyncio.sleep(1)
    code, words = await site.service.command("ledger", "verify")
    assert code == 0, words
    code, public = await site.service.command("ledger", "show")
    assert code == 0, public
    made = Day(people, in_clear, before, _bytes(site), public.splitlines())
    _print(made)
    return made


async def _call(site: Site, agent: int, number: str) -> tuple[Talk, str]:
    """A call that goes on, of which the tone was measured; and its reference, as it was heard."""
    dialled = await dial(site, f"5{agent}", number)
    await dialled.say_yes()
    met = await dialled.met(agent)
    reference = ear.reference(dialled.call.stream.heard(), "en")
    await met.heard()
    speak(dialled.call, lines(Party.CALLER)[:5])
    await site.until("a score", lambda: site.records.derived(met.call_id).scores > 0, 40)
    return met, reference


def _floats(kept: Kept) -> Iterator[bytes]:
    for row in kept.scores:
        if row["kind"] == "tone":
            yield struct.pack(">d", row["activation"])


def _person(site: Site, met: Talk, reference: str) -> Person:
    record = site.records.file.record_of(met.call_id)
    assert record is not None
    with site.records.file.opened() as connection:
        ids = list(sealed_rows.ids_of(connection, record))
        query = "SELECT body FROM sealed WHERE seal_id = ?"
        sealed = tuple(connection.execute(query, (one,)).fetchone()[0] for one in ids)
    kept = site.records.of(met.call_id)
    return Person(met.dialled.phone.number, reference, met.call_id, kept, record, sealed)


def _let_time_pass(site: Site, record: Record) -> None:
    """As if the call had been long ago: the days on which it goes are past."""
    with contextlib.closing(sqlite3.connect(site.service.keys / KEYRING)) as connection, connection:
        connection.execute(
            "UPDATE records SET opened_on = '2025-12-01', derived_goes_on = '2026-01-01', goes_on = '2026-01-01'"
            " WHERE record_id = ?",
            (record.record_id,),
        )


def _bytes(site: Site) -> dict[str, bytes]:
    """Every file that the product or the PBX has written, by name: databases with what SQLite keeps beside them, logs,
    call records, the PBX's own database.
    """
    folders = (site.service.database.parent, site.service.keys)
    files = {file for folder in folders for file in folder.rglob("*") if file.is_file() and file.name not in RECORDED}
    return {_name(file, folders): file.read_bytes() for file in sorted(files)}


def _name(file: Path, folders: tuple[Path, ...]) -> str:
    return str(next(file.relative_to(folder) for folder in folders if file.is_relative_to(folder)))


def _found(files: dict[str, bytes], wanted: list[bytes]) -> set[str]:
    return {name for name, content in files.items() if any(one and one in content for one in wanted)}


def _print(day: Day) -> None:
    rows(
        ("searched", "bytes"),
        ("files before", sum(map(len, day.before.values()))),
        ("files after", sum(map(len, day.after.values()))),
    )
    rows(
        ("person", "what", "values", "found before in", "found after in"),
        *(
            (name, kind, len(values), ", ".join(sorted(_found(day.before, values))) or "-",
             ", ".join(sorted(_found(day.after, values))) or "-")
            for name, person in day.people.items()
            for kind, values in person.everything().items()
        ),
    )  # fmt: skip


async def test_there_was_something_to_find(day: Day) -> None:
    """The search is able to find: measured values stood in clear during the call, secrets and seals after it; of the
    call that is kept they still do.
    """
    assert day.in_clear
    for person in day.people.values():
        kinds = person.everything()
        assert len(kinds["measured values"]) > 4
        assert len(person.reference) == 14
        assert "ouidire.sqlite" in _found(day.before, kinds["sealed bytes"])
        assert KEYRING in {name.removesuffix("-wal") for name in _found(day.before, [person.record.secret])}
    kept = day.people["kept"]
    assert _found(day.after, list(kept.sealed))
    assert _found(day.after, [kept.record.secret])


@pytest.mark.parametrize("who", ["erased", "expired"])
async def test_nothing_of_it_is_found_in_any_file(day: Day, who: str) -> None:
    """No measured value, no reference, no secret, no sealed byte: not in a database, its WAL or journal, our log, the
    PBX's full log, its CDR and CEL, its own database.
    """
    for kind, values in day.people[who].everything().items():
        assert _found(day.after, values) == set(), kind


async def test_what_is_sealed_is_not_in_clear(day: Day) -> None:
    """Of a call that is kept too: after hang-up no measured value and no reference is found anywhere."""
    kinds = day.people["kept"].everything()
    for kind in ("measured values", "reference"):
        assert _found(day.after, kinds[kind]) == set(), kind


async def test_no_callers_number_is_in_a_file_of_ours(site: Site, day: Day) -> None:
    """Neither as it was dialled nor without its zero; the PBX's own call records have it, with or without us."""
    ours = {name: content for name, content in day.after.items() if not name.startswith("pbx/")}
    ours |= {name: content for name, content in day.after.items() if "astdb" in name}
    assert {"ouidire.sqlite", KEYRING, "bridge.log"} <= set(ours)
    for person in day.people.values():
        assert _found(ours, [person.number.encode(), person.number[1:].encode()]) == set()
    numbers = [person.number.encode() for person in day.people.values()]
    assert any(name.endswith("Master.csv") for name in _found(day.after, numbers))


async def test_each_deletion_leaves_a_certificate(day: Day) -> None:
    """In the public records: an erasure and a deletion on time, with counts and without a person's data."""
    text = "\n".join(day.certificates)
    assert "rights.erased" in text
    assert "retention" in text
    for person in day.people.values():
        for word in (person.number, person.reference, person.call_id, person.record.record_id):
            assert word not in text
