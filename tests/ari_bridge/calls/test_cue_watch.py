"""Laws of the watch over the board: who is shown a cue, for how long, and that hiding it leaves no trace."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from analysis.emotion.score import Abstained, Reason
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.cue_file import Choice, Kind, shipped
from ari_bridge.calls.cue_watch import CueWatch, said
from ari_bridge.calls.cues import Cue, CueCounts
from ari_bridge.calls.hidden_cues import NAME, HiddenCues
from tests.ari_bridge.calls.cue_calls import LOOK_S, Talk, score, view

SILENCE = "Silence on both sides: at least 10 s (±2 s)."


class Floor:
    """A watch, its clock and its timer."""

    def __init__(self, folder: Path) -> None:
        self.now_s = 0.0
        self.redrawn: list[CallView] = []
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.hidden = HiddenCues(folder / NAME)
        self.counts = CueCounts()
        self.watch = CueWatch(
            shipped(),
            self.hidden,
            self.redrawn.append,
            self.counts,
            lambda: self.now_s,
            lambda s, do: self.timers.append((s, do)),
        )

    def silence(self) -> None:
        """Three looks of talk, and as many of silence as it takes."""
        talk = Talk()
        for number in range(8):
            self.watch.see(view(talk.look(caller_s=1.5 if number < 3 else 0.0)))
            self.now_s += LOOK_S
        self.now_s -= LOOK_S

    def line(self, endpoint: str = "1001") -> str:
        """What that phone shows."""
        return self.watch.line("1.1", endpoint, "en")


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    return Floor(tmp_path)


def test_a_cue_is_a_line_for_five_seconds(floor: Floor) -> None:
    """Law: the phone of the agent in the call shows it; after 5 s no card has it any more, and phones are redrawn."""
    floor.silence()
    assert floor.line() == SILENCE
    ((delay_s, redraw),) = floor.timers
    assert delay_s == 5.0
    floor.now_s += delay_s
    assert floor.line() == ""
    redraw()
    assert [one.call_id for one in floor.redrawn] == ["1.1"]


def test_nobody_else_is_shown_it(floor: Floor) -> None:
    """Law: not another phone, not another call."""
    floor.silence()
    assert floor.line("1002") == ""
    assert floor.watch.line("1.2", "1001", "en") == ""


@pytest.mark.parametrize("stage", [one for one in Stage if one is not Stage.GRANTED])
def test_no_cue_without_a_live_consent(stage: Stage, floor: Floor) -> None:
    """Law: with any other stage it is gone in the same moment, and facts that come with one give rise to none."""
    floor.silence()
    floor.watch.see(view(stage=stage))
    assert floor.line() == ""
    floor.silence()
    again = Floor(floor.hidden._path.parent)
    talk = Talk()
    for number in range(20):
        again.watch.see(view(talk.look(caller_s=1.5 if number < 3 else 0.0), stage=stage))
        again.now_s += LOOK_S
    assert again.line() == ""
    assert not again.timers


def test_a_call_leaves_nothing_behind(floor: Floor) -> None:
    """Law: when it is over the watch holds nothing of it, and a timer that comes later does nothing."""
    floor.silence()
    floor.watch.choose("1.1", "1001", Choice.THIS_CALL, "en")
    floor.watch.see(view(stage=Stage.ENDED))
    assert not floor.watch._calls
    floor.timers[0][1]()
    assert not floor.redrawn


def test_a_rise_is_shown_while_the_tone_is(floor: Floor) -> None:
    """Law: a cue about the tone goes with the tone: none beside "not measured", and none after it was contested."""
    floor.watch.see(view(tone=score(10.0, 0.3)))
    floor.now_s = 50.0
    floor.watch.see(view(tone=score(60.0, 0.8)))
    assert floor.line() == "Caller's tone: tenser than at the start, by 0.5 of 1 (±0.2)."
    floor.watch.see(view(tone=Abstained(60.0, 61.0, Reason.NOISE)))
    assert floor.line() == ""
    floor.watch.see(view(tone=score(62.0, 0.8)))
    assert floor.line()
    floor.watch.see(view(contested=True))
    floor.watch.see(view(tone=score(64.0, 0.8)))
    assert floor.line() == ""


def test_the_next_agent_is_shown_nothing_of_before(floor: Floor) -> None:
    """Law: a transfer ends what was observed, for the one who leaves and the one who comes."""
    floor.silence()
    floor.watch.see(view(agents=("1002",)))
    assert floor.line("1001") == floor.line("1002") == ""


@pytest.mark.parametrize("before", Choice)
def test_a_choice_holds_at_once_whatever_held_before_and_however_often_it_is_said(floor: Floor, before: Choice) -> None:
    """Law: a key says what shall hold: pressed twice, or fetched again by the phone, it is one; nothing goes round."""
    floor.silence()
    rules = shipped()
    for choice in Choice:
        floor.watch.choose("1.1", "1001", before, "en")
        for _ in range(3):
            assert floor.watch.choose("1.1", "1001", choice, "en") == rules.chosen(choice, "en")
            assert floor.watch.said_of_choice("1.1", "1001", "en") == rules.chosen(choice, "en")
            assert floor.watch.choice("1.1", "1001") is choice
            assert (floor.line() == SILENCE) is (choice is Choice.SHOWN)
    assert floor.watch.choice("1.1", "1002") is Choice.SHOWN


def test_hidden_for_this_call_is_shown_in_the_next(floor: Floor) -> None:
    """Law: a choice for one call ends with it; one for good does not."""
    floor.silence()
    floor.watch.choose("1.1", "1001", Choice.THIS_CALL, "en")
    floor.watch.see(view(stage=Stage.ENDED))
    floor.silence()
    assert floor.line() == SILENCE
    floor.watch.choose("1.1", "1001", Choice.FOR_GOOD, "en")
    floor.watch.see(view(stage=Stage.ENDED))
    floor.now_s += 60.0
    floor.silence()
    assert floor.line() == ""


def test_nobody_is_told_who_hides(floor: Floor, tmp_path: Path) -> None:
    """Law: no log, no count, no view changes with it; cues are counted as raised whether or not they are hidden."""
    counted = []
    for chosen in (None, Choice.THIS_CALL, Choice.FOR_GOOD):
        one = Floor(tmp_path)
        with capture_logs() as logs:
            one.watch.see(view(Talk().look(caller_s=1.0)))
            if chosen is not None:
                one.watch.choose("1.1", "1001", chosen, "en")
            one.silence()
        assert logs == []
        counted.append((one.counts, len(one.timers), len(one.redrawn)))
    assert counted[0] == counted[1] == counted[2]
    assert counted[0][0].raised[Kind.LONG_SILENCE] == 1


def test_what_cannot_be_kept_is_not_said_to_hold(tmp_path: Path) -> None:
    """Law: where the file cannot be written the choice stays for the call; the log says so, and not whose it was."""
    floor = Floor(tmp_path / "missing")
    floor.silence()
    floor.watch.choose("1.1", "1001", Choice.THIS_CALL, "en")
    with capture_logs() as logs:
        assert floor.watch.choose("1.1", "1001", Choice.FOR_GOOD, "en") == shipped().chosen(Choice.THIS_CALL, "en")
    assert [one["event"] for one in logs] == ["cues.choice_not_kept"]
    assert "1001" not in str(logs)


async def test_without_a_timer_of_its_own_the_loop_serves(tmp_path: Path) -> None:
    """Law: the running loop calls for the redraw."""
    now_s = 0.0
    watch = CueWatch(shipped(), HiddenCues(tmp_path / NAME), lambda view: None, CueCounts(), lambda: now_s)
    before = len(asyncio.get_running_loop()._scheduled)  # type: ignore[attr-defined]
    talk = Talk()
    for number in range(8):
        watch.see(view(talk.look(caller_s=1.5 if number < 3 else 0.0)))
        now_s += LOOK_S
    assert len(asyncio.get_running_loop()._scheduled) == before + 1  # type: ignore[attr-defined]


def test_what_waited_too_long_for_a_phone_is_counted(floor: Floor) -> None:
    """Law: a cue that was not sent in time is dropped, and counted as that."""
    floor.watch.dropped()
    assert floor.counts.stale == 1


def test_no_digit_is_said_that_is_not_known() -> None:
    """Law: whole seconds, tenths of the scale; a silence is rounded down and an error up."""
    rules = shipped()
    assert (
        said(Cue(Kind.LONG_SILENCE, 11.9, 11.9, 0.4, 0.0), rules, "en")
        == "Silence on both sides: at least 11 s (±1 s)."
    )
    both = said(Cue(Kind.BOTH_AT_ONCE, 4.6, 10.4, 1.0, 0.0), rules, "fr")
    assert both == "Les deux à la fois : env. 5 s sur les 10 dernières (±1 s)."
    rise = said(Cue(Kind.TENSER, 0.44, 1.0, 0.21, 0.0), rules, "de")
    assert rise == "Ton des Anrufers: angespannter als am Anfang, um 0,4 von 1 (±0,3)."
