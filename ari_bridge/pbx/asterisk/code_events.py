"""The dialplan's word of an agent's code: a contest, or the code of a page. Pure.

Any program that may write to the ARI can raise an event and name any channel in it. So the event is a bell only: whose
leg it is, and where in the dialplan that leg stands at this moment, is read off the channel as the PBX describes it,
and a leg that does not stand in the code's own context has pressed nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from ari_bridge.pbx import answers
from ari_bridge.pbx.port import Channel, Contested, Paired
from dialplan.render import PAIRING_DIGITS

CONTEST_CONTEXT: Final = "ouidire-contest"
PAIR_CONTEXT: Final = "ouidire-pair"
_CODE: Final = re.compile(rf"[0-9]{{{PAIRING_DIGITS}}}")


def contested(fields: Mapping[str, object], channel: Channel, described: object) -> Contested | None:
    """A UserEvent `OuidireContest` that `channel` sent; `described` is the same channel as the PBX wrote it."""
    call_id = fields.get("Call")
    if not isinstance(call_id, str) or not answers.CALL_ID.fullmatch(call_id) or call_id == channel.channel_id:
        return None
    if channel.endpoint is None or _place(described)[0] != CONTEST_CONTEXT:
        return None
    return Contested(call_id, channel.channel_id, channel.endpoint)


def paired(channel: Channel, described: object) -> Paired | None:
    """A UserEvent `OuidirePair`; the code is what the channel dialled."""
    context, extension = _place(described)
    if channel.endpoint is None or context != PAIR_CONTEXT or not _CODE.fullmatch(extension):
        return None
    return Paired(channel.endpoint, extension, channel.channel_id)


def _place(described: object) -> tuple[str, str]:
    """Where in the dialplan a channel stands: context and extension, "" where it does not say."""
    place: Any = described.get("dialplan") if isinstance(described, dict) else None
    if not isinstance(place, dict):
        return "", ""
    context, extension = place.get("context"), place.get("exten")
    return context if isinstance(context, str) else "", extension if isinstance(extension, str) else ""
