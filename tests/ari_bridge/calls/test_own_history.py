"""Laws of an agent's own list: for the own page alone, for a day, and with nothing but what stood on the screen."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime

import pytest

from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict
from ari_bridge.calls import own_history
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.own_history import OwnCall, OwnHistory
from tests.ari_bridge.web.desk_phones import FACTS

NOON_S = datetime.fromisoformat("2026-03-04T12:00").timestamp()
TENSE = ToneScore(1.0, 4.0, Estimate(0.8, 0.1), Estimate(0.5, 0.1), "m")
LATER = ToneScore(5.0, 9.0, Estimate(0.4, 0.1), Estimate(0.1, 0.1), "m")


def view(
    stage: Stage, *agents: str, tone: Verdict | None = None, call_id: str = "c1", contested: bool = False
) -> CallView:
    """A view of one call."""
    return CallView(call_id, stage, datetime.now(UTC), "en", agents, tone, FACTS, contested=contested)


class Today:
    """A list for 1001 and 1002, who have pages, on a clock that stands at noon."""

    def __init__(self) -> None:
        self.now_s = NOON_S
        self.paired = {"1001", "1002"}
        self.history = OwnHistory(lambda endpoint: endpoint in self.paired, lambda: self.now_s)

    def see(self, *views: CallView) -> None:
        """Views, a minute apart."""
        for one in views:
            self.history.see(one)
            self.now_s += 60

    def only(self, endpoint: str = "1001") -> OwnCall:
        """The one call of an endpoint."""
        (call,) = self.history.of(endpoint)
        return call


def test_a_call_is_noted_from_its_question_to_its_end() -> None:
    """Law: when it was, what became of the consent, the last that was said of the caller's tone; the newest first."""
    today = Today()
    today.see(
        view(Stage.ASKED, "1001"),
        view(Stage.GRANTED, "1001", tone=TENSE),
        view(Stage.GRANTED, "1001", tone=LATER),
        view(Stage.GRANTED, "1001"),
        view(Stage.ENDED),
        view(Stage.REFUSED, "1001", call_id="c2"),
    )
    running, over = today.history.of("1001")
    assert (over.stage, over.tone, over.contested) == (Stage.GRANTED, LATER, False)
    assert over.ended is not None
    assert (over.began.hour, (over.ended - over.began).total_seconds()) == (12, 240)
    assert (running.stage, running.tone, running.ended) == (Stage.REFUSED, None, None)


def test_there_is_nothing_of_the_agent_in_it() -> None:
    """Law: no fact of the talk, no share, count or name, no id of a call: nothing to rank by, nothing to join on."""
    assert [one.name for one in fields(OwnCall)] == ["began", "ended", "stage", "tone", "contested"]
    today = Today()
    today.see(view(Stage.GRANTED, "1001", tone=TENSE), view(Stage.ENDED))
    assert "c1" not in repr(vars(today.history))


def test_of_an_agent_without_a_page_nothing_is_kept() -> None:
    """Law: what nobody may see is not there; a page that is paired later begins with nothing."""
    today = Today()
    today.see(view(Stage.GRANTED, "1003", tone=TENSE))
    assert "1003" not in repr(vars(today.history))
    today.paired.add("1003")
    assert today.history.of("1003") == ()


def test_each_agent_has_the_own_calls_alone() -> None:
    """Law: a call that was handed on shows each of its agents what that agent was told, and no more."""
    today = Today()
    today.see(
        view(Stage.GRANTED, "1001", tone=TENSE), view(Stage.GRANTED, "1002"), view(Stage.GRANTED, "1002", tone=LATER)
    )
    assert (today.only().tone, today.only("1002").tone) == (TENSE, LATER)
    assert today.only().ended is not None
    assert today.only("1002").ended is None
    today.see(view(Stage.GRANTED, "1001", "1002", tone=LATER))
    assert today.only().ended is None
    assert today.history.of("") == ()


