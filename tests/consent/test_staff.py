"""Agents and their acknowledgement."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from consent import staff as staff_module
from consent.database import Database
from consent.errors import InvalidValue, NotGranted, TooManyTries
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.reconciliation import reconcile
from consent.staff import LOCK, MAX_WRONG, Agent, Staff, add, agents, leave, remove, reset
from tests.conftest import AGENTS, Callers

TODAY = date(2026, 11, 22)


class Bench:
    """The desk, a clock, and how often calls were told to obey."""

    def __init__(self, ledger: Ledger, notice_id: str) -> None:
        self.now = datetime.now(UTC)
        self.obeyed = 0
        self.ledger = ledger
        self.staff = Staff(ledger, {"en": notice_id}, self.days, self.obey, lambda: self.now)

    async def days(self) -> dict[str, date]:
        """Of the site."""
        return {"council": TODAY}

    async def obey(self) -> None:
        """Counted."""
        self.obeyed += 1

    async def add(self, endpoint: str = "1009") -> str:
        """A new agent; the PIN."""
        return await self.ledger.database.write(lambda c: add(c, self.ledger.keys, endpoint, TODAY))

    async def all(self) -> dict[str, Agent]:
        """The agents by name."""
        return {one.endpoint: one for one in await self.ledger.database.read(lambda c: agents(c, self.now))}


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hash that costs nothing; one test takes the real one."""
    monkeypatch.setattr(staff_module, "_COST", 2)
    monkeypatch.setattr(staff_module, "_LANES", 1)


@pytest.fixture
def bench(ledger: Ledger, staff_notice: Notice) -> Bench:
    """One."""
    return Bench(ledger, staff_notice.notice_id)


