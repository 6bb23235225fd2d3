"""Laws of the card between calls."""

from __future__ import annotations

from ari_bridge.screens.card import Action
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.idle import NO_CALL, no_call
from ari_bridge.screens.words import LANGUAGES, words_of


def test_the_card_says_that_nothing_is_analysed() -> None:
    """In each language of the cards, with no tone, no fact and no key but the way out; an unknown one is English."""
    for language in LANGUAGES:
        card = no_call(language)
        assert card.consent == NO_CALL[language]
        assert card.title == words_of(language).title
        assert card.lines == ()
        assert [key.action for key in card.keys] == [Action.EXIT]
    assert no_call("tlh") == no_call("en")
    assert no_call("fr-CA") == no_call("fr")


def test_every_language_of_the_cards_has_its_words() -> None:
    """No card mixes two languages."""
    assert set(LANGUAGES) <= set(NO_CALL)


def test_every_family_can_show_it_and_asks_again() -> None:
    """A phone that asks by itself hears of the next call: the card is not the last one."""
    for family in FAMILIES.values():
        assert family.render(no_call("fr"), "http://192.0.2.10/p/y/y").body
    assert no_call("en").refresh_s is not None
