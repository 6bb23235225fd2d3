"""What the line of rights has done."""

from datetime import date

import pytest

from ari_bridge.lines.rights_clerk import RightsClerk
from ari_bridge.pbx.port import Line, LineEntered
from consent.line import Event
from consent.rights_line import SCRIPT, Effect, State
from tests.fakes.desks import KNOWN, FakeKept, FakeRights
from tests.fakes.pbx import FakePbx


class Bench:
    """A clerk for a caller with a number, or without."""

    def __init__(self, number: str = "0612") -> None:
        self.pbx = FakePbx()
        self.desk = FakeRights()
        self.clerk = RightsClerk(self.pbx, self.desk, LineEntered("1.1", Line.RIGHTS, number, "trunk", "en"))


async def test_the_own_number_is_stopped() -> None:
    """Law: the number that the PBX names is stopped, no other; who forged it does not learn whether it ever called."""
    bench = Bench()
    assert await bench.clerk.carry_out(Effect.STOP_NUMBER, "") is Event.DONE
    bench.desk.calls = 0
    assert await bench.clerk.carry_out(Effect.STOP_NUMBER, "") is Event.DONE
    assert bench.desk.asked == [("stop", "0612")] * 2


@pytest.mark.parametrize("effect", [Effect.STOP_NUMBER, Effect.QUIET])
async def test_a_withheld_number_is_nobodys(effect: Effect) -> None:
    """Law: without a number the desk is not even asked: it would stop everybody whose number is withheld."""
    bench = Bench("")
    assert await bench.clerk.carry_out(effect, "") is Event.STRANGER
    assert bench.desk.asked == bench.pbx.sent == []
    await bench.clerk.carry_out(Effect.LOOK_UP, KNOWN)
    assert bench.desk.asked == [("look up", KNOWN, "line")]


async def test_the_dialplan_is_told_to_ask_no_more() -> None:
    """Law: whom not to ask is written by the PBX, which knows the number; no variable of ours goes before."""
    bench = Bench()
    assert await bench.clerk.carry_out(Effect.QUIET, "") is Event.DONE
    assert bench.pbx.sent == [("1.1", "ouidire-quiet", "s")]
    assert bench.pbx.said == []


async def test_what_is_kept_is_told_in_digits() -> None:
    """Law: a known reference tells how much is kept and until when; an unknown one nothing at all."""
    bench = Bench()
    assert await bench.clerk.carry_out(Effect.LOOK_UP, "0" * 14) is Event.WRONG
    assert bench.clerk.facts == {}
    assert await bench.clerk.carry_out(Effect.LOOK_UP, KNOWN) is Event.KNOWN
    said = SCRIPT.prompts_of(State.MEASURED, bench.clerk.facts)
    assert said == ("1", "2", "rights_measured", *"02122026")
    assert bench.desk.asked[-1] == ("look up", KNOWN, "line 0612")


@pytest.mark.parametrize(("measurements", "count"), [(0, ("0",)), (None, ())])
async def test_a_record_is_never_called_nothing(measurements: int | None, count: tuple[str, ...]) -> None:
    """Law: where nothing was measured, or the call goes on, something is kept all the same, and can be erased."""
    bench = Bench()
    bench.desk.kept = FakeKept(measurements, date(2026, 12, 2))
    assert await bench.clerk.carry_out(Effect.LOOK_UP, KNOWN) is Event.KNOWN
    assert SCRIPT.prompts_of(State.MEASURED, bench.clerk.facts) == (*count, "rights_measured", *"02122026")


async def test_erasing_and_hanging_up() -> None:
    """Law: what the desk did is what the caller hears."""
    bench = Bench()
    assert await bench.clerk.carry_out(Effect.ERASE, KNOWN) is Event.DONE
    bench.desk.is_erased = True
    assert await bench.clerk.carry_out(Effect.ERASE, KNOWN) is Event.NOTHING
    await bench.clerk.carry_out(Effect.HANG_UP, "")
    assert bench.pbx.hung_up == ["1.1"]
