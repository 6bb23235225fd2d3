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
    r"\b(angry|anger|sad|happy|fear|afraid|upset|frustrat|irrit|agress|aggress|colère|triste|joie|peur)", re.I
)
ORDERS = re.compile(
    r"\b(you should|you must|please|slow down|speak|smile|thank|veuillez|vous devez|parlez|souriez)\b", re.I
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
    assert max(len(words.stop), len(words.exit)) <= MAX_LABEL_CHARACTERS


def test_a_language_is_found_by_its_primary_tag() -> None:
    """`fr`, `fr_CA` and `FR-fr` are French; an unknown, empty or hostile tag is answered in English."""
    for tag in ("fr", "fr_CA", "FR-fr"):
        assert words_of(tag) is LANGUAGES["fr"]
    for tag in ("tlh", "", "../fr", "e\0n"):
        assert words_of(tag) is ENGLISH
