"""When a leg may be heard: the rules of a running call as pure functions, in one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ari_bridge.calls.board import Stage
from ari_bridge.calls.roles import Roles
from ari_bridge.calls.topology import Conversation
from ari_bridge.pbx.port import Channel
from consent.parties import Party
from consent.states import STOP_KEYS, STOP_KEYS_GAP_S, Answer

STAGE_OF: Final[dict[Answer, Stage]] = {
    Answer.ASKED: Stage.ASKED,
    Answer.GRANTED: Stage.PAUSED,
    Answer.REFUSED: Stage.REFUSED,
    Answer.WITHDRAWN: Stage.WITHDRAWN,
    Answer.OBJECTED: Stage.OBJECTED,
    Answer.EXPIRED: Stage.ENDED,
}
LAST_FIRST: Final = (Answer.EXPIRED, Answer.WITHDRAWN, Answer.OBJECTED, Answer.REFUSED, Answer.GRANTED)
"""Of several answers of a call the first of these is where it stands."""
FINAL: Final = frozenset({Stage.REFUSED, Stage.WITHDRAWN, Stage.OBJECTED, Stage.ENDED})
"""Nothing is heard any more once a call stands here."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The legs to hear now, by channel id; where there are none, `pause` says why in a word for the log."""

    legs: Mapping[str, Party]
    pause: str = ""


def plan(call_id: str, conversation: Conversation, channels: Mapping[str, Channel], roles: Roles) -> Plan:
    """Which legs of a granted call may be heard at this moment.

    The consenting caller and the one agent with whom the caller talks, and nobody while one of them is on hold, while
    somebody else from outside, or of whom we cannot tell, is in the conversation (not asked), or while several agents
    are: the one grant of the agents' side covers one leg. An endpoint of the unmonitored ones silences the whole
    conversation, whoever else is in it.
    """
    caller = channels.get(call_id)
    if caller is None or roles.of(caller) is not Party.CALLER:
        return Plan({}, "no_caller")
    if any(roles.is_unmonitored(channels[leg]) for leg in conversation.legs if leg in channels):
        return Plan({}, "unmonitored")
    parties = {leg: roles.of(channels[leg]) for leg in conversation.legs if leg in channels}
    agents = [leg for leg, party in parties.items() if party is Party.AGENT]
    strangers = [leg for leg, party in parties.items() if party is not Party.AGENT and leg != call_id]
    if not agents:
        return Plan({}, "alone")
    if strangers:
        return Plan({}, "third_party")
    if len(agents) > 1:
        return Plan({}, "several_agents")
    if conversation.held:
        return Plan({}, "hold")
    return Plan({call_id: Party.CALLER, agents[0]: Party.AGENT})


class StopKeys:
    """Watches one leg's keys for the stop keys, for calls in which the PBX itself does not look at them."""

    __slots__ = ("_last", "_last_at")

    _GAP: Final = timedelta(seconds=STOP_KEYS_GAP_S)

    def __init__(self) -> None:
        self._last = ""
        self._last_at: datetime | None = None

    def press(self, key: str, at: datetime) -> bool:
        """Take one key; True when it completes the stop keys, pressed in time."""
        in_time = self._last_at is not None and timedelta(0) <= at - self._last_at <= self._GAP
        complete = in_time and self._last + key == STOP_KEYS
        self._last, self._last_at = key, at
        return complete
