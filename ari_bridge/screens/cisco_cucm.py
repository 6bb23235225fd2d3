"""Cisco's 79xx, 78xx and 88xx with the firmware of Cisco's own call manager: fetched like the others, never notified.

Source: Cisco Unified IP Phone Services Application Development Notes (OL-20949-01): such a phone is pushed to by HTTP
alone. Asterisk runs many of them; their SIP firmware takes no NOTIFY with an XML object.
"""

from __future__ import annotations

from dataclasses import replace

from ari_bridge.screens import cisco
from ari_bridge.screens.document import Family, PushKind

CAPABILITY = replace(
    cisco.CAPABILITY,
    push=PushKind.NONE,
    needs="authenticationURL on the phone leads to us; else the agent opens the card as a service",
)

FAMILY = Family("cisco-cucm", "k", CAPABILITY, cisco.render, None, picture=cisco.picture)
