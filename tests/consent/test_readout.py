"""Receipts in words, and the one that docs/consent.md shows."""

import dataclasses
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.errors import InvalidValue
from consent.parties import Party
from consent.readout import readable
from consent.receipts import Answered, JsonLd, receipt, record
from consent.states import Answer, Why
from consent.wording import LANGUAGES, SAID_IN
from tests.consent.records import ISSUED_AT, RECORD_ID, RECORDS, call, example, told_agent, told_caller
from tests.house.places import ROOT

ASKED, GRANTED, REFUSED = (Answer.ASKED, Why.NOTICE), (Answer.GRANTED, Why.KEY), (Answer.REFUSED, Why.SILENCE)
WITHDRAWN, OBJECTED = (Answer.WITHDRAWN, Why.LINE), (Answer.OBJECTED, Why.STOP_KEYS)
EXPIRED = (Answer.EXPIRED, Why.CALL_ENDED)


def as_text(of: JsonLd, language: str = "en") -> str:
    """A receipt as plain text."""
    return "\n\n".join("\n".join([section.title, *section.lines]) for section in readable(of, language))


def of_call(*answers: tuple[Answer, Why]) -> JsonLd:
    """The receipt of a call with these answers."""
    return receipt(record(RECORD_ID, told_caller(), call(*answers)), ISSUED_AT)


def of_staff(*answers: Answer) -> JsonLd:
    """The receipt of an agent with these answers."""
    events = [Answered(ISSUED_AT, answer, Why.KEY, Party.AGENT, "line") for answer in answers]
    return receipt(record(RECORD_ID, told_agent(), events), ISSUED_AT)


@given(RECORDS, st.sampled_from(LANGUAGES))
@settings(max_examples=100, deadline=None)
def test_every_receipt_can_be_read(of: JsonLd, language: str) -> None:
    """Law: whatever was answered, a person can read who asked, what, when, until when, and whom to turn to."""
    made = receipt(of, ISSUED_AT)
    sections = readable(made, language)
    lines = [line for section in sections for line in section.lines]
    assert all(section.title.strip() and section.lines for section in sections)
    assert set(of["dpv:hasNotice"]["schema:text"]) <= set(lines)
    assert {of["dpv:hasEntity"]["dpv:hasName"], of["dpv:hasEntity"]["dpv:hasContact"]} <= set(lines)
    assert len(sections[2].lines) == len(of["dpv:hasConsentStatus"])
    assert len(sections[4].lines) == len(of["dpv:hasConsentControl"]["dpv:isExercisedAt"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_days_of_deletion_are_named(language: str) -> None:
    """Law: "until when" is a date, of the scores and of the record, counted from the day of the call."""
    text = as_text(of_call(ASKED, GRANTED, EXPIRED), language)
    for day in ("2026-10-14", "2027-09-14"):
        year, month, number = day.split("-")
        assert day in text or re.search(rf"{number}[./]{month}[./]{year}", text)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((ASKED,), "nothing_measured"),
        ((ASKED, REFUSED), "nothing_measured"),
        ((ASKED, GRANTED, WITHDRAWN), "nothing_left"),
        ((ASKED, GRANTED, OBJECTED, WITHDRAWN), "nothing_left"),
        ((ASKED, GRANTED, EXPIRED, WITHDRAWN), "nothing_left"),
    ],
)
def test_nothing_is_said_to_be_kept_without_a_yes(answers: tuple[tuple[Answer, Why], ...], said: str) -> None:
    """Law: who said no reads that nothing was measured; who took the yes back, that it was erased."""
    text, words = as_text(of_call(*answers)), SAID_IN["en"]
    assert getattr(words, said)[Party.CALLER] in text
    assert "2026-10-14" not in text


@pytest.mark.parametrize("answers", [(ASKED, GRANTED), (ASKED, GRANTED, EXPIRED), (ASKED, GRANTED, OBJECTED, EXPIRED)])
def test_what_is_kept_is_said(answers: tuple[tuple[Answer, Why], ...]) -> None:
    """Law: who said yes reads what was measured and that it outlives the call, an objection of the agent too."""
    text, words = as_text(of_call(*answers)), SAID_IN["en"]
    assert all(sentence in text for sentence in words.data[Party.CALLER].values())
    assert "2026-10-14" in text


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ((Answer.ASKED,), "nothing_measured"),
        ((Answer.ASKED, Answer.REFUSED), "nothing_measured"),
        ((Answer.ASKED, Answer.GRANTED), "until_hangup"),
        ((Answer.ASKED, Answer.GRANTED, Answer.WITHDRAWN), "nothing_left"),
        ((Answer.ASKED, Answer.GRANTED, Answer.EXPIRED), "nothing_left"),
        ((Answer.ASKED, Answer.GRANTED, Answer.WITHDRAWN, Answer.ASKED, Answer.GRANTED), "until_hangup"),
    ],
)
def test_an_agent_reads_what_holds_now(answers: tuple[Answer, ...], said: str) -> None:
    """Law: an acknowledgement can be withdrawn and given anew; the receipt says what holds after the last answer."""
    found = getattr(SAID_IN["en"], said)
    text = as_text(of_staff(*answers))
    assert (found if isinstance(found, str) else found[Party.AGENT]) in text
    assert SAID_IN["en"].data[Party.CALLER]["tone"] not in text


def test_only_open_ways_are_named() -> None:
    """Law: a receipt sends nobody to a page that is not there."""
    told = dataclasses.replace(told_caller(), ways=(told_caller().ways[0], told_caller().ways[-1]))
    text = as_text(receipt(record(RECORD_ID, told, call(ASKED, GRANTED)), ISSUED_AT))
    assert "*9" in text
    assert "web page" not in text


def test_only_a_receipt_in_a_known_language_is_read() -> None:
    """Law: no guess at words that nobody has translated, or at what is no receipt."""
    with pytest.raises(InvalidValue, match="no words"):
        readable(example(), "xx")
    with pytest.raises(InvalidValue, match="only a receipt"):
        readable(record(RECORD_ID, told_caller(), call(ASKED)), "en")


def test_the_document_shows_a_real_receipt() -> None:
    """Law: the receipt in docs/consent.md is what the program makes, word for word, readable and as JSON-LD."""
    document = (ROOT / "docs" / "consent.md").read_text(encoding="utf-8")
    assert f"```text\n{as_text(example())}\n```" in document
    assert f"```json\n{json.dumps(example(), indent=2, ensure_ascii=False)}\n```" in document
