"""Desk phones behind an Asterisk: documents by SIP NOTIFY, through an AMI user that can do this alone."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from ari_bridge.pbx.asterisk.access import AmiAccess
from ari_bridge.pbx.asterisk.ami import AmiConnection
from ari_bridge.pbx.errors import NotLetIn, Unreachable
from ari_bridge.pbx.port import PbxRefused

log = structlog.get_logger()

_HOST: Final = re.compile(r"sips?:(?:[^@]*@)?(\[[^\]]+\]|[^:;>]+)")
"""The host of a SIP URI (RFC 3261, 19.1.1)."""
RETRY_S: Final = 5.0
"""How long a PBX that could not be reached is not asked again: the next document comes soon enough."""


class AsteriskPhones:
    """Connects when there is something to send, and again when the connection was lost. `start` it, `stop` it."""

    def __init__(self, access: AmiAccess) -> None:
        self._access = access
        self._ami: AmiConnection | None = None
        self._refusal: NotLetIn | None = None
        self._retry_at_s = 0.0
        self._turn = asyncio.Lock()

    async def start(self) -> None:
        """Try the connection. Raises PbxRefused on a wrong password; a PBX that is not there yet may come later."""
        try:
            await self._connection()
        except Unreachable as error:
            log.warning("phones.unreachable", reason=str(error))

    async def stop(self) -> None:
        """End the connection."""
        if self._ami is not None:
            self._ami.close()
            self._ami = None

    async def notify(self, endpoint: str, event: str, content_type: str, content: Sequence[str]) -> None:
        """Send one NOTIFY; see the port. Asterisk joins the pieces of `content` with CRLF, and takes from each of them
        every double quote, backslash and unprotected comma: the pieces must have none (screens/notify_lines).

        Raises:
            PbxRefused: no such endpoint, a piece that AMI cannot carry, or no right to send.
            TimeoutError: no answer.
        """
        variables = [f"Event={event}", f"Content-Type={content_type}", *(f"Content={piece}" for piece in content)]
        ami = await self._connection()
        try:
            await ami.send("PJSIPNotify", Endpoint=endpoint, Variable=variables)
        except Unreachable:
            ami.close()
            raise
        except PbxRefused as error:
            if "unknown command" in str(error) or "Permission denied" in str(error):
                raise PbxRefused(
                    "the PBX cannot send NOTIFY: load res_pjsip_notify (it needs a pjsip_notify.conf, even an empty "
                    f"one), and give the AMI user {self._access.user!r} write = system"
                ) from error
            raise

    async def user_agents(self) -> Mapping[str, tuple[str, ...]]:
        """What the phones that are registered now call themselves, by endpoint: one for each contact of it.

        Raises:
            PbxRefused: no right to ask.
            TimeoutError: no answer.
        """
        found: dict[str, tuple[str, ...]] = {}
        for contact in await self._contacts():
            endpoint = contact.get("endpoint", "")
            found[endpoint] = (*found.get(endpoint, ()), contact.get("useragent", ""))
        return found

    async def addresses(self) -> Mapping[str, frozenset[str]]:
        """Where the phones are that are registered now, by endpoint: the host of each contact's URI.

        Raises:
            PbxRefused: no right to ask.
            TimeoutError: no answer.
        """
        found: dict[str, frozenset[str]] = {}
        for contact in await self._contacts():
            endpoint, host = contact.get("endpoint", ""), _HOST.match(contact.get("uri", ""))
            if host is not None:
                found[endpoint] = found.get(endpoint, frozenset()) | {host[1].strip("[]")}
        return found

    async def _contacts(self) -> list[Mapping[str, str]]:
        ami = await self._connection()
        try:
            return await ami.send_list("PJSIPShowContacts")
        except Unreachable:
            ami.close()
            raise
        except PbxRefused as error:
            if "No Contacts found" in str(error):
                return []
            raise

    async def _connection(self) -> AmiConnection:
        async with self._turn:
            if self._ami is not None and not self._ami.is_closed:
                return self._ami
            if self._refusal is not None:
                raise self._refusal  # a password does not become right by being repeated
            now_s = asyncio.get_running_loop().time()
            if now_s < self._retry_at_s:
                raise Unreachable("the AMI could not be reached a moment ago")
            try:
                self._ami = await AmiConnection.open(self._access)
            except NotLetIn as refusal:
                self._refusal = refusal
                raise
            except Unreachable:
                self._retry_at_s = now_s + RETRY_S
                raise
            return self._ami