def test_a_contested_score_is_in_no_list() -> None:
    """Law: a person outranks the model here too; that something was contested is said until a newer score stands."""
    today = Today()
    today.see(view(Stage.GRANTED, "1001", tone=TENSE), view(Stage.GRANTED, "1001", contested=True))
    assert (today.only().tone, today.only().contested) == (None, True)
    today.see(view(Stage.GRANTED, "1001"))
    assert (today.only().tone, today.only().contested) == (None, True)
    today.see(view(Stage.GRANTED, "1001", tone=LATER))
    assert (today.only().tone, today.only().contested) == (LATER, False)


@pytest.mark.parametrize("stage", [Stage.REFUSED, Stage.WITHDRAWN, Stage.OBJECTED])
def test_a_no_takes_the_tone_out_of_every_list(stage: Stage) -> None:
    """Law: what may not be measured any more is not kept either, also not for an agent who handed the call on."""
    today = Today()
    today.see(view(Stage.GRANTED, "1001", tone=TENSE), view(Stage.GRANTED, "1002", tone=TENSE), view(stage, "1002"))
    assert (today.only().tone, today.only("1002").tone) == (None, None)
    assert (today.only().stage, today.only("1002").stage) == (stage, stage)
    today.see(view(Stage.ENDED, tone=TENSE))
    assert (today.only().tone, today.only("1002").tone) == (None, None)


def test_what_is_not_heard_is_not_noted() -> None:
    """Law: only what stood on the screen: a verdict beside a paused or failed call is not shown, hence not kept."""
    today = Today()
    today.see(view(Stage.PAUSED, "1001", tone=TENSE), view(Stage.FAILED, "1001", tone=TENSE))
    assert (today.only().tone, today.only().stage) == (None, Stage.FAILED)
    unsure = Abstained(1.0, 2.0, Reason.NOISE)
    today.see(view(Stage.GRANTED, "1001", tone=unsure))
    assert today.only().tone == unsure


def test_logout_erases_it() -> None:
    """Law: after logout nothing is left of that agent, of the call in progress neither, and the others keep theirs."""
    today = Today()
    today.see(view(Stage.GRANTED, "1001", tone=TENSE), view(Stage.ENDED))
    today.see(view(Stage.GRANTED, "1001", "1002", tone=TENSE, call_id="c2"))
    today.paired.discard("1001")
    today.history.erase("1001")
    assert today.history.of("1001") == ()
    assert "1001" not in repr(vars(today.history))
    assert today.only("1002").tone == TENSE
    today.see(view(Stage.GRANTED, "1001", tone=LATER, call_id="c2"))
    assert today.history.of("1001") == ()


def test_midnight_erases_it() -> None:
    """Law: at the end of the day all of it goes, by a look, by a view or by the clock alone, whichever comes first."""
    for after in ("look", "view", "clock"):
        today = Today()
        today.see(view(Stage.GRANTED, "1001", tone=TENSE), view(Stage.ENDED))
        today.see(view(Stage.GRANTED, "1001", tone=TENSE, call_id="c2"))
        today.now_s = datetime.fromisoformat("2026-03-04T23:59:59").timestamp()
        assert len(today.history.of("1001")) == 2
        today.now_s += 2
        if after == "look":
            assert today.history.of("1001") == ()
        elif after == "view":
            today.history.see(view(Stage.ENDED, call_id="c2"))
        else:
            today.history.expire()
        assert "1001" not in repr(vars(today.history))


def test_a_day_of_calls_is_all_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: memory is bounded, and the oldest calls make room."""
    monkeypatch.setattr(own_history, "MOST_CALLS", 2)
    today = Today()
    for number in range(4):
        today.see(view(Stage.GRANTED, "1001", call_id=str(number)), view(Stage.ENDED, call_id=str(number)))
    assert [call.began.minute for call in today.history.of("1001")] == [6, 4]
