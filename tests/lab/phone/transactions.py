"""SIP over UDP: sends again what was not answered, answers again what was sent twice (RFC 3261, section 17)."""

import asyncio
import contextlib
import logging
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import cast

from tests.lab.phone import sip_wire
from tests.lab.phone.sip_wire import Headers, MalformedMessage, Message, Request, Response

T1_S = 0.5
LIMIT_S = 10.0
"""Much less than RFC 3261's 32 s: on loopback who has not answered by then never will."""
_REMEMBERED = 512
_log = logging.getLogger(__name__)


class NoResponse(Exception):
    """The other side did not answer a request in time."""


class Transactions(asyncio.DatagramProtocol):
    """One UDP socket of a phone. `on_request` gets new requests only, `on_stray` responses no request waits for."""

    def __init__(
        self, server: tuple[str, int], on_request: Callable[[Request], None], on_stray: Callable[[Response], None]
    ) -> None:
        self._server = server
        self._on_request = on_request
        self._on_stray = on_stray
        self._waiting: dict[str, asyncio.Queue[Response]] = {}
        self._answered: OrderedDict[tuple[str, str], bytes | None] = OrderedDict()
        self._transport: asyncio.DatagramTransport | None = None
        self.malformed = 0

    @classmethod
    async def open(
        cls,
        local: tuple[str, int],
        server: tuple[str, int],
        on_request: Callable[[Request], None],
        on_stray: Callable[[Response], None],
    ) -> "Transactions":
        """Bind to `local` (port 0: any)."""
        made = cls(server, on_request, on_stray)
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: made, local_addr=local)
        return made

    @property
    def local(self) -> tuple[str, int]:
        """Host and port that we are reached at."""
        assert self._transport is not None
        host, port = self._transport.get_extra_info("sockname")[:2]
        return str(host), int(port)

    def via(self) -> str:
        """A Via value with a new branch."""
        host, port = self.local
        return f"SIP/2.0/UDP {host}:{port};branch={sip_wire.MAGIC_COOKIE}{uuid.uuid4().hex};rport"

    def close(self) -> None:
        """Give the socket back."""
        if self._transport is not None:
            self._transport.close()

    def send(self, message: Message) -> None:
        """Send once: responses and ACKs. A response is remembered, for when its request comes again."""
        datagram = sip_wire.build(message)
        if isinstance(message, Response):
            self._remember(_key(message), datagram)
        self._send_bytes(datagram)

    async def ask(self, request: Request, on_provisional: Callable[[Response], None] | None = None) -> Response:
        """Send a request until it is answered; its final response. Raises NoResponse.

        A failed INVITE is acknowledged here (17.1.1.3); the ACK of a 2xx is the caller's.
        """
        branch = sip_wire.parameter(request.headers["Via"], "branch") or ""
        queue = self._waiting[branch + request.method] = asyncio.Queue()
        try:
            response = await self._first(request, queue)
            while response.status < 200:
                if on_provisional is not None:
                    on_provisional(response)
                response = (
                    await queue.get() if request.method == "INVITE" else await asyncio.wait_for(queue.get(), LIMIT_S)
                )
        except TimeoutError as error:
            raise NoResponse(f"{request.method} {request.uri}") from error
        finally:
            del self._waiting[branch + request.method]
        if request.method == "INVITE" and response.status >= 300:
            self.send(acknowledgement(request, response))
        return response

    async def _first(self, request: Request, queue: "asyncio.Queue[Response]") -> Response:
        datagram, pause_s = sip_wire.build(request), T1_S
        async with asyncio.timeout(LIMIT_S):
            while True:
                self._send_bytes(datagram)
                with contextlib.suppress(TimeoutError):
                    return await asyncio.wait_for(queue.get(), pause_s)
                pause_s = min(2 * pause_s, 4.0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(
            asyncio.DatagramTransport, transport
        )  # in 3.11 the event loop's own class is no subclass of it

    def datagram_received(self, data: bytes, _: tuple[str | object, int]) -> None:
        if not data.strip():
            return  # a keep-alive (RFC 5626, 4.4.1)
        try:
            message = sip_wire.parse(data)
            if isinstance(message, Response):
                self._take_response(message)
            else:
                self._take_request(message)
        except MalformedMessage as error:
            self.malformed += 1
            _log.warning("malformed SIP message: %s", error)

    def error_received(self, exc: Exception) -> None:
        """Nothing listens over there (yet): the repetitions and the time limit deal with it."""

    def _take_response(self, response: Response) -> None:
        branch = sip_wire.parameter(response.headers["Via"], "branch") or ""
        queue = self._waiting.get(branch + sip_wire.cseq(response).method)
        if queue is None:
            self._on_stray(response)
        else:
            queue.put_nowait(response)

    def _take_request(self, request: Request) -> None:
        key = _key(request)
        if key in self._answered:
            datagram = self._answered[key]
            if datagram is not None and request.method != "ACK":
                self._send_bytes(datagram)
            return
        self._remember(key, None)
        self._on_request(request)

    def _remember(self, key: tuple[str, str], datagram: bytes | None) -> None:
        self._answered[key] = datagram
        while len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)

    def _send_bytes(self, datagram: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(datagram, self._server)


def acknowledgement(invite: Request, response: Response) -> Request:
    """The ACK of a failed INVITE: same branch, To as answered (RFC 3261, 17.1.1.3)."""
    number = sip_wire.cseq(invite).number
    fields = [
        ("Via", invite.headers["Via"]),
        ("Max-Forwards", "70"),
        ("From", invite.headers["From"]),
        ("To", response.headers["To"]),
    ]
    return Request(
        "ACK", invite.uri, Headers([*fields, ("Call-ID", invite.headers["Call-ID"]), ("CSeq", f"{number} ACK")])
    )


def cancellation(invite: Request) -> Request:
    """The CANCEL of an INVITE (RFC 3261, 9.1)."""
    number = sip_wire.cseq(invite).number
    copied = [(name, invite.headers[name]) for name in ("Via", "From", "To", "Call-ID")]
    return Request("CANCEL", invite.uri, Headers([*copied, ("Max-Forwards", "70"), ("CSeq", f"{number} CANCEL")]))


def _key(message: Message) -> tuple[str, str]:
    """What makes a server transaction (17.2.3); an ACK of a 2xx has its own branch and is new each time."""
    return sip_wire.parameter(message.headers["Via"], "branch") or message.headers["Call-ID"], sip_wire.cseq(
        message
    ).method
