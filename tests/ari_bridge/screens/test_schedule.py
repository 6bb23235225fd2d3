"""Laws of when a card goes to a phone."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.screens import schedule as schedule_module
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.schedule import (
    FACTS_INTERVAL_S,
    INTERVAL_S,
    RENEW_FOR_S,
    RENEW_S,
    Phone,
    Push,
    Schedule,
)
from ari_bridge.screens.wording import card_of

PHONE = Phone("1001", "yealink")
URL = "http://192.0.2.1/a"


def _card(state: CardState, number: int = 0) -> ScoreCard:
    return dataclasses.replace(card_of(state, language="en"), lines=(str(number),))


def _push(now_s: float, state: CardState, number: int = 0, url: str = URL, phone: Phone = PHONE) -> Push:
    return Push(phone, url, _card(state, number), now_s)


def _send(schedule: Schedule, now_s: float) -> list[Push]:
    due = schedule.due(now_s)
    for push in due:
        schedule.sent(push, now_s)
    return due


def test_at_most_one_push_in_5_s_and_the_newest_wins() -> None:
    """Of the cards offered within the interval only the last goes, at its end; the others are counted."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.GRANTED, 1))
    assert len(_send(schedule, 0)) == 1
    for number in (2, 3, 4):
        schedule.offer(_push(number, CardState.GRANTED, number))
    assert _send(schedule, 4.99) == []
    assert schedule.next_at_s() == INTERVAL_S
    assert [push.card.lines for push in _send(schedule, 5.0)] == [("4",)]
    assert schedule.superseded == 2


@pytest.mark.parametrize(
    "state", [CardState.REFUSED, CardState.WITHDRAWN, CardState.OBJECTED, CardState.ENDED, CardState.ASKED]
)
def test_a_change_of_consent_goes_at_once(state: CardState) -> None:
    """What was said about consent never waits for the interval, and takes the place of what does."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.GRANTED, 1))
    _send(schedule, 0)
    schedule.offer(_push(1, CardState.GRANTED, 2))
    schedule.offer(_push(1.5, state))
    assert [push.card.state for push in _send(schedule, 1.5)] == [state]


@pytest.mark.parametrize("state", [CardState.PAUSED, CardState.FAILED])
def test_a_pause_waits_for_the_interval(state: CardState) -> None:
    """A line that is held and taken back many times floods no phone."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.GRANTED))
    _send(schedule, 0)
    schedule.offer(_push(1, state))
    assert _send(schedule, 1) == []
    assert len(_send(schedule, 5)) == 1


def test_one_push_at_a_time_for_a_phone() -> None:
    """While one is in flight nothing else goes to that phone, a change of consent included; others are not held up."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.GRANTED))
    (first,) = schedule.due(0)
    schedule.offer(_push(1, CardState.WITHDRAWN))
    other = Phone("1002", "cisco")
    schedule.offer(_push(1, CardState.GRANTED, phone=other))
    assert [push.phone for push in schedule.due(1)] == [other]
    schedule.sent(first, 2)
    assert [push.card.state for push in schedule.due(2)] == [CardState.WITHDRAWN]


def test_what_is_on_the_screen_is_only_renewed() -> None:
    """The same card again is not sent before a minute has gone by; then it is, by itself, before it runs out."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.GRANTED))
    _send(schedule, 0)
    schedule.offer(_push(7, CardState.GRANTED))
    assert _send(schedule, 59.9) == []
    assert len(_send(schedule, RENEW_S)) == 1
    assert schedule.next_at_s() == 2 * RENEW_S
    assert schedule.superseded == 0


def test_a_card_of_a_call_lost_from_sight_runs_out() -> None:
    """What nobody has offered for an hour is not renewed any more."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.GRANTED))
    now_s = 0.0
    while (moment_s := schedule.next_at_s()) is not None:
        now_s = moment_s
        _send(schedule, now_s)
    assert now_s == RENEW_FOR_S


def test_after_a_no_the_card_is_left_to_run_out() -> None:
    """Nothing is heard, so nothing has to be kept on the screen."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.REFUSED))
    _send(schedule, 0)
    assert schedule.next_at_s() is None


