"""The made-up cards of previews."""

from ari_bridge.cli.phones.samples import TENSE, samples
from ari_bridge.screens.card import Action, CardState
from ari_bridge.screens.words import LANGUAGES, words_of


def test_every_state_of_a_call_has_its_card() -> None:
    """Law: no state is left out of what an administrator can look at, in any language."""
    for language in LANGUAGES:
        cards = samples(language)
        assert {card.state for card in cards.values()} == set(CardState)
        assert all(card.title == words_of(language).title for card in cards.values())


def test_the_fullest_card_says_a_tone_and_its_uncertainty() -> None:
    """Law: what a preview shows first is the card with most on it, the error said."""
    card = samples("en")[TENSE]
    assert "rather tense (uncertain)" in card.lines[0]
    assert len(card.lines) == max(len(one.lines) for one in samples("en").values())
    assert len(samples("en")["cue"].lines) == len(card.lines)


def test_a_score_can_be_contested_where_it_stands() -> None:
    """Law: a preview has the keys that the phone has: a score with Contest, the question after it, and what follows."""
    cards = samples("en")
    actions = {name: [key.action for key in card.keys] for name, card in cards.items()}
    assert actions[TENSE] == [Action.STOP, Action.CONTEST, Action.HIDE, Action.EXIT]
    assert actions["contest"] == [Action.CONFIRM, Action.BACK]
    assert not [name for name, keys in actions.items() if Action.CONTEST in keys and name not in {TENSE, "cue"}]
    assert "contested" in cards["contested"].lines[0]
