"""From which network addresses each endpoint's phones are registered: nobody else is shown their cards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv6Address, ip_address
from typing import Final

import structlog

from ari_bridge.pbx.port import PbxRefused

LOOK_AGAIN_S: Final = 5.0
"""How soon the PBX is asked again about an address that it did not know."""
FRESH_S: Final = 60.0
"""How long an answer holds: a phone that has moved away is known a minute later."""

log = structlog.get_logger()


class PhoneAddresses:
    """`addresses` asks the PBX for those of each endpoint's registered contacts; `clock` gives steady seconds."""

    def __init__(
        self,
        addresses: Callable[[], Awaitable[Mapping[str, frozenset[str]]]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._addresses = addresses
        self._clock = clock
        self._known: Mapping[str, frozenset[str]] = {}
        self._asked_at_s = float("-inf")
        self._looking = asyncio.Lock()

    async def is_of(self, endpoint: str, address: str) -> bool:
        """Whether a phone of the endpoint is registered from there. Where the PBX cannot be asked, as far as known."""
        if self._is_due(endpoint, address):
            async with self._looking:  # whoever comes while the PBX is asked waits for that answer
                if self._is_due(endpoint, address):
                    await self._look()
                    self._asked_at_s = self._clock()
        return self._knows(endpoint, address)

    def _is_due(self, endpoint: str, address: str) -> bool:
        age_s = self._clock() - self._asked_at_s
        return age_s >= FRESH_S or (age_s >= LOOK_AGAIN_S and not self._knows(endpoint, address))

    def _knows(self, endpoint: str, address: str) -> bool:
        return plain(address) in {plain(one) for one in self._known.get(endpoint, ())}

    async def _look(self) -> None:
        try:
            self._known = await self._addresses()
        except (PbxRefused, TimeoutError, OSError) as error:
            log.warning("addresses.unknown", error=type(error).__name__)


def plain(address: str) -> str:
    """One spelling of an IP address; what is none stays as it is."""
    try:
        found = ip_address(address.strip("[]"))
    except ValueError:
        return address
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)
