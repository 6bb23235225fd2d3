"""Desk phones behind a FreeSWITCH: documents by SIP NOTIFY, through an event socket of their own."""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import structlog

from ari_bridge.pbx.errors import NotLetIn, Unreachable
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.esl_client import SIGN_OF_LIFE, EslConnection
from ari_bridge.pbx.freeswitch.events import rows_of
from ari_bridge.pbx.freeswitch.link import Link
from ari_bridge.pbx.port import PbxRefused

log = structlog.get_logger()

RETRY_S: Final = 5.0
"""How long a PBX that could not be reached is not asked again: the next document comes soon enough."""
_PROFILE: Final = re.compile(r"sofia/([A-Za-z0-9_.-]{1,64})/")


class Registration(NamedTuple):
    """Where a user's phone is registered now."""

    user: str
    realm: str
    profile: str
    address: str


class FreeSwitchPhones:
    """Connects when there is something to send, and again when the connection was lost. `start` it, `stop` it.

    What the phones call themselves it has the gate of `link` ask.
    """

    def __init__(self, access: EslAccess, link: Link) -> None:
        self._access = access
        self._link = link
        self._connection: EslConnection | None = None
        self._refusal: NotLetIn | None = None
        self._retry_at_s = 0.0
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Try the connection. Raises PbxRefused on a wrong password; a PBX that is not there yet may come later."""
        try:
            await self._connected()
        except Unreachable as error:
            log.warning("phones.unreachable", reason=str(error))

    async def stop(self) -> None:
        """End the connection."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def notify(self, endpoint: str, event: str, content_type: str, content: Sequence[str]) -> None:
        """Send one NOTIFY to each phone of that user of the directory; see the port. The pieces are joined with CRLF.

        Raises:
            PbxRefused: no phone of that user is registered.
            TimeoutError: no answer.
        """
        places = {(one.realm, one.profile) for one in await self.registrations() if one.user == endpoint}
        if not places:
            raise PbxRefused("no phone of that user is registered")
        connection = await self._connected()
        for realm, profile in sorted(places):
            where = {"profile": profile, "user": endpoint, "host": realm}
            what = {"event-string": event, "content-type": content_type}
            await connection.send_event("NOTIFY", where | what, "\r\n".join(content))

    async def user_agents(self) -> Mapping[str, tuple[str, ...]]:
        """What the registered phones call themselves, by user of the directory.

        By the gate: FreeSWITCH tells it only to who may do everything to its SIP profiles.

        Raises:
            PbxRefused: the gate is of an older install.
            TimeoutError: no answer, or the link is not connected.
        """
        told = await self._link.ask("phones")
        found: dict[str, tuple[str, ...]] = {}
        for line in told.body.splitlines():
            user, _, named = line.partition(" ")
            found[user] = (*found.get(user, ()), html.unescape(named))
        return found

    async def addresses(self) -> Mapping[str, frozenset[str]]:
        """Where the phones are that are registered now, by endpoint: the address from which each registered.

        Raises:
            PbxRefused: no right to ask.
            TimeoutError: no answer.
        """
        found: dict[str, frozenset[str]] = {}
        for one in await self.registrations():
            found[one.user] = found.get(one.user, frozenset()) | {one.address}
        return found

    async def registrations(self) -> list[Registration]:
        """The phones that are registered now. Raises as `addresses` does."""
        connection = await self._connected()
        found = []
        for row in rows_of(await connection.api("show", "registrations", "as", "json")):
            profile = _PROFILE.match(str(row.get("url", "")))
            if profile is not None:
                user, realm, address = (str(row.get(name, "")) for name in ("reg_user", "realm", "network_ip"))
                found.append(Registration(user, realm, profile[1], address))
        return found

    async def _connected(self) -> EslConnection:
        async with self._turn:
            if self._connection is not None and not self._connection.is_closed:
                return self._connection
            if self._refusal is not None:
                raise self._refusal  # a password does not become right by being repeated
            now_s = asyncio.get_running_loop().time()
            if now_s < self._retry_at_s:
                raise Unreachable("the event socket could not be reached a moment ago")
            try:
                self._connection = await EslConnection.open(self._access)
                # Without a sign of life it would be taken for deaf.
                await self._connection.subscribe((SIGN_OF_LIFE,), ())
            except NotLetIn as refusal:
                self._refusal = refusal
                raise
            except Unreachable:
                self._retry_at_s = now_s + RETRY_S
                raise
            return self._connection
