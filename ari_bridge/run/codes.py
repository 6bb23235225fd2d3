"""What agents press and dial: a contest by keys, and the code by which a telephone and a page become one agent's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from ari_bridge.calls.roles import Roles
from ari_bridge.calls.topology import Topology
from ari_bridge.pbx.port import CodePbx, Contested, Paired, PbxEvent, PbxRefused
from consent.parties import Party

log = structlog.get_logger()

CONTESTED: Final = "contest_done"
NO_SCORE: Final = "contest_none"
PAIRED: Final = "pair_done"
UNKNOWN: Final = "pair_unknown"
UNAVAILABLE: Final = "unavailable"


class Codes:
    """Takes the PBX's events beside the calls.

    An event alone does nothing. The leg must be an agent's by its endpoint, and for a contest in the conversation of
    the call that it names at this moment. `contest` contests the score that stands; it says False where none does.
    Neither endpoints nor codes are ever logged: nobody is told who contested, or who opened a page.
    """

    def __init__(self, pbx: CodePbx, topology: Topology, roles: Roles, contest: Callable[[str], bool]) -> None:
        self._pbx = pbx
        self._topology = topology
        self._roles = roles
        self._contest = contest
        self._pair: Callable[[str, str], bool] | None = None
        self._answers: set[asyncio.Task[None]] = set()

    def pairs_with(self, pair: Callable[[str, str], bool]) -> None:
        """From now on a dialled code and the endpoint go to `pair`, which says whether a page showed that code."""
        self._pair = pair

    def take(self, event: PbxEvent) -> bool:
        """Take one event, without waiting; True where it is nobody else's."""
        match event:
            case Contested():
                if self._is_agent_in(event):
                    self._answer(event.channel_id, CONTESTED if self._contest(event.call_id) else NO_SCORE)
                else:
                    log.warning("contest.refused", call_id=event.call_id, reason="not an agent of this conversation")
            case Paired():
                self._answer(event.channel_id, self._paired(event))
            case _:
                return False
        return True

    async def close(self) -> None:
        """Let the answers go that are on their way."""
        await asyncio.gather(*self._answers, return_exceptions=True)

    def _is_agent_in(self, event: Contested) -> bool:
        leg = self._topology.channels.get(event.channel_id)
        if leg is None or leg.endpoint != event.endpoint or self._roles.of(leg) is not Party.AGENT:
            return False
        return event.channel_id in self._topology.conversation(event.call_id).legs

    def _paired(self, event: Paired) -> str:
        if self._roles.is_outside(event.endpoint):
            log.warning("pairing.refused", reason="dialled from outside: the number must lie in a context of staff")
            return UNKNOWN
        if self._pair is None:
            return UNAVAILABLE
        return PAIRED if self._pair(event.code, event.endpoint) else UNKNOWN

    def _answer(self, channel_id: str, prompt: str) -> None:
        task = asyncio.get_running_loop().create_task(self._say(channel_id, prompt), name="answer to a code")
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)

    async def _say(self, channel_id: str, prompt: str) -> None:
        try:
            await self._pbx.answer_code(channel_id, prompt)
        except (PbxRefused, TimeoutError) as error:  # they hear the dialplan's own word instead
            log.warning("code.not_answered", error=str(error))
