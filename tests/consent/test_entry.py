"""One answer, before it is in the chain."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest

from consent.chain import canonical
from consent.entry import ENDINGS, MAX_CALL_ID, SOURCES, Entry, Standing
from consent.errors import InvalidValue
from consent.parties import Party
from consent.seals import ANSWER_BYTES, answer_label, close, new_secret
from consent.states import Answer, Why

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAG = "123456-" + "0123456789" * 4
GOOD = Entry(NOW, Answer.GRANTED, Why.KEY, "1.1", Party.CALLER, "ab" * 8, "en", "event", TAG)


@pytest.mark.parametrize(
    "change",
    [
        {"call_id": ""},
        {"call_id": "x" * (MAX_CALL_ID + 1)},
        {"call_id": "1.1\n"},
        {"call_id": "é"},
        {"source": "rumour"},
        {"party": Party.AGENT},
        {"answer": Answer.OBJECTED},
        {"notice_id": "x" * 100},
        {"language": "x" * 100},
        {"number_tag": "+33123456789"},
        {"number_tag": "12-é" + "0" * 39},
        {"at": datetime(2026, 3, 1)},  # noqa: DTZ001 - the point of the test
    ],
    ids=str,
)
def test_an_entry_is_valid_at_birth(change: dict[str, object]) -> None:
    """Law: the agent objects, all else is the caller's word; a call has an id; a number is never there as it is."""
    with pytest.raises(InvalidValue):
        dataclasses.replace(GOOD, **change)  # type: ignore[arg-type]


def test_a_number_without_a_tag_is_an_entry_too() -> None:
    """Law: who calls without a number is asked as everybody else."""
    assert dataclasses.replace(GOOD, number_tag="").number_tag == ""


def test_what_is_sealed_has_no_tag_and_fits() -> None:
    """Law: the tag stays with the keys; the longest entry there can be fits into a seal, so that none is ever lost."""
    longest = dataclasses.replace(GOOD, call_id='"' * MAX_CALL_ID, notice_id="f" * 64, language="x" * 16)
    assert TAG not in str(longest.fields)
    assert TAG not in repr(longest)

    close(new_secret(), answer_label(0), canonical({"seq": 10**9, **longest.fields}).encode(), ANSWER_BYTES)


def test_moments_are_written_in_utc() -> None:
    """Law: one form of time, wherever the PBX is."""
    there = NOW.astimezone(timezone(timedelta(hours=5)))
    assert dataclasses.replace(GOOD, at=there).fields["at"] == "2026-03-01T12:00:00.000Z"


@pytest.mark.parametrize("source", SOURCES)
def test_every_way_in_is_named(source: str) -> None:
    """Law: how an answer reached us is part of it."""
    assert dataclasses.replace(GOOD, source=source).fields["source"] == source


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_a_call_stands_granted_until_anything_ends_it(ending: Answer) -> None:
    """Law: a yes and nothing that ended it: in whatever order they were told."""
    assert Standing(frozenset({Answer.ASKED, Answer.GRANTED}), "").is_granted
    assert not Standing(frozenset({Answer.GRANTED, ending}), "").is_granted
    assert not Standing(frozenset({Answer.ASKED}), "").is_granted
