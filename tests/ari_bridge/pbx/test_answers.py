"""Answers of the dialplan, in events and in the journal."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.pbx import answers
from ari_bridge.pbx.port import Answered, Channel
from consent.states import Answer, Why

CALL = "pbx-1-1700000000.12"
CALLER = Channel(CALL, "PJSIP/trunk-00000001", "trunk", None, CALL, "granted", "fr")
AGENT = Channel("1700000000.13", "PJSIP/1001-00000002", "1001", None, CALL, "", "en")
NOTICE = "0123456789abcdef"
YES = {"Call": CALL, "Answer": "granted", "At": "1700000004", "Why": "key", "Notice": NOTICE, "Language": "fr"}


def test_a_yes_is_read() -> None:
    """Law: the dialplan's own words give the answer, with the PBX's time in UTC."""
    moment = datetime(2023, 11, 14, 22, 13, 24, tzinfo=UTC)
    expected = Answered(CALL, Answer.GRANTED, Why.KEY, "0123456789abcdef", "fr", moment, CALLER)
    assert answers.from_event(YES, CALLER) == expected


@pytest.mark.parametrize(
    "odd",
    [
        {"Call": ""}, {"Call": CALL + "\r\n"}, {"Call": "1)} x"}, {"Call": "x" * 200}, {"Call": 12}, {"Call": None},
        {"Answer": "GRANTED"}, {"Answer": "granted "}, {"Answer": "expired"}, {"Answer": ["granted"]},
        {"At": ""}, {"At": "-1"}, {"At": "1e9"}, {"At": "١٧٠"}, {"At": "9" * 30},
        {"Why": "silence"}, {"Why": "notice"}, {"Why": ""}, {"Why": "call_ended"},
        {"Notice": ""}, {"Notice": "a b"}, {"Notice": "n" * 65}, {"Language": "fr; DROP"}, {"Language": "f"},
    ],
)  # fmt: skip
def test_an_odd_yes_is_no_yes(odd: dict[str, object]) -> None:
    """Law: one field that is not exactly as our dialplan writes it voids the whole answer."""
    assert answers.from_event(YES | odd, CALLER) is None


def test_a_tag_stands_for_the_number() -> None:
    """Law: a tag is taken as our dialplan makes it; a number itself, or anything odd, is none."""
    tag = "012345678901234567-" + "0a" * 20
    journalled = answers.from_journal(f"granted-{CALL}", f"1700000004|key|{NOTICE}|fr")
    assert journalled is not None
    assert journalled.number_tag == ""
    assert answers.tagged(journalled, tag).number_tag == tag
    for odd in ("", f"{tag}|", "0612345678", f"{tag}x", "1-" + "a" * 39, "a" * 40, "1-" + "A" * 40):
        assert answers.tagged(journalled, odd) == journalled
    assert answers.from_journal(f"granted-{CALL}", f"1700000004|key|{NOTICE}|fr|{tag}") is None


def test_a_spoken_withdrawal_is_one() -> None:
    """Law: the caller who says it to the agent is as free as the one who presses; nothing else can be said."""
    spoken = YES | {"Answer": "withdrawn", "Why": "spoken"}
    assert answers.from_event(spoken, AGENT) is not None
    assert answers.from_event(YES | {"Why": "spoken"}, CALLER) is None


@pytest.mark.parametrize("missing", list(YES))
def test_an_incomplete_yes_is_no_yes(missing: str) -> None:
    """Law: a field that is not there is not guessed."""
    assert answers.from_event({name: text for name, text in YES.items() if name != missing}, CALLER) is None


def test_only_the_asked_channel_says_yes() -> None:
    """Law: a yes for a call that another channel sends is no yes; a stop may come from any channel."""
    assert answers.from_event(YES, AGENT) is None
    stop = answers.from_event(YES | {"Answer": "objected", "Why": "star9"}, AGENT)
    assert stop is not None
    assert (stop.answer, stop.call_id, stop.channel) == (Answer.OBJECTED, CALL, AGENT)


@given(st.sampled_from(sorted(Answer)), st.sampled_from(sorted(Why)), st.integers(0, 99_999_999_999))
def test_what_the_journal_keeps_is_read_as_it_was_written(answer: Answer, why: Why, epoch: int) -> None:
    """Law: an entry names its answer and call by key, and gives its own key back; odd pairs give nothing."""
    key, value = f"/ouidire/{answer}-{CALL}", f"{epoch}|{why}|0123456789abcdef|en"
    entry = answers.from_journal(key, value)
    if entry is None:
        ways = {(Answer.ASKED, Why.NOTICE), (Answer.GRANTED, Why.KEY), (Answer.REFUSED, Why.SILENCE)}
        assert (answer, why) not in ways
        return
    assert (entry.answer, entry.why, entry.call_id, entry.channel) == (answer, why, CALL, None)
    assert int(entry.at.timestamp()) == epoch
    assert answers.journal_key(entry) == key.removeprefix("/ouidire/")


@given(st.text(), st.text())
def test_any_journal_is_survived(key: str, value: str) -> None:
    """Law: whatever somebody put into the PBX's database is an answer or nothing, never an error."""
    entry = answers.from_journal(key, value)
    assert entry is None or answers.CALL_ID.fullmatch(entry.call_id)


def test_the_order_is_that_of_a_call() -> None:
    """Law: oldest first; within one second a question comes before its answer, and a stop last."""
    entries = [
        answers.from_journal(f"{answer}-{CALL}", f"{at}|{why}|n|en")
        for at, answer, why in (
            (5, "withdrawn", "star9"), (5, "granted", "key"), (5, "asked", "notice"), (1, "refused", "silence"),
        )
    ]  # fmt: skip
    ordered = answers.in_order([entry for entry in entries if entry])
    assert [entry.answer for entry in ordered] == [Answer.REFUSED, Answer.ASKED, Answer.GRANTED, Answer.WITHDRAWN]
