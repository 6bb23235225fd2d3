"""Laws of Cisco's phones with the firmware of a call manager."""

from __future__ import annotations

from ari_bridge.screens import cisco, cisco_cucm
from ari_bridge.screens.document import PushKind
from tests.golden.phone_cards import address, cards


def test_the_document_is_ciscos() -> None:
    """The firmware decides how a card comes, not how it is drawn."""
    card, url = cards("fr")["tense"], address("cisco-cucm")
    assert cisco_cucm.FAMILY.render(card, url) == cisco.FAMILY.render(card, url)


def test_no_notify_is_sent() -> None:
    """Such a phone takes a push by HTTP alone: a NOTIFY would be counted as sent, and shown by nobody."""
    assert cisco_cucm.FAMILY.notify is None
    assert cisco_cucm.CAPABILITY.push is PushKind.NONE
    assert not cisco_cucm.CAPABILITY.hardware_tested
