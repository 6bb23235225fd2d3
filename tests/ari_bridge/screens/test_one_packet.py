"""Laws of cards cut to one packet."""

from __future__ import annotations

import dataclasses

from ari_bridge.screens import notify_lines, one_packet
from ari_bridge.screens.card import Action, CardState, Key, ScoreCard
from ari_bridge.screens.wording import card_of
from ari_bridge.screens.xml_wire import Element, leaf
from tests.golden.phone_cards import cards


def screen(card: ScoreCard) -> Element:
    """A screen whose keys are as large as those of a phone."""
    root = Element("Screen")
    leaf(root, "Text", card.consent, *card.lines, card.footer)
    for key in card.keys:
        leaf(root, "Key", key.action.value + "-" * 80)
    return root


def packed(card: ScoreCard) -> str:
    """The body of the card that fits."""
    content = one_packet.fitting(card, screen)
    assert content is not None
    assert notify_lines.body_bytes(content) <= one_packet.MAX_BODY_BYTES
    return "".join(content)


def test_a_card_that_fits_goes_whole() -> None:
    """Nothing is left out where there is room."""
    body = packed(card_of(CardState.ASKED, language="en"))
    assert body == "".join(notify_lines.lines(screen(card_of(CardState.ASKED, language="en"))))


def test_the_last_lines_go_first_then_the_key_to_the_details_and_never_stop_or_contest() -> None:
    """What shows an inference has Stop and Contest; dots say that something is missing."""
    card = cards("en")["tense"]
    roomy = dataclasses.replace(card, lines=card.lines[:2] + ("-" * 100,) * 2)
    assert "&#10;...&#10;" in packed(roomy)
    assert "details-" in packed(roomy)
    tight = dataclasses.replace(card, lines=("-" * 80,) * 4)
    assert "details-" not in packed(tight)
    assert "&#10;...&#10;" in packed(tight)
    for one in (roomy, tight):
        assert card.consent in packed(one)
        assert card.footer in packed(one)
        assert {"stop-", "contest-"} <= {f"{key.action.value}-" for key in card.keys if f"{key.action}-" in packed(one)}


def test_where_not_even_the_first_line_has_room_there_is_none() -> None:
    """The family then sends what it has for that: an address."""
    card = dataclasses.replace(card_of(CardState.FAILED, language="en"), lines=("," * 200,))
    assert one_packet.fitting(card, screen) is None
    huge = dataclasses.replace(card, lines=("x",), keys=(Key("x", Action.EXIT),) * 4, footer="é" * 200)
    assert one_packet.whole(screen(dataclasses.replace(huge, consent="," * 200))) is None


def test_the_last_card_of_a_call_leaves_soon() -> None:
    """The others stay until the next push would have come."""
    assert one_packet.timeout_s(card_of(CardState.ENDED, language="en")) == 10
    assert one_packet.timeout_s(card_of(CardState.GRANTED, language="en")) == 120
