"""A SIP telephone: rings, dials, registers, and keeps the NOTIFYs that it is sent."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.lab.phone import sip_wire
from tests.lab.phone.call import Call, CallFailed, CallStatus
from tests.lab.phone.challenge import Challenge
from tests.lab.phone.login import ASKING, Login
from tests.lab.phone.pacer import Pacer
from tests.lab.phone.sdp_wire import TELEPHONE_EVENT
from tests.lab.phone.sip_wire import Headers, Request, Response
from tests.lab.phone.stream import Stream
from tests.lab.phone.transactions import Transactions

_ALLOW = ("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, UPDATE, INFO")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Notice:
    """One NOTIFY with content: when it came (time.time_ns()), in or out of a call, and how long its datagram was."""

    at_ns: int
    headers: Headers
    body: bytes
    octets: int = 0


@dataclass(frozen=True, slots=True)
class _Habit:
    """What the phone does by itself with an incoming call."""

    after_s: float
    say: tuple[NDArray[np.int16], ...]


class Phone:
    """One telephone with any number of calls. `number` is its own; the PBX tells agents by it."""

    def __init__(
        self,
        pacer: Pacer,
        number: str,
        server: tuple[str, int],
        display: str,
        user_agent: str,
        challenge: Challenge | None,
        login: Login | None = None,
    ) -> None:
        self._pacer = pacer
        self._server = server
        self._user_agent = user_agent
        self._challenge = challenge
        self._login = login
        self._display = display
        self._sip: Transactions | None = None
        self._calls: dict[str, Call] = {}
        self._incoming: asyncio.Queue[Call] = asyncio.Queue()
        self._noticed: asyncio.Queue[Notice] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._habit: _Habit | None = None
        self._register_id, self._register_sequence = uuid.uuid4().hex, 0
        self.number = number
        self.notices: list[Notice] = []
        self.faults = 0

    @classmethod
    async def open(
        cls, pacer: Pacer, number: str, server: tuple[str, int], *,
        host: str = "127.0.0.1", port: int = 0, display: str = "", user_agent: str = "Lab Phone 1.0",
        challenge: Challenge | None = None, login: Login | None = None,
    ) -> "Phone":  # fmt: skip
        """A phone that listens on host:port (0: any). `display` is the name it calls itself by, and may be as odd as
        you like. With a `challenge` it takes a NOTIFY only from who shows the password, with a `login` it shows its
        own where the PBX asks.
        """
        phone = cls(pacer, number, server, display, user_agent, challenge, login)
        phone._sip = await Transactions.open((host, port), server, phone._take, phone._take_stray)
        return phone

    @property
    def calls(self) -> list[Call]:
        """All calls so far, in their order."""
        return list(self._calls.values())

    @property
    def local(self) -> tuple[str, int]:
        """Host and SIP port."""
        return self._wire.local

    def answer_by_itself(self, after_s: float = 0.2, say: Sequence[NDArray[np.int16]] = ()) -> None:
        """Answer every call from now on, and say the passages (8 kHz int16 (n,)) in each."""
        self._habit = _Habit(after_s, tuple(say))

    async def incoming(self, timeout_s: float = 10.0) -> Call:
        """The next call that rings here (also one that the phone answers by itself). Raises CallFailed(0) if none
        comes.
        """
        try:
            return await asyncio.wait_for(self._incoming.get(), timeout_s)
        except TimeoutError as error:
            raise CallFailed(0, f"{self.number} was not called within {timeout_s} s") from error

    async def dial(self, number: str, key_type: int | None = TELEPHONE_EVENT) -> Call:
        """Call a number; returns at once, the call is not yet answered. key_type None: offer no keys by RFC 4733."""
        host, _ = self._wire.local
        stream = Stream(host)
        target = f"sip:{number}@{self._server[0]}:{self._server[1]}"
        fields = [*self._request_fields("INVITE", 1, uuid.uuid4().hex, target), ("Contact", self._contact()), _ALLOW]
        call = Call(
            self._wire,
            stream,
            Request("INVITE", target, Headers([*fields, ("Content-Type", "application/sdp")])),
            self._login,
        )
        call.offer_first(key_type)
        self._calls[call.call_id] = call
        self._pacer.add(stream)
        self._start(self._until_over(call, call.run_outgoing()))
        return call

    async def notice(self, timeout_s: float = 10.0) -> Notice:
        """The next NOTIFY with content not yet taken here. Raises CallFailed(0) if none comes."""
        try:
            return await asyncio.wait_for(self._noticed.get(), timeout_s)
        except TimeoutError as error:
            raise CallFailed(0, f"{self.number} got no NOTIFY within {timeout_s} s") from error

    async def register(self, expires_s: int = 3600) -> None:
        """REGISTER this phone's contact (RFC 3261, 10), with its User-Agent; 0 takes it back. Raises CallFailed."""
        self._register_sequence += 1
        registrar = f"sip:{self._server[0]}:{self._server[1]}"
        own = f"sip:{self.number}@{self._server[0]}"
        fields = self._request_fields("REGISTER", self._register_sequence, self._register_id, own)
        headers = Headers([*fields, ("Contact", self._contact()), ("Expires", str(expires_s))])
        request = Request("REGISTER", registrar, headers)
        response = await self._wire.ask(request)
        if self._login is not None and response.status in ASKING:
            self._register_sequence += 1
            response = await self._wire.ask(self._login.shown(request, response, self._wire.via()))
        if response.status != 200:
            raise CallFailed(response.status, response.reason)

    async def close(self) -> None:
        """End all calls and give the sockets back."""
        for call in self.calls:
            with contextlib.suppress(CallFailed, TimeoutError):
                await call.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._wire.close()

    async def __aenter__(self) -> "Phone":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def _wire(self) -> Transactions:
        assert self._sip is not None, "use Phone.open"
        return self._sip

    def _contact(self) -> str:
        host, port = self._wire.local
        return f"<sip:{self.number}@{host}:{port}>"

    def _request_fields(self, method: str, sequence: int, call_id: str, to: str) -> list[tuple[str, str]]:
        name = f"{sip_wire.quoted(self._display)} " if self._display else ""
        own = f"{name}<sip:{self.number}@{self._wire.local[0]}>;tag={uuid.uuid4().hex[:12]}"
        return [
            ("Via", self._wire.via()), ("Max-Forwards", "70"), ("From", own), ("To", f"<{to}>"), ("Call-ID", call_id),
            ("CSeq", f"{sequence} {method}"), ("User-Agent", self._user_agent),
        ]  # fmt: skip

    def _take(self, request: Request) -> None:
        """A new request from the PBX."""
        call = self._calls.get(request.headers["Call-ID"])
        if request.method == "NOTIFY":
            self._take_notice(request)
        elif call is not None:
            self._start(call.take(request))
        elif request.method == "INVITE":
            self._take_invite(request)
        elif request.method == "OPTIONS":
            self._wire.send(sip_wire.reply(request, 200, "OK", uuid.uuid4().hex[:12], [_ALLOW]))
        elif request.method != "ACK":
            self._wire.send(sip_wire.reply(request, 481, "Call Does Not Exist", uuid.uuid4().hex[:12]))

    def _take_notice(self, request: Request) -> None:
        """The progress of a transfer (RFC 3515, 2.4.4) belongs to its call; all else is a notice."""
        if self._challenge is not None and not self._challenge.is_met(request):
            asked = [self._challenge.header()]
            self._wire.send(sip_wire.reply(request, 401, "Unauthorized", uuid.uuid4().hex[:12], asked))
            return
        self._wire.send(sip_wire.reply(request, 200, "OK", uuid.uuid4().hex[:12]))
        if (request.headers.get("Event") or "").partition(";")[0] == "refer":
            call = self._calls.get(request.headers["Call-ID"])
            if call is not None:
                self._start(call.take_progress(request.body))
            return
        notice = Notice(time.time_ns(), request.headers, request.body, request.octets)
        self.notices.append(notice)
        self._noticed.put_nowait(notice)

    def _take_invite(self, request: Request) -> None:
        stream = Stream(self._wire.local[0])
        call = Call(self._wire, stream, request)
        self._calls[call.call_id] = call
        self._pacer.add(stream)
        call.ring()
        self._incoming.put_nowait(call)
        self._start(self._until_over(call, self._pick_up(call)))

    async def _pick_up(self, call: Call) -> None:
        habit = self._habit
        if habit is not None:
            await asyncio.sleep(habit.after_s)
            if call.status is CallStatus.RINGING:
                await call.answer(habit.say)

    async def _until_over(self, call: Call, beginning: Coroutine[Any, Any, None]) -> None:
        try:
            await beginning
            await call.over()
        finally:
            self._pacer.remove(call.stream)

    def _take_stray(self, response: Response) -> None:
        """A 2xx to INVITE that comes again wants its ACK again (RFC 3261, 13.2.2.4); all else is late and of no use."""
        call = self._calls.get(response.headers["Call-ID"])
        if call is not None and sip_wire.cseq(response).method == "INVITE" and 200 <= response.status < 300:
            with contextlib.suppress(CallFailed):
                call.acknowledge(response)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.faults += 1
            _log.error("phone %s: %r", self.number, error)
