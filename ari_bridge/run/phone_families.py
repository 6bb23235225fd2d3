"""Which family each endpoint's phone is of: what the settings say, else what the phone says when it registers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Final

import structlog

from ari_bridge.pbx.port import PbxRefused
from ari_bridge.run.sections import Family
from ari_bridge.screens.detection import family_of

LOOK_EVERY_S: Final = 60.0
"""A phone that was exchanged gets its own documents a minute later; until then it gets the old one's."""
LOOK_AT_MOST_EVERY_S: Final = 2.0
"""However many endpoints with a call are not known yet, and while the PBX does not answer."""

log = structlog.get_logger()


class PhoneFamilies:
    """`set_family` is the settings' word for an endpoint; where that is auto, the newest user agents are asked.

    `user_agents` asks the PBX for those of each endpoint's registered contacts.
    """

    def __init__(
        self,
        set_family: Callable[[str], Family],
        user_agents: Callable[[], Awaitable[Mapping[str, tuple[str, ...]]]],
    ) -> None:
        self._set_family = set_family
        self._user_agents = user_agents
        self._found: Mapping[str, str] = {}
        self._asked_for: set[str] = set()
        self._is_missed = asyncio.Event()
        self._is_answered = True

    def family_of(self, endpoint: str) -> str:
        """The name of the family; none where nobody knows it."""
        family = self._set_family(endpoint)
        if family is not Family.AUTO:
            return family.value
        if endpoint not in self._found and endpoint not in self._asked_for:
            self._asked_for.add(endpoint)  # perhaps it registered a moment ago
            self._is_missed.set()
        return self._found.get(endpoint, Family.NONE.value)

    async def look(self) -> None:
        """Ask the PBX which phones are registered. One that cannot be asked leaves what was known."""
        try:
            agents = await self._user_agents()
        except (PbxRefused, TimeoutError, OSError) as error:
            (log.warning if self._is_answered else log.debug)("families.unknown", error=type(error).__name__)
            self._is_answered = False
            return
        self._is_answered = True
        self._found = {endpoint: found for endpoint, named in agents.items() if (found := _one_family(named))}

    async def watch(self) -> None:
        """Look every minute, for ever; sooner where an endpoint is asked for that nobody knew, once a minute each, and
        where the PBX did not answer.
        """
        while True:
            await self.look()
            self._asked_for.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S if self._is_answered else LOOK_AT_MOST_EVERY_S):
                    await self._look_for_the_missed()

    async def _look_for_the_missed(self) -> None:
        while True:
            await self._is_missed.wait()
            self._is_missed.clear()
            await self.look()
            await asyncio.sleep(LOOK_AT_MOST_EVERY_S)


def _one_family(user_agents: tuple[str, ...]) -> str:
    """The family of the desk phones among an endpoint's contacts; nothing where they are of two, or none is one.

    A NOTIFY goes to every contact of the endpoint: a softphone beside a desk phone refuses it, but a desk phone of
    another family might show it.
    """
    families = {found for agent in user_agents if (found := family_of(agent)) is not None}
    return families.pop() if len(families) == 1 else ""
