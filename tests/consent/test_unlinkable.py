"""Holding the SQLite file and the PBX's call records, one can compute no agent's average and no caller's history.

Sixty calls of twelve numbers with six agents are written through the real ledger and store. The attacker then has the
bytes of the file and of its log, and everything that the PBX's call records hold: ids, numbers, agents, moments,
durations, order. The truth, by which the attacks are judged, comes from the keyring, which lies elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from analysis.conversation import PartyFacts
from analysis.delivery import Delivery
from analysis.emotion.score import Estimate, ToneScore, Verdict
from analysis.store.schema import MIGRATIONS as STORE
from analysis.store.scores import Scores
from consent import seals
from consent.database import Database
from consent.entry import Entry
from consent.gate import Gate
from consent.keyring import MIGRATIONS as KEYRING_TABLES
from consent.keyring import Keyring
from consent.keys import KEYRING, make_keys, read_keys
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention, stamp
from consent.states import Answer, Why
from consent.tables import MIGRATIONS as CONSENT
from tests.chance import beats_chance, rank_correlation

CALLS: Final = 60
NUMBERS: Final = tuple(f"+3312345{n:04d}" for n in range(1, 13))
AGENTS: Final = tuple(f"desk-{name}" for name in ("anna", "bela", "carl", "dora", "emil", "fred"))
START: Final = datetime(2026, 3, 2, 8, 0, 0, 123_000, tzinfo=UTC)
FRESH: Final = frozenset({Purpose.FACTS, Purpose.TONE})
NOTICE: Final = Notice(1, "en", "We measure tone.", "ab" * 32, FRESH, Retention(30))
STAFF: Final = Notice(1, "en", "We count.", "cd" * 32, frozenset({Purpose.FACTS}), Retention(30), party=Party.AGENT)
CHANCE: Final = 0.0004
"""An attack that chance alone does as well less often than this has beaten it. There are some hundred and twenty
comparisons here, so that chance alone beats one of them for one layout of the file in twenty (Bonferroni)."""


@dataclass(frozen=True, slots=True)
class Cdr:
    """A row of the PBX's call records."""

    order: int
    uniqueid: str
    src: str
    agent: str
    start: datetime
    duration_s: int

    @property
    def end(self) -> datetime:
        """When it was over."""
        return self.start + timedelta(seconds=self.duration_s)


@dataclass(slots=True)
class Blob:
    """What the attacker sees of one seal, and (for the judge) the call it is of."""

    table: str
    slot: int
    seal_id: bytes
    body: bytes
    offset: int
    cdr: Cdr


