"""Laws of telling a phone's family from its user agent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.screens.detection import DETECTED, MAX_USER_AGENT_CHARACTERS, family_of
from ari_bridge.screens.families import FAMILIES

PHONES = {
    "Yealink SIP-T46S 66.86.0.15": "yealink",
    "PolycomVVX-VVX_410-UA/5.9.5.0614": "poly",
    "PolyEdge-Edge_E350-UA/8.1.0": "poly",
    "Cisco-CP-8841-3PCC/11.0.1": "cisco",
    "Cisco/SPA504G-7.6.2b": "cisco",
    "Cisco-CP7962G/9.4.2": "cisco-cucm",
    "Cisco-CP8841/12.5.1": "cisco-cucm",
    "Grandstream GXP2170 1.0.11.6": "grandstream",
    "Grandstream GRP2614 1.0.5.15": "grandstream",
    "Fanvil X6U 2.4.5.1 0c383e047194": "fanvil",
    "snomD785/10.1.54.13": "snom",
    "snom320/8.4.35": "snom",
    "Aastra 6731i/3.3.1.4365": "mitel",
    "Mitel 6867i/5.1.0.2024": "mitel",
    "OpenStage_60_V3 R5.16.0 SIP": "unify",
    "OpenScape Desk Phone CP600": "unify",
}
NO_PHONES = (
    "",
    "Linphone/5.2.5 (belle-sip/5.2.98)",
    "Zoiper v2.10.20",
    "MicroSIP/3.21.3",
    "Asterisk PBX 22.5.0",
    "Spain",
)


@pytest.mark.parametrize(("user_agent", "family"), PHONES.items())
def test_a_phone_is_known_by_its_user_agent(user_agent: str, family: str) -> None:
    """Each maker's phones are told apart, in capitals or not."""
    assert family_of(user_agent) == family
    assert family_of(user_agent.upper()) == family
    assert family_of(user_agent.lower()) == family


@pytest.mark.parametrize("user_agent", NO_PHONES)
def test_a_softphone_is_of_no_family(user_agent: str) -> None:
    """What names no maker gets no document: a guess would show one maker's XML on another's phone."""
    assert family_of(user_agent) is None


@given(st.text(max_size=400))
def test_any_user_agent_is_answered(user_agent: str) -> None:
    """A user agent is whatever a stranger registers with: the answer is a known name or none, from its beginning."""
    found = family_of(user_agent)
    assert found is None or found in DETECTED
    padded = user_agent[:MAX_USER_AGENT_CHARACTERS].ljust(MAX_USER_AGENT_CHARACTERS)
    assert family_of(padded + "yealink") == family_of(padded)


def test_every_family_we_draw_for_can_be_found() -> None:
    """A family that is added has its pattern, and no name is found for which nothing is drawn."""
    assert set(FAMILIES) == DETECTED