async def test_a_pin_is_told_once_and_kept_as_a_hash(
    bench: Bench, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: six digits that no file holds; hashed slowly, with a salt, and with a pepper that lies elsewhere."""
    monkeypatch.undo()
    pin = await bench.add()
    assert len(pin) == 6
    assert pin.isdigit()
    [(kept,)] = await database.read(lambda c: c.execute("SELECT pin FROM staff WHERE endpoint = '1009'").fetchall())
    assert pin not in kept
    assert await bench.staff.check_pin("1009", pin)
    assert not await bench.staff.check_pin("1009", f"{(int(pin) + 1) % 10**6:06d}")
    pinned = await bench.ledger.database.write(lambda c: reset(c, bench.ledger.keys, "1009"))
    assert await bench.staff.check_pin("1009", pinned)


async def test_one_agents_pin_is_not_anothers(bench: Bench, database: Database) -> None:
    """Law: a hash copied to another endpoint in the file opens nothing there: the endpoint is in it."""
    pin = await bench.add("1008")
    await bench.add("1009")
    await database.write(
        lambda c: c.execute(
            "UPDATE staff SET pin = (SELECT pin FROM staff WHERE endpoint = '1008') WHERE endpoint = '1009'"
        )
    )
    assert not await bench.staff.check_pin("1009", pin)
    assert await bench.staff.check_pin("1008", pin)


async def test_nobody_has_no_pin(bench: Bench) -> None:
    """Law: an endpoint that is no agent, or an agent without a PIN of ours, is let in by nothing."""
    assert not await bench.staff.check_pin("1999", "123456")
    assert not await bench.staff.check_pin(AGENTS[0], "x")


async def test_wrong_tries_are_limited(bench: Bench) -> None:
    """Law: five wrong tries in a row, and for an hour not even the right PIN is taken, in another call too."""
    pin = await bench.add()
    wrong = f"{(int(pin) + 1) % 10**6:06d}"
    for _ in range(MAX_WRONG - 1):
        assert not await bench.staff.check_pin("1009", wrong)
    assert await bench.staff.check_pin("1009", pin)  # and the count begins anew
    for _ in range(MAX_WRONG):
        assert not await bench.staff.check_pin("1009", wrong)
    with pytest.raises(TooManyTries):
        await bench.staff.check_pin("1009", pin)
    assert (await bench.all())["1009"].is_locked
    bench.now += LOCK - timedelta(seconds=1)
    again = Staff(bench.ledger, {}, bench.days, bench.obey, lambda: bench.now)  # a bridge that was started anew
    with pytest.raises(TooManyTries):
        await again.check_pin("1009", pin)
    bench.now += timedelta(seconds=2)
    assert await again.check_pin("1009", pin)


async def test_many_tries_at_once_gain_nothing(bench: Bench) -> None:
    """Law: a try counts before it is looked at."""
    pin = await bench.add()
    wrong = f"{(int(pin) + 1) % 10**6:06d}"
    tries = [bench.staff.check_pin("1009", wrong) for _ in range(3 * MAX_WRONG)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert outcomes.count(False) == MAX_WRONG
    assert sum(isinstance(outcome, TooManyTries) for outcome in outcomes) == 2 * MAX_WRONG


async def test_a_new_pin_opens_a_lock(bench: Bench) -> None:
    """Law: the admin helps an agent who forgot it; the old PIN is worth nothing then."""
    pin = await bench.add()
    wrong = f"{(int(pin) + 1) % 10**6:06d}"
    for _ in range(MAX_WRONG):
        await bench.staff.check_pin("1009", wrong)
    new = await bench.ledger.database.write(lambda c: reset(c, bench.ledger.keys, "1009"))
    assert await bench.staff.check_pin("1009", new)
    assert new == pin or not await bench.staff.check_pin("1009", pin)


async def test_an_acknowledgement_opens_the_agents_leg(bench: Bench, callers: Callers) -> None:
    """Law: no grant of an agent without an acknowledgement; with it there is one; taken back there is none again."""
    await bench.add()
    await callers.says_yes("call-1")
    with pytest.raises(NotGranted):
        await bench.ledger.strike("call-1", Party.AGENT, "1009")
    assert not await bench.staff.has_acknowledged("1009")
    assert await bench.staff.receipt("1009") is None
    await bench.staff.acknowledge("1009", "en_GB")
    assert await bench.staff.has_acknowledged("1009")
    assert await bench.staff.receipt("1009") == bench.now.date()
    bench.now += timedelta(seconds=1)
    assert (await callers.gate.open("call-1", "1009")).agent is not None
    assert await bench.staff.withdraw("1009")
    assert bench.obeyed == 1
    assert not await bench.staff.has_acknowledged("1009")
    await callers.says_yes("call-2")
    assert (await callers.gate.open("call-2", "1009")).agent is None
    assert not await bench.staff.withdraw("1009")


async def test_a_changed_notice_needs_a_new_acknowledgement(bench: Bench, callers: Callers) -> None:
    """Law: what was not heard is not agreed to: after the notice changed no agent's leg is heard until it was."""
    assert await bench.staff.has_acknowledged(AGENTS[0])
    assert await bench.staff.lapse_outdated() == 0
    changed = Staff(bench.ledger, {"en": "0" * 16}, bench.days, bench.obey, lambda: bench.now)
    assert not await changed.has_acknowledged(AGENTS[0])
    assert await changed.lapse_outdated() == len(AGENTS)
    assert (await callers.says_yes("call-1")).agent is None


async def test_a_notice_that_is_not_there_cannot_be_acknowledged(bench: Bench) -> None:
    """Law: only the notice of the language that was heard; there is no other in its place."""
    with pytest.raises(InvalidValue, match="'fr'"):
        await bench.staff.acknowledge(AGENTS[0], "fr")


async def test_an_agent_who_was_removed_is_not_heard(bench: Bench, callers: Callers) -> None:
    """Law: without a line in the table there is no leg to hear, and no PIN."""
    await bench.ledger.database.write(lambda c: remove(c, AGENTS[0]))
    assert (await callers.says_yes("call-1")).agent is None
    assert AGENTS[0] not in await bench.all()


async def test_an_older_file_does_not_bring_a_removed_agent_back(bench: Bench, callers: Callers) -> None:
    """Law: who left is not heard after a backup is put back either: that it ended stands with the keys."""
    names = "endpoint, pin, added_on, notice_id, since, until"
    row = await bench.ledger.database.read(
        lambda c: c.execute(f"SELECT {names} FROM staff WHERE endpoint = ?", AGENTS[:1]).fetchone()
    )
    await leave(bench.ledger, AGENTS[0])
    await bench.ledger.database.write(
        lambda c: c.execute(f"INSERT INTO staff ({names}) VALUES (?, ?, ?, ?, ?, ?)", row)
    )
    assert await bench.staff.has_acknowledged(AGENTS[0])
    await reconcile(bench.ledger, lambda _: lambda _: b"")
    assert not await bench.staff.has_acknowledged(AGENTS[0])
    assert (await callers.says_yes()).agent is None
    with pytest.raises(InvalidValue):
        await leave(bench.ledger, "1999")


@pytest.mark.parametrize("endpoint", ["", "a b", "x" * 101, "1001\n", "a/b", "é"])
async def test_odd_names_are_refused(bench: Bench, endpoint: str) -> None:
    """Law: what cannot be the name of an endpoint is a sentence."""
    with pytest.raises(InvalidValue):
        await bench.add(endpoint)


async def test_who_is_there_twice_or_not_at_all_is_said(bench: Bench) -> None:
    """Law: a PIN is never silently replaced, and nobody is changed who is not there."""
    with pytest.raises(InvalidValue, match="reset"):
        await bench.add(AGENTS[0])
    for change in (lambda c: reset(c, bench.ledger.keys, "1999"), lambda c: remove(c, "1999")):
        with pytest.raises(InvalidValue, match="no agent"):
            await bench.ledger.database.write(change)


async def test_the_admin_sees_days_and_no_more(bench: Bench) -> None:
    """Law: the list says who has acknowledged which notice since which day, never a PIN or its hash."""
    listed = (await bench.all())[AGENTS[0]]
    assert listed.since == datetime.now(UTC).date().isoformat()
    assert listed.until > listed.since
    assert not listed.withdrawn_on
    assert not hasattr(listed, "pin")
    assert await bench.staff.site_facts() == {"council": TODAY}
