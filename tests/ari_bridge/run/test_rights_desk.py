"""Laws of the desk behind the line: it does by reference what the rights do by record, and is what lines ask for."""

from __future__ import annotations

import pytest

from ari_bridge.lines.desks import ReferenceBook, RightsDesk
from ari_bridge.run.rights_desk import LineDesk
from consent.errors import NothingKept, TooManyTries
from consent.guesses import Guesses
from consent.ledger import Ledger
from consent.rights import Rights
from tests.conftest import Callers


@pytest.fixture
def desk(ledger: Ledger) -> LineDesk:
    """Over the real ledger."""
    return LineDesk(Rights(ledger), Guesses(ledger.database, ledger.keyring, ledger.keys))


def test_it_is_what_the_lines_ask_for(desk: LineDesk) -> None:
    """The type checker agrees that it is both desks."""
    book: ReferenceBook = desk
    rights: RightsDesk = desk
    assert (book, rights) == (desk, desk)


async def test_a_call_goes_through_all_of_it(desk: LineDesk, callers: Callers) -> None:
    """Said, looked up, erased, gone."""
    await callers.says_yes()
    reference = await desk.mint("call-1")
    assert len(reference) == 14
    live = await desk.look_up(reference, "line 1")
    assert live is not None
    assert live.measurements is None
    await callers.ledger.close("call-1", lambda _: b"")
    kept = await desk.look_up(reference, "line 1")
    assert kept is not None
    assert kept.measurements == 0
    assert kept.until > live.until  # the record of the answers, which goes later than measurements would
    assert await desk.erase(reference)
    assert not await desk.erase(reference)
    assert await desk.look_up(reference, "line 1") is None


async def test_nobody_guesses_on_the_line(desk: LineDesk, callers: Callers) -> None:
    """Unknown references from one number end in TooManyTries; a reference that is none erases nothing."""
    await callers.says_yes()
    reference = await desk.mint("call-1")
    other = await _another(desk, callers, reference)
    for _ in range(3):
        assert await desk.look_up(other, "line 1") is None
    with pytest.raises(TooManyTries):
        await desk.look_up(reference, "line 1")
    assert not await desk.erase("12345")
    with pytest.raises(NothingKept):
        await desk.mint("call-2")


async def test_a_number_stops_nobody_elses_calls(desk: LineDesk, callers: Callers) -> None:
    """A call without a number is stopped by none."""
    await callers.says_yes()
    assert await desk.stop_number("+331") == 0


async def _another(desk: LineDesk, callers: Callers, reference: str) -> str:
    """A well-formed reference that is nobody's any more."""
    await callers.says_yes("call-9")
    other = await desk.mint("call-9")
    await callers.ledger.close("call-9", lambda _: b"")
    assert await desk.erase(other)
    return other
