"""What the line for staff has done."""

from datetime import date

import pytest

from ari_bridge.lines.staff_clerk import StaffClerk
from ari_bridge.pbx.port import Line, LineEntered
from consent.line import Event
from consent.staff_line import SCRIPT, Effect, State
from tests.fakes.desks import PIN, FakeStaff
from tests.fakes.pbx import FakePbx


class Bench:
    """A clerk for agent 1001."""

    def __init__(self) -> None:
        self.pbx = FakePbx()
        self.desk = FakeStaff()
        caller = LineEntered("1.1", Line.STAFF, "", "1001", "fr")
        self.clerk = StaffClerk(self.pbx, self.desk, caller, "1001")


@pytest.fixture
def bench() -> Bench:
    """One."""
    return Bench()


async def test_a_pin_is_checked_for_the_leg_that_calls(bench: Bench) -> None:
    """Law: right and wrong as the desk says, for this endpoint; what was acknowledged before is known."""
    assert await bench.clerk.carry_out(Effect.CHECK_PIN, "000000") is Event.WRONG
    assert await bench.clerk.carry_out(Effect.CHECK_PIN, PIN) is Event.DONE
    bench.desk.acknowledged = date(2026, 1, 1)
    assert await bench.clerk.carry_out(Effect.CHECK_PIN, PIN) is Event.KNOWN
    assert bench.desk.asked[-1] == ("pin", "1001", PIN)


async def test_acknowledge_read_and_take_back(bench: Bench) -> None:
    """Law: the receipt reads the day of what holds; what was taken back is nothing."""
    assert await bench.clerk.carry_out(Effect.READ_RECEIPT, "") is Event.NOTHING
    assert await bench.clerk.carry_out(Effect.ACKNOWLEDGE, "") is Event.DONE
    assert ("acknowledge", "1001", "fr") in bench.desk.asked
    assert await bench.clerk.carry_out(Effect.READ_RECEIPT, "") is Event.DONE
    assert SCRIPT.prompts_of(State.RECEIPT, bench.clerk.facts) == ("staff_receipt", *"22112026")
    assert await bench.clerk.carry_out(Effect.WITHDRAW, "") is Event.DONE
    assert await bench.clerk.carry_out(Effect.WITHDRAW, "") is Event.NOTHING


async def test_the_sites_days_are_said_as_far_as_they_are_known(bench: Bench) -> None:
    """Law: what is on record is said with what it is; what is not is left out, and nothing at all is said as that."""
    assert await bench.clerk.carry_out(Effect.GATHER_FACTS, "") is Event.NOTHING
    bench.desk.days = {"change": date(2026, 11, 1), "assessment": date(2026, 1, 2), "more": date(2026, 1, 3)}
    assert await bench.clerk.carry_out(Effect.GATHER_FACTS, "") is Event.DONE
    said = SCRIPT.prompts_of(State.SITE, bench.clerk.facts)
    assert said == ("staff_site_assessment", *"02012026", "staff_site_change", *"01112026")


async def test_hanging_up(bench: Bench) -> None:
    """Law: the caller's own channel alone."""
    await bench.clerk.carry_out(Effect.HANG_UP, "")
    assert bench.pbx.hung_up == ["1.1"]
