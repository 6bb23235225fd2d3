"""The words of receipts."""

import dataclasses
import string
from datetime import date
from typing import Any

import pytest

from consent.parties import Party
from consent.purposes import PERMITTED
from consent.receipts import AGENTS_WAYS, CALLERS_WAYS, RIGHTS
from consent.states import Answer, Why
from consent.wording import LANGUAGES, SAID_IN
from tests.house.places import ROOT


def shape(of: Any) -> Any:
    """The keys of words, all the way down, and the names that are filled in."""
    if isinstance(of, dict):
        return {key: shape(value) for key, value in of.items()}
    return sorted(name for _, name, _, _ in string.Formatter().parse(of) if name)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    """Law: no language knows less than English, leaves a sentence empty or forgets a date."""
    words, english = SAID_IN[language], SAID_IN["en"]
    for field in dataclasses.fields(words):
        found = getattr(words, field.name)
        assert shape(found) == shape(getattr(english, field.name)), field.name
        assert all(text.strip() for text in ([found] if isinstance(found, str) else _leaves(found))), field.name


def _leaves(of: Any) -> list[str]:
    return [leaf for value in of.values() for leaf in (_leaves(value) if isinstance(value, dict) else [value])]


def test_there_are_words_for_whatever_can_happen() -> None:
    """Law: each answer, reason, purpose, way and right has its words; the notice needs no reason why it was heard."""
    words = SAID_IN["en"]
    assert set(words.answers[Party.CALLER]) == set(Answer)
    assert set(words.answers[Party.AGENT]) == set(Answer) - {Answer.OBJECTED}
    assert set(words.whys) == set(Why) - {Why.NOTICE}
    assert all(set(words.data[party]) == PERMITTED[party] for party in Party)
    assert set(words.ways[Party.CALLER]) == set(CALLERS_WAYS)
    assert set(words.ways[Party.AGENT]) == set(AGENTS_WAYS)
    assert set(words.rights) == set(RIGHTS)


def test_every_file_of_words_is_read() -> None:
    """Law: a translation that was added is used."""
    assert {file.stem for file in (ROOT / "consent" / "words").glob("*.json")} == set(LANGUAGES) == set(SAID_IN)


def test_a_day_is_written_as_people_do() -> None:
    """Law: a reader takes no month for a day."""
    written = {language: SAID_IN[language].day(date(2026, 9, 4)) for language in LANGUAGES}
    assert written == {
        "en": "2026-09-04", "fr": "04/09/2026", "es": "04/09/2026", "de": "04.09.2026", "it": "04/09/2026"
    }  # fmt: skip
