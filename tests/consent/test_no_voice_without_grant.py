"""No sequence of events yields audio to the engine without a live grant.

Real files, a real ledger, gate and engine; a model beside them that knows only what people said, and which of the two
files holds it: each file may be put back as an older copy, lost or locked, the bridge may die at any point, the clock
may be set, the PBX may tell everything twice, in any order, and long after the call.
"""

from __future__ import annotations

import asyncio
import copy
import shutil
import sqlite3
import tempfile
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.audio import AudioFrame
from analysis.engine.engine import Engine
from analysis.store.schema import MIGRATIONS as STORE
from analysis.store.scores import Scores
from consent import database as database_module
from consent.database import Database
from consent.entry import ENDINGS, Entry
from consent.errors import DatabaseUnavailable, KeysMissing, NotGranted, Withdrawn
from consent.gate import Gate
from consent.grant import Consented, ConsentGrant
from consent.keyring import MIGRATIONS as KEYRING_TABLES
from consent.keyring import Keyring
from consent.keys import KEYRING, make_keys, read_keys
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.reconciliation import reconcile
from consent.retention import Retention
from consent.states import Answer, Why
from consent.tables import MIGRATIONS as CONSENT
from tests.fakes.speech_detector import LoudnessDetector
from tests.fakes.tone_model import RememberingTone

NOTICE = Notice(1, "en", "We measure tone.", "ab" * 32, frozenset({Purpose.FACTS, Purpose.TONE}), Retention(7, 30))
STAFF = Notice(1, "en", "We count talk.", "cd" * 32, frozenset({Purpose.FACTS}), Retention(7, 30), party=Party.AGENT)
FRAME: Final = AudioFrame(0, 16_000, np.ones(320, dtype=np.int16))
CALLS: Final = ("1.1", "2.1")
AGENTS: Final = ("1001", "1002")
START: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Known:
    """What one store, or the process, holds: of calls that ended, of agents' words, of the latest day."""

    ended: set[str] = field(default_factory=set)
    word_until: dict[str, date] = field(default_factory=dict)
    taken_back: set[tuple[str, int]] = field(default_factory=set)
    latest: date = date.min


@dataclass
class Truth:
    """What people said, as far as anybody can still know it. It errs on the side of a yes: it is a bound."""

    yes: set[str] = field(default_factory=set)
    file: Known = field(default_factory=Known)
    keyring: Known = field(default_factory=Known)
    process: Known = field(default_factory=Known)

    def may_be_heard(self, call_id: str) -> bool:
        """A yes was told, and no ending that the process, the file or the keyring could know of."""
        ended = self.file.ended | self.keyring.ended | self.process.ended
        return call_id in self.yes and call_id not in ended

    def may_hear_agent(self, endpoint: str, today: date) -> bool:
        """The agent's word is in the file, and nothing says that it was taken back or has run out."""
        until = self.file.word_until.get(endpoint)
        gone = self.process.taken_back | self.keyring.taken_back
        seen = max(today, self.keyring.latest)
        return until is not None and seen < until and not any(one == endpoint for one, _ in gone)


