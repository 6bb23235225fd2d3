"""Laws of which phone shows what."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from ari_bridge.calls.board import Stage
from ari_bridge.screens.card import CardState
from ari_bridge.screens.push import Pusher
from ari_bridge.screens.tokens import Tokens
from ari_bridge.web.desk import Desk
from consent.errors import InvalidValue
from tests.ari_bridge.screens.clock import Clock
from tests.ari_bridge.web.desk_phones import DeskPhones


def _text(phones: DeskPhones, family: str, token: str) -> str:
    ticket = phones.desk.find(family, token)
    assert ticket is not None
    return ElementTree.fromstring(phones.desk.page(ticket).body).findtext("Text") or ""


def test_the_board_and_the_cards_know_the_same_states() -> None:
    """A stage of the board that no card could show would leave an agent without a word."""
    assert {stage.value for stage in Stage} == {state.value for state in CardState}


async def test_agents_with_a_screen_get_the_call_pushed_each_at_an_address_of_its_own() -> None:
    """Two agents have two tokens; an endpoint without a family gets nothing."""
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001", "1002", "1003")
    assert [endpoint for endpoint, _ in phones.pushed] == ["1001", "1002"]
    assert phones.token("1001") != phones.token("1002")
    assert "rather tense" in _text(phones, "yealink", phones.token("1001"))
    assert len(phones.tokens) == 2


async def test_a_token_opens_no_page_of_another_family() -> None:
    """A Yealink's token below a Cisco's address leads nowhere."""
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001")
    token = phones.token("1001")
    assert phones.desk.find("yealink", token) is not None
    assert phones.desk.find("cisco", token) is None
    assert phones.desk.find("abacus", token) is None


@pytest.mark.parametrize("stage", [Stage.PAUSED, Stage.WITHDRAWN, Stage.OBJECTED, Stage.FAILED, Stage.REFUSED])
async def test_who_no_longer_talks_still_learns_how_the_call_stands(stage: Stage) -> None:
    """A caller on hold who withdraws is known to the agent who comes back; no tone and no facts are shown meanwhile."""
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001")
    token = phones.token("1001")
    phones.clock.now_s += 5
    await phones.put(stage)
    assert len(phones.pushed) == 2
    assert phones.token("1001") == token
    for text in (_text(phones, "yealink", token), phones.pushed[-1][1].findtext("Text") or ""):
        assert "tense" not in text
        assert "share" not in text


async def test_an_agent_who_handed_the_call_on_sees_nothing_of_the_next_agents() -> None:
    """When another agent talks with the caller, the first one's phone says "call ended", by push and by fetch."""
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001")
    first = phones.token("1001")
    await phones.put(Stage.GRANTED, "1002")
    assert "Call ended." in _text(phones, "yealink", first)
    assert "rather tense" in _text(phones, "cisco", phones.token("1002"))
    ended = [body.findtext("Text") or "" for endpoint, body in phones.pushed if endpoint == "1001"][-1]
    assert ended.startswith("Call ended.")
    phones.clock.now_s += 60
    assert phones.desk.find("yealink", first) is None


async def test_after_hang_up_the_address_says_ended_for_60_s_and_dies() -> None:
    """The last push and every fetch say that the call has ended, also when the board has forgotten it."""
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001")
    token = phones.token("1001")
    await phones.put(Stage.ENDED)
    assert (phones.pushed[-1][1].findtext("Text") or "").startswith("Call ended.")
    phones.clock.now_s += 59.9
    assert "Call ended." in _text(phones, "yealink", token)
    phones.clock.now_s += 0.1
    assert phones.desk.find("yealink", token) is None


async def test_a_refused_call_shows_no_more_than_the_refusal() -> None:
    """After a no the card holds neither a tone nor facts, whatever the view holds."""
    phones = DeskPhones()
    await phones.put(Stage.REFUSED, "1001")
    text = phones.pushed[-1][1].findtext("Text") or ""
    assert text.startswith("Consent: refused.")
    assert "tense" not in text


@pytest.mark.parametrize(
    "base_url", ["", "ftp://host", "http://host/\r\nX: y", "http://a b", "http://é", "http://" + "a" * 200]
)
def test_an_address_that_phones_could_not_use_is_refused_at_the_start(base_url: str) -> None:
    """No line end, no space, no letter beyond ASCII, nothing too long can stand in an address."""
    phones = DeskPhones()
    with pytest.raises(InvalidValue):
        Desk(lambda endpoint: "yealink", base_url, Pusher(phones), Tokens(Clock()), phones.board.view)


async def test_a_contested_score_is_gone_from_push_and_page() -> None:
    """The agent who contested sees that it was dropped; who does not talk with the caller sees nothing of it."""
    phones = DeskPhones()
    await phones.put(Stage.GRANTED, "1001")
    token = phones.token("1001")
    phones.clock.now_s += 5
    await phones.contested("1001")
    for text in (_text(phones, "yealink", token), phones.pushed[-1][1].findtext("Text") or ""):
        assert "Score contested and erased." in text
        assert "tense" not in text
    await phones.contested("1002")
    assert "contested" not in _text(phones, "yealink", token)