@dataclass(slots=True)
class Loot:
    """All that the attacker has, with the truth."""

    cdrs: list[Cdr]
    file: bytes
    log: bytes
    path: Path
    blobs: dict[str, list[Blob]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    """Words and numbers of calls that must be nowhere."""
    measured: list[float] = field(default_factory=list)
    control: list[Blob] = field(default_factory=list)


def call_records(lots: random.Random) -> list[Cdr]:
    """A morning at a call centre: calls overlap, long ones and short ones."""
    records, at = [], START
    for order in range(CALLS):
        at += timedelta(seconds=lots.randint(20, 90), milliseconds=lots.randint(0, 999))
        number, agent = NUMBERS[order * 7 % 12], AGENTS[lots.randrange(6)]
        records.append(Cdr(order, f"{at.timestamp():.0f}.{order}", number, agent, at, lots.randint(20, 900)))
    return records


class Centre:
    """The site while it works: its clock is the call records'."""

    def __init__(self, ledger: Ledger, control: sqlite3.Connection, lots: random.Random) -> None:
        self.now = START
        self.ledger = Ledger(ledger.database, ledger.keyring, ledger.keys, lambda: self.now)
        self.scores = Scores(ledger.database, lambda: self.now)
        self.control, self.lots = control, lots
        self.told: list[str] = []
        self.measured: list[float] = []
        self.bodies: list[bytes] = []

    async def answer(self, cdr: Cdr, answer: Answer, at: datetime) -> None:
        """An answer of a call, as the PBX tells it, with the number's tag."""
        self.now = at
        tag = self.ledger.keys.numbers[0].tag(f"{self.lots.randrange(10**9)}", cdr.src)
        why = Why.CALL_ENDED if answer is Answer.EXPIRED else Why.KEY
        told = (NOTICE.notice_id, NOTICE.language)
        await self.ledger.record(Entry(at, answer, why, cdr.uniqueid, Party.CALLER, *told, "event", tag))
        self.told += [tag, tag.partition("-")[2], stamp(at), stamp(at)[:19]]

    async def ask(self, cdr: Cdr) -> None:
        """The notice, and a yes."""
        await self.answer(cdr, Answer.ASKED, cdr.start)
        await self.answer(cdr, Answer.GRANTED, cdr.start + timedelta(seconds=9))

    async def hang_up(self, cdr: Cdr) -> None:
        """What was measured in the call is written, and sealed with its end: the longer, the more."""
        grants = await Gate(self.ledger).open(cdr.uniqueid, cdr.agent)
        assert grants.agent is not None
        await self.ledger.heard_in(cdr.uniqueid, f"conversation of {cdr.uniqueid}")
        for number in range(max(1, cdr.duration_s // 6)):
            self.now = cdr.start + timedelta(seconds=10 + 6 * number)
            one, other = (self.lots.random() * 0.9 + 0.05 for _ in range(2))
            estimates = (Estimate(one, 0.1), Estimate(other, 0.1))
            verdict: Verdict = ToneScore(6.0 * number, 6.0 * number + 4, *estimates, "model-x")
            await self.scores.keep(grants.caller.admit(verdict))
            self.measured += [one, other]
        facts = PartyFacts(float(cdr.duration_s), cdr.duration_s / 3.1, 0.5, 1.25, 7.5, 2, 9, 0.4375)
        delivery = Delivery(cdr.duration_s / 4 + 10, 4 + one, 6 * other - 3)
        for grant, own in ((grants.caller, replace(facts, delivery=delivery)), (grants.agent, facts)):
            await self.scores.keep_facts(grant, own)
            self.told.append(grant.grant_id)
        await self.answer(cdr, Answer.EXPIRED, cdr.end)
        body = secrets.token_bytes(4124)
        with self.control:
            self.control.execute("INSERT INTO sealed VALUES (?, ?)", (secrets.token_bytes(16), body))
        self.bodies.append(body)
        await self.ledger.close(cdr.uniqueid, self.scores.gather(cdr.uniqueid))


async def work(folder: Path) -> Loot:
    """Let the morning pass, and steal the files while the bridge runs."""
    lots = random.Random(20260302)
    cdrs = call_records(lots)
    make_keys(folder / "keys")
    database = await Database.open(folder / "ouidire.sqlite", [CONSENT, STORE])
    keyring = await Database.open(folder / "keys" / KEYRING, [KEYRING_TABLES])
    control = sqlite3.connect(folder / "control.sqlite")
    control.execute("CREATE TABLE sealed (seal_id BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID")
    ledger = Ledger(database, Keyring(keyring), read_keys(folder / "keys"), lambda: START)
    await ledger.announce([NOTICE, STAFF])
    for agent in AGENTS:
        values = (agent, "x", "2026-01-01")
        await database.write(
            lambda c, v=values: c.execute("INSERT INTO staff (endpoint, pin, added_on) VALUES (?, ?, ?)", v)  # type: ignore[misc]
        )
        await ledger.acknowledge(agent, STAFF.notice_id, START - timedelta(days=3))
    centre = Centre(ledger, control, lots)
    happenings: list[tuple[datetime, int, Callable[[Cdr], object], Cdr]] = []
    for cdr in cdrs:
        happenings += [(cdr.start, cdr.order, centre.ask, cdr), (cdr.end, cdr.order, centre.hang_up, cdr)]
    for _, _, happen, cdr in sorted(happenings, key=lambda one: one[:2]):
        await happen(cdr)  # type: ignore[misc]
    file, log = folder / "ouidire.sqlite", folder / "ouidire.sqlite-wal"
    stolen = await asyncio.to_thread(lambda: (file.read_bytes(), log.read_bytes()))
    loot = Loot(cdrs, *stolen, file, told=centre.told, measured=centre.measured)
    control.close()
    seen = await asyncio.to_thread((folder / "control.sqlite").read_bytes)
    by_end = sorted(cdrs, key=lambda cdr: (cdr.end, cdr.order))
    for cdr, body in zip(by_end, centre.bodies, strict=True):
        loot.control.append(Blob("control", 0, body[:16], body, seen.find(body[-48:]), cdr))
    await _judge(loot, ledger)
    await database.close()
    await keyring.close()
    return loot


async def _judge(loot: Loot, ledger: Ledger) -> None:
    """Find out which blob is whose, from the keyring."""
    owners: dict[bytes, Cdr] = {}
    for cdr in loot.cdrs:
        record = await ledger.keyring.of(ledger.keys.mac("call", cdr.uniqueid))
        assert record is not None
        assert record.derived is not None
        loot.told += [record.record_id, record.number_tag]
        owners |= {seals.seal_id(record.secret, seals.answer_label(n)): cdr for n in range(4)}
        owners |= {seals.seal_id(record.derived, seals.piece_label(n)): cdr for n in range(40)}
    with closing(sqlite3.connect(loot.path)) as connection:
        for table in ("sealed_answers", "sealed_pieces"):
            rows = connection.execute(f"SELECT slot, seal_id, body FROM {table}").fetchall()
            loot.blobs[table] = [
                Blob(table, slot, ident, body, loot.file.find(body[:48]), owners[ident])
                for slot, ident, body in rows
                if ident in owners
            ]


@pytest.fixture(scope="module")
def loot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loot]:
    """The morning, once for all attacks; every lot in it is drawn from a seed."""
    lots = random.Random(20260305)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "token_bytes", lambda count=32: lots.randbytes(count))
        patch.setattr(secrets, "token_hex", lambda count=32: lots.randbytes(count).hex())
        patch.setattr(secrets, "randbelow", lots.randrange)
        yield asyncio.run(work(tmp_path_factory.mktemp("site")))


def ones(data: bytes) -> int:
    """How many bits are set."""
    return int.from_bytes(data, "big").bit_count()


SEEN: Final[dict[str, Callable[[Blob], float]]] = {
    "row": lambda blob: blob.slot,
    "byte in the file": lambda blob: blob.offset,
    "page": lambda blob: blob.offset // 4096,
    "place in its page": lambda blob: blob.offset % 4096,
    "id": lambda blob: int.from_bytes(blob.seal_id[:6], "big"),
    "first bytes": lambda blob: int.from_bytes(blob.body[:6], "big"),
    "last bytes": lambda blob: int.from_bytes(blob.body[-6:], "big"),
    "bits": lambda blob: ones(blob.body),
}
SOUGHT: Final[dict[str, Callable[[Cdr], float]]] = {
    "order": lambda cdr: cdr.order,
    "end": lambda cdr: cdr.end.timestamp(),
    "duration": lambda cdr: cdr.duration_s,
    "agent": lambda cdr: AGENTS.index(cdr.agent),
    "number": lambda cdr: NUMBERS.index(cdr.src),
}


def test_nothing_of_a_call_is_in_the_bytes(loot: Loot) -> None:
    """Law: no id, number, tag, moment, grant, record or measured value of a call, in no byte of the file or its log."""
    seen = loot.file + loot.log
    words = list(loot.told)
    for cdr in loot.cdrs:
        moment = f"{cdr.start.timestamp():.0f}"
        words += [cdr.uniqueid, cdr.src, cdr.src[1:], moment, stamp(cdr.start), stamp(cdr.end), f"of {cdr.uniqueid}"]
    assert len(words) > 1_000
    assert not [word for word in words if word.encode() in seen]
    assert len(loot.measured) > 1_000
    assert not [value for value in loot.measured if struct.pack(">d", value) in seen or repr(value).encode() in seen]
    assert b"model-x" not in seen


def test_an_agent_is_named_as_staff_and_nowhere_else(loot: Loot) -> None:
    """Law: who of staff acknowledged is known; with which call an agent had to do is not: the name is there once."""
    assert {loot.file.count(agent.encode()) for agent in AGENTS} == {1}
    assert loot.log == b""


def test_no_row_is_in_clear_and_all_rows_look_alike(loot: Loot) -> None:
    """Law: what is in progress alone stands in clear; seals and rows of persons are of one form and length."""
    with closing(sqlite3.connect(loot.path)) as connection:
        for table in ("calls", "answers", "grants", "scores", "facts"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
        forms = "SELECT DISTINCT kind, body, length(commitment), length(hash) FROM ledger"
        assert connection.execute(forms).fetchall() == [("person", "", 64, 64)]
        for table, size in (("sealed_answers", seals.ANSWER_BYTES), ("sealed_pieces", seals.PIECE_BYTES)):
            lengths = connection.execute(f"SELECT DISTINCT length(seal_id), length(body) FROM {table}").fetchall()
            assert lengths == [(seals.ID_BYTES, seals.sealed_bytes(size))]
        assert connection.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'sqlite_stat%'").fetchall() == []


def test_every_seal_is_there_once(loot: Loot) -> None:
    """Law: no page that was freed, and no cell that was left, holds an older copy from which a move could be read."""
    blobs = [*loot.blobs["sealed_answers"], *loot.blobs["sealed_pieces"]]
    assert len(blobs) > 240
    assert {loot.file.count(blob.body[:48]) for blob in blobs} == {1}
    assert {loot.file.count(blob.body[-48:]) for blob in blobs} == {1}


@pytest.mark.parametrize("sought", SOUGHT)
@pytest.mark.parametrize("seen", SEEN)
@pytest.mark.parametrize("table", ["sealed_answers", "sealed_pieces"])
def test_nothing_at_rest_goes_with_anything_of_a_call(loot: Loot, table: str, seen: str, sought: str) -> None:
    """Law: (a) neither place nor content of a seal goes with order, end, duration, agent or number of its call."""
    blobs = loot.blobs[table]
    found = rank_correlation([SEEN[seen](b) for b in blobs], [SOUGHT[sought](b.cdr) for b in blobs])
    assert found.p_value > CHANCE, found


def matched(blobs: Sequence[Blob], seen: Callable[[Blob], float], sought: Callable[[Cdr], float]) -> list[Cdr]:
    """The attacker's guess: what comes first here came first there. `blobs` in any order; a call for each."""
    calls = sorted((blob.cdr for blob in blobs), key=sought)
    guesses: list[Cdr] = [calls[0]] * len(blobs)
    for call, place in zip(calls, np.argsort([seen(blob) for blob in blobs], kind="stable"), strict=True):
        guesses[place] = call
    return guesses


@pytest.mark.parametrize("sought", ["order", "end", "duration"])
@pytest.mark.parametrize("seen", ["row", "byte in the file", "id"])
@pytest.mark.parametrize("table", ["sealed_answers", "sealed_pieces"])
def test_no_guess_gives_a_seal_to_its_agent(loot: Loot, table: str, seen: str, sought: str) -> None:
    """Law: (a) one who knows even how many seals each call has, and lays both in order, joins no more of them to their
    calls, or to the agents of these, than one who shuffles.
    """
    blobs = loot.blobs[table]
    guesses = matched(blobs, SEEN[seen], SOUGHT[sought])
    for of in ("order", "agent"):
        right = sum(getattr(one, of) == getattr(blob.cdr, of) for one, blob in zip(guesses, blobs, strict=True))
        truth = [getattr(blob.cdr, of) for blob in blobs]
        p_value = beats_chance(right, [[getattr(one, of)] for one in guesses], truth)
        assert p_value > CHANCE, (right, p_value)


def test_the_same_guess_wins_where_sqlite_keeps_its_order(loot: Loot) -> None:
    """Law: the attack has teeth: on a plain table, random ids and all, the bytes tell every call."""
    blobs = list(loot.control)
    random.Random(1).shuffle(blobs)
    guesses = matched(blobs, SEEN["byte in the file"], SOUGHT["end"])
    right = sum(guess == blob.cdr for guess, blob in zip(guesses, blobs, strict=True))
    assert right > CALLS // 2
    assert beats_chance(right, [[guess] for guess in guesses], [blob.cdr for blob in blobs]) <= CHANCE


ALIKE: Final[dict[str, Callable[[Blob, Blob], float]]] = {
    "rows apart": lambda one, other: abs(one.slot - other.slot),
    "bytes apart": lambda one, other: abs(one.offset - other.offset),
    "bits of the ids": lambda one, other: ones(bytes(a ^ b for a, b in zip(one.seal_id, other.seal_id, strict=True))),
    "bits of the bodies": lambda one, other: ones(
        bytes(a ^ b for a, b in zip(one.body[:256], other.body[:256], strict=True))
    ),
}


@pytest.mark.parametrize("alike", ALIKE)
@pytest.mark.parametrize("table", ["sealed_answers", "sealed_pieces"])
def test_two_calls_of_one_number_are_no_more_alike_than_any(loot: Loot, table: str, alike: str) -> None:
    """Law: (b) seals of calls of one number are no nearer to each other, in no respect, than seals of any two calls;
    numbers are dealt to the calls anew, thousands of times, to know what chance does.
    """
    first = {blob.cdr.order: blob for blob in loot.blobs[table]}
    orders = sorted(first)
    apart = np.zeros((CALLS, CALLS))
    for one, other in combinations(orders, 2):
        apart[one, other] = apart[other, one] = ALIKE[alike](first[one], first[other])
    numbers = np.array([NUMBERS.index(loot.cdrs[order].src) for order in orders])

    def mean_of(dealt: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
        same = np.triu(dealt[:, None] == dealt[None, :], 1)
        return float(apart[same].mean())

    lots = np.random.default_rng(20260304)
    dealt = np.array([mean_of(lots.permutation(numbers)) for _ in range(4_000)])
    off = abs(mean_of(numbers) - dealt.mean())
    assert float((np.abs(dealt - dealt.mean()) >= off).mean()) > CHANCE


def test_no_row_of_the_chain_leads_to_a_seal(loot: Loot) -> None:
    """Law: the chain is in the order of time, and tells so; nothing in it is found again in any seal or its id."""
    with closing(sqlite3.connect(loot.path)) as connection:
        rows = connection.execute("SELECT seq, commitment, hash FROM ledger ORDER BY seq").fetchall()
        places = b"".join(entries for (entries,) in connection.execute("SELECT entries FROM sealed_answers_places"))
    blobs = loot.blobs["sealed_answers"]
    for _, commitment, digest in rows:
        for value in (bytes.fromhex(commitment), bytes.fromhex(digest)):
            assert value[:8] not in places
            assert not any(value[:8] in blob.body or value[:8] in blob.seal_id for blob in blobs)
    by_time = sorted(blobs, key=lambda blob: blob.cdr.start)
    commitments = [int(commitment[:12], 16) for _, commitment, _ in rows][: len(by_time)]
    assert rank_correlation(commitments, [blob.slot for blob in by_time[: len(commitments)]]).p_value > CHANCE


def test_with_the_keyring_it_is_all_there(loot: Loot) -> None:
    """Law: what is noise without the keys is whole with them: the attacks above fail for want of the keyring alone."""
    with closing(sqlite3.connect(loot.path.parent / "keys" / KEYRING)) as connection:
        rows = connection.execute("SELECT derived FROM records WHERE kind = 'call'").fetchall()
    bodies = {blob.seal_id: blob.body for blob in loot.blobs["sealed_pieces"]}
    scores = 0
    for (secret,) in rows:
        pieces = [bodies[i] for n in range(40) if (i := seals.seal_id(secret, seals.piece_label(n))) in bodies]
        scores += len(json.loads(seals.open_derived(secret, pieces))["scores"])
    assert 2 * scores == len(loot.measured)