def test_a_failed_push_is_tried_once_more() -> None:
    """After the interval, once; a newer card takes its place; a phone that takes nothing is not flooded."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.WITHDRAWN))
    (first,) = schedule.due(0)
    schedule.failed(first)
    assert schedule.due(4.9) == []
    (second,) = schedule.due(5)
    schedule.failed(second)
    assert schedule.next_at_s() is None

    schedule.offer(_push(20, CardState.GRANTED, 1))
    (first,) = schedule.due(20)
    schedule.failed(first)
    schedule.offer(_push(21, CardState.GRANTED, 2))
    assert schedule.due(24.9) == []
    assert [push.card.lines for push in schedule.due(25)] == [("2",)]


def test_call_ended_never_covers_another_call() -> None:
    """The last card of a call goes to a phone that shows that call, not to one that shows another or nothing."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.ENDED))
    assert schedule.due(0) == []
    schedule.offer(_push(0, CardState.GRANTED, url="http://192.0.2.1/a"))
    _send(schedule, 0)
    schedule.offer(_push(6, CardState.GRANTED, url="http://192.0.2.1/b"))
    schedule.offer(_push(6, CardState.ENDED, url="http://192.0.2.1/a"))
    assert [push.url for push in _send(schedule, 6)] == ["http://192.0.2.1/b"]
    schedule.offer(_push(7, CardState.ENDED, url="http://192.0.2.1/a"))
    assert schedule.due(7) == []