class World:
    """One site, its people and its accidents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file, self.keys = folder / "a" / "ouidire.sqlite", folder / "keys"
        self.file.parent.mkdir()
        make_keys(self.keys)
        self.now = START
        self.truth = Truth()
        self.copies: dict[str, tuple[Path, Known]] = {}
        self.heard = 0
        self.stack = AsyncExitStack()
        self.ledger: Ledger | None = None
        self.engine = Engine(LoudnessDetector(), RememberingTone(), lambda _: None)
        self.grants: list[ConsentGrant] = []
        self.queued: list[tuple[ConsentGrant, Consented[AudioFrame]]] = []

    async def start(self) -> None:
        """Start the bridge; a keyring that does not fit the file is a reason not to."""
        self.truth.process = Known()
        self.grants, self.queued = [], []
        self.engine = Engine(LoudnessDetector(), RememberingTone(), lambda _: None)
        database = await Database.open(self.file, [CONSENT, STORE])
        self.stack.push_async_callback(database.close)
        keyring = await Database.open(self.keys / KEYRING, [KEYRING_TABLES])
        self.stack.push_async_callback(keyring.close)
        ledger = Ledger(database, Keyring(keyring), read_keys(self.keys), lambda: self.now)
        try:
            await reconcile(ledger, Scores(database).gather)
        except KeysMissing:
            await self.die()
            return
        await ledger.announce([NOTICE, STAFF])
        for endpoint in AGENTS:
            await database.write(
                lambda c, who=endpoint: c.execute(  # type: ignore[misc]
                    "INSERT OR IGNORE INTO staff (endpoint, pin, added_on) VALUES (?, 'x', '2026-01-01')", (who,)
                )
            )
        self.ledger = ledger

    async def die(self) -> None:
        """The bridge is gone, at once."""
        self.ledger = None
        await self.stack.aclose()

    # What happens.

    async def tell(self, call_id: str, answer: Answer, is_locked: bool) -> None:
        """An answer reaches the bridge: while the file is locked, it cannot be written."""
        if self.ledger is None:
            return
        if answer is Answer.GRANTED:
            self.truth.yes.add(call_id)
        party = Party.AGENT if answer is Answer.OBJECTED else Party.CALLER
        entry = Entry(self.now, answer, Why.KEY, call_id, party, NOTICE.notice_id, "en", "event")
        if answer in ENDINGS:
            self.truth.process.ended.add(call_id)
        if not is_locked:
            await self.ledger.record(entry)
            if answer in ENDINGS:
                self.truth.file.ended.add(call_id)
                self.truth.keyring.ended.add(call_id)
            return
        other = sqlite3.connect(self.file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with suppress(DatabaseUnavailable):
            await self.ledger.record(entry)
        other.close()
        if answer in ENDINGS:
            self.truth.keyring.ended.add(call_id)

    async def stop(self, call_id: str) -> None:
        """A stop reaches the gate, and the bridge dies before it is written."""
        if self.ledger is not None:
            Gate(self.ledger).end(call_id, Answer.WITHDRAWN)
            self.truth.process.ended.add(call_id)

    async def seal(self, call_id: str) -> None:
        """The call is over."""
        if self.ledger is not None and call_id in await self.ledger.open_calls():
            await self.ledger.close(call_id, Scores(self.ledger.database).gather(call_id))
            for known in (self.truth.file, self.truth.keyring):
                known.ended.add(call_id)

    async def acknowledge(self, endpoint: str) -> None:
        """An agent hears the notice to staff and agrees."""
        if self.ledger is not None:
            self.now += timedelta(milliseconds=1)
            await self.ledger.acknowledge(endpoint, STAFF.notice_id, self.now)
            self.truth.file.word_until[endpoint] = STAFF.retention.records_go_on(self.now.date())
            for known in (self.truth.process, self.truth.keyring):
                known.taken_back = {one for one in known.taken_back if one[0] != endpoint}

    async def take_back(self, endpoint: str) -> None:
        """An agent takes it back."""
        if self.ledger is not None and await self.ledger.withdraw_acknowledgement(endpoint, self.now):
            self.truth.file.word_until.pop(endpoint, None)
            for known in (self.truth.process, self.truth.keyring):
                known.taken_back.add((endpoint, 0))

    async def back_up(self, what: str) -> None:
        """Copy the file or the keyring, as an admin does at night."""
        await self.die()
        source = self.file if what == "file" else self.keys / KEYRING
        target = self.folder / f"{what}.copy"
        shutil.copyfile(source, target)
        self.copies[what] = (target, copy.deepcopy(getattr(self.truth, what)))
        await self.start()

    async def put_back(self, what: str) -> None:
        """Put an older copy in its place; nothing is heard where it does not fit, and the newest is put back then."""
        if what not in self.copies:
            return
        await self.die()
        place = self.file if what == "file" else self.keys / KEYRING
        newest, before = self.folder / "newest", copy.deepcopy(getattr(self.truth, what))
        shutil.copyfile(place, newest)
        older, known = self.copies[what]
        shutil.copyfile(older, place)
        setattr(self.truth, what, copy.deepcopy(known))
        await self.start()
        if self.ledger is None:
            shutil.copyfile(newest, place)
            setattr(self.truth, what, before)
            await self.start()

    async def lose_the_keyring(self) -> None:
        """Somebody deletes it: a bridge that has recorded anything does not serve then."""
        await self.die()
        place = self.keys / KEYRING
        shutil.copyfile(place, self.folder / "lost")
        place.unlink()
        await self.start()
        with closing(sqlite3.connect(self.file)) as connection:
            counted = connection.execute("SELECT value FROM counts WHERE name = 'opened'").fetchone()
        assert (self.ledger is None) == bool(counted and counted[0])
        await self.die()
        shutil.copyfile(self.folder / "lost", place)
        await self.start()

    async def attempt(self) -> None:
        """Whoever can tries to have everybody heard: new grants, old ones, and sound that waited."""
        if self.ledger is None:
            return
        for call_id in CALLS:
            for endpoint in AGENTS:
                await self._strike(call_id, endpoint)
        for grant, frame in self.queued:
            self._hear(grant, frame)
        for grant in self.grants:
            with suppress(Withdrawn):
                self.queued.append((grant, grant.admit(FRAME)))
                self._hear(*self.queued[-1])

    async def _strike(self, call_id: str, endpoint: str) -> None:
        assert self.ledger is not None
        may_hear_agent = self.truth.may_hear_agent(endpoint, self.now.date())
        self.truth.keyring.latest = max(self.truth.keyring.latest, self.now.date())
        try:
            grants = await Gate(self.ledger).open(call_id, endpoint)
        except NotGranted:
            return
        assert self.truth.may_be_heard(call_id), f"{call_id} is granted"
        if grants.agent is not None:
            assert may_hear_agent, f"{endpoint} is granted"
            assert grants.agent.purposes == {Purpose.FACTS}
        self.grants += [grant for grant in (grants.caller, grants.agent) if grant is not None]

    def _hear(self, grant: ConsentGrant, frame: Consented[AudioFrame]) -> None:
        before = self.engine.stats().frames
        self.engine.hear(frame)
        if self.engine.stats().frames > before:
            self.heard += 1
            assert self.truth.may_be_heard(grant.call_id), f"{grant.call_id} is heard"

    async def run(self, story: list[tuple[object, ...]]) -> int:
        """Play a story, with an attempt after each event; how many frames were heard."""
        try:
            await self.start()
            for name, *rest in story:
                await getattr(self, str(name))(*rest)
                await self.attempt()
        finally:
            await self.die()
        return self.heard

    async def set_clock(self, days: int) -> None:
        """Somebody sets the clock, on or back."""
        self.now += timedelta(days=days)

    async def restart(self) -> None:
        """The bridge dies and comes back."""
        await self.die()
        await self.start()


CALL = st.sampled_from(CALLS)
AGENT = st.sampled_from(AGENTS)
WHAT = st.sampled_from(["file", "keyring"])
EVENT = st.one_of(
    st.tuples(st.just("tell"), CALL, st.just(Answer.GRANTED), st.just(False)),
    st.tuples(st.just("tell"), CALL, st.sampled_from(list(Answer)), st.booleans()),
    st.tuples(st.just("stop"), CALL),
    st.tuples(st.just("seal"), CALL),
    st.tuples(st.just("acknowledge"), AGENT),
    st.tuples(st.just("take_back"), AGENT),
    st.tuples(st.just("back_up"), WHAT),
    st.tuples(st.just("put_back"), WHAT),
    st.tuples(st.just("restart")),
    st.tuples(st.just("lose_the_keyring")),
    st.tuples(st.just("set_clock"), st.sampled_from([-400, -1, 1, 29, 400])),
)
YES = ("tell", "1.1", Answer.GRANTED, False)
NO_MORE = ("tell", "1.1", Answer.WITHDRAWN, False)
TOLD = ("acknowledge", "1001")
KNOWN_STORIES: Final[dict[str, tuple[list[tuple[object, ...]], bool]]] = {
    "a yes is heard": ([YES], True),
    "a yes and an agent who was told are heard": ([TOLD, YES], True),
    "nothing without a yes": ([TOLD, ("tell", "1.1", Answer.ASKED, False)], False),
    "a no": ([("tell", "1.1", Answer.REFUSED, False), YES], False),
    "a file from before the stop": ([("back_up", "file"), YES, ("restart",)], True),
}


def play(story: list[tuple[object, ...]]) -> int:
    """A story in a world of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(World(Path(folder)).run(story))


