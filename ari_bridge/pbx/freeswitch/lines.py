"""Our own lines and the agents' codes on FreeSWITCH: each method of `LinePbx` and `CodePbx` as an ask of the gate.

The gate does it only for a channel whose own variable says that it is on one of our lines, or waits for an answer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Final
from uuid import uuid4

from ari_bridge.pbx.freeswitch.link import Link
from ari_bridge.pbx.port import PbxRefused

_OWN: Final = "ouidire-"
"""With what the names of our places in a dialplan begin, as the port's callers write them."""
_BEGINNING: Final = "s"
MAX_PLAYS: Final = 1000
"""What is remembered of whose prompts play: a line plays one at a time."""


class FreeSwitchLines:
    """By the link of the calls."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._plays: dict[str, str] = {}

    async def play(self, channel_id: str, prompts: Sequence[str]) -> str:
        """All of them one after the other, by a script on the channel. See the port."""
        play_id = uuid4().hex
        await self._link.ask("play", call=channel_id, play=play_id, prompts=",".join(prompts))
        self._plays[play_id] = channel_id
        while len(self._plays) > MAX_PLAYS:
            del self._plays[next(iter(self._plays))]
        return play_id

    async def stop_playing(self, play_id: str) -> None:
        """See the port."""
        channel_id = self._plays.pop(play_id, "")
        if channel_id:
            with contextlib.suppress(PbxRefused):  # it has left the line, and nothing plays there
                await self._link.ask("quiet", call=channel_id, play=play_id)

    async def hang_up_line(self, channel_id: str) -> None:
        """See the port."""
        with contextlib.suppress(PbxRefused):  # no such channel on a line (any more)
            await self._link.ask("hangup", call=channel_id)

    async def send_line(self, channel_id: str, context: str, extension: str) -> None:
        """To an extension of our one context, which is named as the others' contexts are: all else is refused."""
        if not context.startswith(_OWN) or extension != _BEGINNING:
            raise PbxRefused(f"FreeSWITCH has no place {extension}@{context} of ours")
        await self._link.ask("leave", call=channel_id, where=context.removeprefix(_OWN))

    async def answer_code(self, channel_id: str, prompt: str) -> None:
        """See the port."""
        await self._link.ask("answer", call=channel_id, prompt=prompt)
