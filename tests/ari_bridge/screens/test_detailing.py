"""Laws of the details."""

from __future__ import annotations

import dataclasses
import re

import pytest

from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore
from ari_bridge.screens import contesting, cueing, detailing
from ari_bridge.screens.card import MAX_KEYS, MAX_LINES, Action, CardState, ScoreCard
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.wording import card_of
from tests.golden.phone_cards import FACTS, TENSE, address

LANGUAGES = tuple(detailing.LANGUAGES)


def _card(language: str = "en", tone: ToneScore | Abstained | None = TENSE) -> ScoreCard:
    return contesting.offering(card_of(CardState.GRANTED, language=language, tone=tone, facts=FACTS), language)


def _actions(card: ScoreCard) -> list[Action]:
    return [key.action for key in card.keys]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_leads_to_its_details_and_a_cue_to_hiding_it(language: str) -> None:
    """While a cue stands there its key is the one that hides; else the details, behind which it is to be found too."""
    card = _card(language)
    assert _actions(detailing.offering(card, language)) == [Action.STOP, Action.CONTEST, Action.DETAILS, Action.EXIT]
    told = cueing.telling(card, "x")
    assert _actions(detailing.offering(told, language)) == [Action.STOP, Action.CONTEST, Action.HIDE, Action.EXIT]
    details = detailing.details(card, language, TENSE)
    assert _actions(details) == [Action.STOP, Action.HIDE, Action.BACK]
    assert _actions(detailing.with_picture(details, language)) == [
        Action.STOP, Action.HIDE, Action.PICTURE, Action.BACK,
    ]  # fmt: skip
    assert _actions(detailing.picture(detailing.with_picture(details, language))) == [Action.STOP, Action.BACK]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_score_stands_there_in_figures_with_its_error(language: str) -> None:
    """Value, one standard deviation and how long was heard; of the likelihood of anger nothing, in no language."""
    tone = ToneScore(10.0, 14.0, Estimate(0.71, 0.152), Estimate(0.43, 0.29), "m")
    details = detailing.details(_card(language, tone), language, tone)
    assert re.findall(r"\d+(?:\.\d+)?", details.lines[0]) == ["0", "1", "0.71", "0.15", "4"]
    assert not [line for line in details.lines if "0.43" in line or "0.29" in line]
    assert len(details.lines) <= MAX_LINES
    assert details.lines[1] == detailing.LANGUAGES[language].times


def test_what_was_not_measured_is_said_and_has_no_figure() -> None:
    """Silence never looks like calm: the reason stands where the figures would."""
    tone = Abstained(10.0, 14.0, Reason.NOISE)
    assert "noise" in detailing.details(_card(tone=tone), "en", tone).lines[0]
    assert "nothing judged yet" in detailing.details(_card(tone=None), "en", None).lines[0]


def test_the_facts_that_a_cut_card_loses_are_there() -> None:
    """A push is cut from its end: the details have the end."""
    card = _card()
    assert detailing.details(card, "en", TENSE).lines[-4:] == card.lines[-4:]


def test_other_cards_have_none() -> None:
    """Where nothing is heard there is nothing to detail; a card without room stays as it is."""
    for state in set(CardState) - {CardState.GRANTED}:
        assert Action.DETAILS not in _actions(detailing.offering(card_of(state, language="en"), "en"))
    full = dataclasses.replace(_card(), keys=_card().keys[:1] * MAX_KEYS)
    assert detailing.offering(full, "en") == full


@pytest.mark.parametrize("family", [one for one in FAMILIES.values() if one.picture], ids=lambda one: one.name)
def test_a_picture_has_the_images_address_and_the_way_back(family: object) -> None:
    """Every family that shows one: the image is below the card's own address, and so is the key that leads back."""
    assert isinstance(family, type(FAMILIES["yealink"]))
    assert family.picture is not None
    url = address(family.name)
    card = detailing.picture(detailing.details(_card(), "en", TENSE))
    body = family.picture(card, url, f"{url}/trace.png").body.decode()
    assert f"{url}/trace.png" in body
    assert f"{url}/card" in body
    assert f"{url}/stop" in body
