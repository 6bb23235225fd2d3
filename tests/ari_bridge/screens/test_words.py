"""Laws of the words on the cards."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

import pytest

from analysis.emotion.score import Reason
from ari_bridge.screens.card import MAX_LABEL_CHARACTERS, CardState
from ari_bridge.screens.words import ENGLISH, LANGUAGES, Words, words_of

# Names of feelings and of traits, and the forms in which the criticised products gave orders.
FEELINGS = re.compile(
    r"\b(angry|anger|sad|happy|fear|afraid|upset|frustrat|irrit|agress|aggress|colère|triste|joie|peur"
    r"|enfad|enoj|ira\b|feliz|miedo|agres|wüt|zorn|ärger|traurig|glücklich|angst\b|verärg|arrabbi|rabbia|felic|paura)",
    re.I,
)
ORDERS = re.compile(
    r"\b(you should|you must|please|slow down|speak|smile|thank|veuillez|vous devez|parlez|souriez"
    r"|por favor|debe|hable|sonría|tiene que|bitte|sie müssen|sie sollten|sprechen sie|lächeln"
    r"|per favore|deve|dovrebbe|parli|sorrida)\b",
    re.I,
)


def _texts(words: Words) -> Iterator[str]:
    for field in dataclasses.fields(words):
        value = getattr(words, field.name)
        if isinstance(value, Mapping):
            yield from value.values()
        elif isinstance(value, tuple):
            yield from value
        else:
            yield value


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_no_feeling_is_named_and_no_order_given(words: Words) -> None:
    """The screen states what was observed: it names no emotion of anybody and tells nobody what to do."""
    for text in _texts(words):
        assert text
        assert not FEELINGS.search(text)
        assert not ORDERS.search(text)


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_every_state_and_reason_has_words(words: Words) -> None:
    """Nothing that can happen is wordless, since silence would look like calm."""
    assert set(words.consent) == set(CardState)
    assert set(words.detail) == set(CardState) - {CardState.GRANTED}
    assert set(words.reasons) == set(Reason)


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_words_fit_all_phones(words: Words) -> None:
    """Latin-1 carries every text unchanged; titles and footers have at most 32 characters, keys at most 16."""
    for text in _texts(words):
        text.encode("iso-8859-1")
    assert len(words.title) <= 32
    assert len(words.footer) <= 32
    assert max(len(words.stop), len(words.exit), len(words.update)) <= MAX_LABEL_CHARACTERS


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_numbers_stand_where_those_of_english_stand(words: Words) -> None:
    """A language forgets no number: each text takes as many, written in the same way, as in English."""
    for field in dataclasses.fields(words):
        text, english = getattr(words, field.name), getattr(ENGLISH, field.name)
        if isinstance(text, str) and isinstance(english, str):
            assert re.findall(r"{.*?}", text) == re.findall(r"{.*?}", english)


@pytest.mark.parametrize("words", LANGUAGES.values(), ids=LANGUAGES.keys())
def test_two_states_never_read_the_same(words: Words) -> None:
    """A refusal is not a withdrawal, a pause is not a failure, and calm is not tense, in any language."""
    states = set(CardState) - {CardState.GRANTED}
    assert len({(words.consent[state], words.detail[state]) for state in states}) == len(states)
    assert len(set(words.tones)) == len(words.tones)
    assert len(set(words.reasons.values())) == len(words.reasons)


def test_the_five_languages_are_there() -> None:
    """What people read exists in English, French, Spanish, German and Italian."""
    assert set(LANGUAGES) == {"en", "fr", "es", "de", "it"}


def test_a_language_is_found_by_its_primary_tag() -> None:
    """`fr`, `fr_CA` and `FR-fr` are French; an unknown, empty or hostile tag is answered in English."""
    for tag in ("fr", "fr_CA", "FR-fr"):
        assert words_of(tag) is LANGUAGES["fr"]
    for tag in ("tlh", "", "../fr", "e\0n"):
        assert words_of(tag) is ENGLISH
