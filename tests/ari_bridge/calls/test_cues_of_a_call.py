"""Laws of the cues of a whole call: all is real but what the engine says that it heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ari_bridge.calls import session
from ari_bridge.calls.board import Stage
from ari_bridge.calls.cue_file import shipped
from ari_bridge.calls.cue_watch import CueWatch
from ari_bridge.calls.hidden_cues import NAME, HiddenCues
from consent.database import Database
from consent.states import Answer
from tests.ari_bridge.calls.bench import AGENT, CALLER, Bench, running
from tests.ari_bridge.calls.cue_calls import Talk
from tests.conftest import Callers

SILENCE = "Silence on both sides: at least 10 s (±2 s)."
ENDPOINT = AGENT.endpoint or ""


@pytest.fixture
async def bench(callers: Callers, database: Database, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """A bench that looks often, and whose engine has heard three looks of talk and then silence, 2 s of it a look."""
    monkeypatch.setattr(session, "FACTS_EVERY_S", 0.02)
    monkeypatch.setattr(session, "TURN_S", 0.02)
    async with running(Bench(callers, database)) as at_work:
        talk, looks = Talk(), iter(range(10_000))
        monkeypatch.setattr(
            at_work.engine, "facts", lambda call_id: talk.look(caller_s=1.5 if next(looks) < 3 else 0.0)
        )
        yield at_work


async def test_a_cue_comes_of_a_call_and_goes_with_its_yes(bench: Bench, tmp_path: Path) -> None:
    """Law: a silence of a call that is heard is a line for its agent's phone alone; the caller's stop takes it at once,
    and nothing of it is in the file.
    """
    cues = CueWatch(shipped(), HiddenCues(tmp_path / NAME), lambda view: None, bench.rooms.tally.cues)
    bench.board.watch(cues.see)
    await bench.talk()
    await bench.until(lambda: cues.line("1.1", ENDPOINT, "en") == SILENCE)
    assert cues.line("1.1", CALLER.endpoint or "", "en") == ""
    assert sum(bench.rooms.tally.cues.raised.values()) == 1
    await bench.tell(bench.says(Answer.WITHDRAWN))
    await bench.until(lambda: bench.stage() is Stage.WITHDRAWN)
    assert cues.line("1.1", ENDPOINT, "en") == ""
    written = "\n".join(await bench.database.read(lambda c: list(c.iterdump())))
    assert "Silence" not in written
    assert "long_silence" not in written