@pytest.fixture(autouse=True, scope="module")
def quick() -> object:
    """No waiting for the disk or for a lock: neither is what is proven here."""
    pragmas, timeout = database_module._PRAGMAS, database_module.BUSY_TIMEOUT_MS
    faster = tuple(one.replace("synchronous=FULL", "synchronous=OFF") for one in pragmas)
    database_module._PRAGMAS, database_module.BUSY_TIMEOUT_MS = faster, 1  # type: ignore[assignment, misc]
    yield
    database_module._PRAGMAS, database_module.BUSY_TIMEOUT_MS = pragmas, timeout  # type: ignore[misc]


@pytest.mark.parametrize("name", KNOWN_STORIES)
def test_known_stories(name: str) -> None:
    """Law: what may be heard is heard, so that the proof below is not one of deafness."""
    story, is_heard = KNOWN_STORIES[name]
    assert (play(story) > 0) == is_heard


@pytest.mark.parametrize(
    "between",
    [
        [NO_MORE, ("put_back", "file")],
        [NO_MORE, ("seal", "1.1"), ("put_back", "file"), YES],
        [NO_MORE, ("put_back", "keyring"), ("restart",)],
        [("tell", "1.1", Answer.WITHDRAWN, True), ("restart",)],
        [("tell", "1.1", Answer.WITHDRAWN, True), ("restart",), YES],
        [("stop", "1.1"), YES, YES],
        [("tell", "1.1", Answer.EXPIRED, False), ("seal", "1.1"), ("restart",), YES],
        [("tell", "1.1", Answer.OBJECTED, False), ("put_back", "file"), YES, ("restart",), YES],
    ],
    ids=lambda story: " ".join(str(one[0]) for one in story),
)
def test_no_older_copy_brings_a_yes_back(between: list[tuple[object, ...]]) -> None:
    """Law: with a copy made in the middle of the call, nothing is heard after the stop: neither the copy nor a restart
    nor the same yes told once more makes anything of it.
    """
    begun: list[tuple[object, ...]] = [TOLD, YES, ("back_up", "file"), ("back_up", "keyring")]
    heard = play(begun)
    assert heard > 0
    assert play([*begun, *between]) == heard


@settings(max_examples=150, deadline=None)
@given(st.lists(EVENT, min_size=1, max_size=16))
def test_no_sequence_yields_audio_without_a_live_grant(story: list[tuple[object, ...]]) -> None:
    """Law: no grant, no voice, whatever happens in whatever order."""
    play(story)