def test_memory_is_bounded_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Phones beyond the bound are refused and counted; an ended call, shown or not, frees its place."""
    monkeypatch.setattr(schedule_module, "MAX_PHONES", 2)
    schedule = Schedule()
    for number in range(3):
        schedule.offer(_push(0, CardState.GRANTED, phone=Phone(str(number), "yealink")))
    assert schedule.refused == 1
    _send(schedule, 0)
    schedule.offer(_push(1, CardState.ENDED, phone=Phone("0", "yealink")))
    schedule.offer(_push(1, CardState.ENDED, phone=Phone("1", "yealink")))
    shown, unshown = schedule.due(1)
    schedule.sent(shown, 1)
    schedule.failed(unshown)
    schedule.failed(*schedule.due(6))
    schedule.offer(_push(7, CardState.GRANTED, phone=Phone("3", "yealink")))
    schedule.offer(_push(7, CardState.GRANTED, phone=Phone("4", "yealink")))
    assert len(schedule.due(7)) == 2


steps = st.lists(st.tuples(st.floats(0, 3), st.sampled_from(CardState), st.integers(0, 3), st.booleans()), max_size=60)


@given(steps)
def test_the_rate_holds_for_any_course_of_events(course: list[tuple[float, CardState, int, bool]]) -> None:
    """Two pushes within 5 s always differ in consent, and the newest card is never lost to an older one."""
    schedule = Schedule()
    now_s = 0.0
    went: list[tuple[float, Push]] = []
    for gap_s, state, number, works in course:
        now_s += gap_s
        schedule.offer(_push(now_s, state, number))
        for push in schedule.due(now_s):
            went.append((now_s, push))
            if works:
                schedule.sent(push, now_s)
            else:
                schedule.failed(push)
    for (before_s, before), (after_s, after) in itertools.pairwise(went):
        assert after_s - before_s >= INTERVAL_S or before.card.state.consent is not after.card.state.consent
        assert after.offered_at_s >= before.offered_at_s


def test_a_cue_that_gives_way_before_it_was_sent_is_counted() -> None:
    """A cue that waited for its phone is dropped with its card; one that was sent, or goes on waiting, is not."""
    dropped: list[int] = []
    schedule = Schedule(lambda: dropped.append(1))
    schedule.offer(_push(0, CardState.GRANTED, 1))
    _send(schedule, 0)
    cue = dataclasses.replace(
        _push(1, CardState.GRANTED, 2), card=dataclasses.replace(_card(CardState.GRANTED, 2), cue="2")
    )
    schedule.offer(cue)
    schedule.offer(dataclasses.replace(cue, card=dataclasses.replace(cue.card, lines=("2", "3"))))
    assert not dropped
    schedule.offer(_push(4, CardState.GRANTED, 3))
    assert dropped == [1]
    _send(schedule, 5)
    schedule.offer(cue)
    assert len(_send(schedule, 10)) == 1
    schedule.offer(_push(11, CardState.GRANTED, 3))
    assert dropped == [1]


def _contested(now_s: float, url: str = URL) -> Push:
    return Push(PHONE, url, dataclasses.replace(_card(CardState.GRANTED, 9), takes_back=True), now_s)


def test_a_contest_goes_at_once() -> None:
    """No phone of a call goes on showing a contested score for the interval; what waits behind the contest waits."""
    schedule = Schedule()
    schedule.offer(_push(0, CardState.GRANTED, 1))
    _send(schedule, 0)
    schedule.offer(_push(1, CardState.GRANTED, 2))
    schedule.offer(_contested(1.5))
    assert [push.card.takes_back for push in _send(schedule, 1.5)] == [True]
    schedule.offer(_push(2, CardState.GRANTED, 3))
    assert _send(schedule, 6.4) == []
    assert [push.card.lines for push in _send(schedule, 6.5)] == [("3",)]


def test_a_second_card_of_a_contest_waits() -> None:
    """Other facts on a card whose score is contested already are no reason to hurry, nor is a second try."""
    schedule = Schedule()
    schedule.offer(_contested(0))
    _send(schedule, 0)
    other = dataclasses.replace(_contested(1), card=dataclasses.replace(_contested(1).card, lines=("10",)))
    schedule.offer(other)
    assert _send(schedule, 4.9) == []
    (push,) = schedule.due(5)
    schedule.failed(push)
    assert schedule.due(9.9) == []
    assert len(schedule.due(10)) == 1


def _talk(now_s: float, tone: str, talked: str, cue: str = "") -> Push:
    lines = (cue, tone, talked) if cue else (tone, talked)
    return Push(PHONE, URL, dataclasses.replace(card_of(CardState.GRANTED, language="en"), lines=lines, cue=cue), now_s)


def test_facts_alone_wait_so_that_a_verdict_need_not() -> None:
    """New facts alone wait for 15 s after the last push; a tone or a cue that comes meanwhile goes after 5 s as ever,
    and takes them along.
    """
    schedule = Schedule()
    schedule.offer(_talk(0, "calm", "1 s"))
    _send(schedule, 0)
    schedule.offer(_talk(6, "calm", "6 s"))
    assert _send(schedule, FACTS_INTERVAL_S - 0.01) == []
    assert schedule.next_at_s() == FACTS_INTERVAL_S
    assert [push.card.lines for push in _send(schedule, FACTS_INTERVAL_S)] == [("calm", "6 s")]
    schedule.offer(_talk(21, "calm", "21 s"))
    assert _send(schedule, 21) == []
    schedule.offer(_talk(22, "tense", "22 s"))
    assert [push.card.lines for push in _send(schedule, 22)] == [("tense", "22 s")]
    schedule.offer(_talk(28, "tense", "28 s", "long silence"))
    assert [push.card.cue for push in _send(schedule, 28)] == ["long silence"]


def test_facts_alone_do_not_wait_behind_a_push_that_failed() -> None:
    """A phone that did not get the last card is told the newest after 5 s, whatever of it is new."""
    schedule = Schedule()
    schedule.offer(_talk(0, "calm", "1 s"))
    (push,) = schedule.due(0)
    schedule.failed(push)
    schedule.offer(_talk(1, "calm", "2 s"))
    assert [push.card.lines for push in _send(schedule, INTERVAL_S)] == [("calm", "2 s")]
