"""One call at a phone: its dialog, its audio, and what a person can do with it."""

import asyncio
import contextlib
import enum
import time
import uuid
from collections.abc import Coroutine, Iterable
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from tests.lab.phone import key_tones, sdp_wire, sip_wire
from tests.lab.phone.dialog import Dialog
from tests.lab.phone.login import ASKING, Login
from tests.lab.phone.sip_wire import Request, Response
from tests.lab.phone.stream import KEY_GAP_S, Said, Stream
from tests.lab.phone.transactions import T1_S, NoResponse, Transactions, cancellation

QUIET_S = 0.4
"""No packet for so long: the voice has said what it had to say, and the PBX waits for a key."""
_SDP = ("Content-Type", "application/sdp")


class CallStatus(enum.Enum):
    """Where a call stands."""

    DIALLING = "dialling"
    RINGING = "ringing"
    UP = "up"
    OVER = "over"


class CallFailed(Exception):
    """The call was not answered, or a request within it was refused. `status` is SIP's number, 0 if nobody said
    anything.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status = status
        self.reason = reason


class Call:
    """Made by Phone.dial (outgoing) and by Phone.incoming. Times are time.time_ns(), 0 = not yet."""

    def __init__(self, sip: Transactions, stream: Stream, invite: Request, login: Login | None = None) -> None:
        self._sip = sip
        self._login = login
        self._invite = invite
        self._dialog: Dialog | None = None
        self._tag = uuid.uuid4().hex[:12]
        self._changes = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._acknowledged = asyncio.Event()
        self._provisional = asyncio.Event()
        self._direction = "sendrecv"
        self._session_version = 1
        self.stream = stream
        self.status = CallStatus.DIALLING
        self.failure: CallFailed | None = None
        self._consulted: Call | None = None
        self.transfer_status = 0
        self.started_ns = time.time_ns()
        self.answered_ns = 0
        self.ended_ns = 0

    @property
    def call_id(self) -> str:
        """SIP's Call-ID."""
        return self._invite.headers["Call-ID"]

    @property
    def invitation(self) -> Request:
        """The INVITE that began it: its From tells who calls."""
        return self._invite

    # ---- what a person does

    async def answer(self, say: Iterable[NDArray[np.int16]] = ()) -> None:
        """Answer an incoming call and begin to say the passages (8 kHz int16 (n,))."""
        if self.status is not CallStatus.RINGING:
            raise CallFailed(487, "the call is over")
        self._dialog = Dialog.of_request(self._invite, self._tag, self._contact())
        self._aim(self._invite.body)
        self._sip.send(self._reply(self._invite, 200, "OK", self._answer_body(self._invite.body)))
        for samples in say:
            self.stream.say(samples)
        await self._become(CallStatus.UP)
        self._start(self._answer_again())

    async def reject(self, status: int = 486) -> None:
        """Refuse an incoming call."""
        self._sip.send(self._reply(self._invite, status, "Refused"))
        await self._end()

    async def answered(self, timeout_s: float = 10.0) -> None:
        """Wait until the call is up. Raises CallFailed."""
        await self._wait_for(CallStatus.UP, timeout_s)
        if self.status is CallStatus.OVER and not self.answered_ns:
            raise self.failure or CallFailed(0, "ended before it was answered")

    async def ended(self, timeout_s: float = 30.0) -> None:
        """Wait until the call is over, whoever ended it. Raises CallFailed(0) if it is not in time."""
        await self._wait_for(CallStatus.OVER, timeout_s)

    async def hang_up(self) -> None:
        """End the call in whatever state it is: CANCEL, refuse or BYE."""
        if self.status is CallStatus.RINGING:
            await self.reject()
        elif self.status is CallStatus.DIALLING:
            await self._cancel()
        elif self.status is CallStatus.UP:
            bye = self._request("BYE")
            await self._end()
            with contextlib.suppress(NoResponse):
                await self._sip.ask(bye)

    async def heard_out(self, since_ns: int = 0, *, least_packets: int = 1, timeout_s: float = 65.0) -> None:
        """Listen as a polite caller does: until the voice that began after that moment is silent.

        Fewer packets are not all that it has to say. Silent is what is so at two looks: after a stall of this process
        the first one comes before what waits was read. Raises CallFailed(0) if it is not silent in time.
        """
        deadline_s, quiet_looks = time.monotonic() + timeout_s, 0
        while time.monotonic() < deadline_s:
            arrivals_ns = self.stream.arrivals_ns
            arrivals_ns = arrivals_ns[arrivals_ns > since_ns]
            is_quiet = len(arrivals_ns) >= least_packets and time.time_ns() - int(arrivals_ns[-1]) > QUIET_S * 1e9
            quiet_looks = quiet_looks + 1 if is_quiet else 0
            if quiet_looks == 2:
                return
            await asyncio.sleep(0.05)
        raise CallFailed(0, f"nothing was heard to its end within {timeout_s:g} s")

    def say(self, samples: NDArray[np.int16]) -> "asyncio.Future[Said]":
        """Queue speech, 8 kHz int16 (n,); resolves when it was spoken."""
        return self.stream.say(samples)

    def hush(self) -> None:
        """Stop speaking."""
        self.stream.hush()

    async def press(self, keys: str, gap_s: float = KEY_GAP_S) -> list[int]:
        """Press keys, `gap_s` between the end of one and the begin of the next; time.time_ns() of the end of each."""
        return await self.stream.press(keys, gap_s)

    async def press_by_info(self, keys: str, gap_s: float = KEY_GAP_S) -> list[int]:
        """The same by SIP INFO (application/dtmf-relay), as phones without RFC 4733 do. Raises CallFailed."""
        ended: list[int] = []
        for key in keys:
            body = f"Signal={key}\r\nDuration=100\r\n".encode("ascii")
            response = await self._sip.ask(self._request("INFO", [("Content-Type", "application/dtmf-relay")], body))
            if response.status >= 300:
                raise CallFailed(response.status, response.reason)
            ended.append(time.time_ns())
            await asyncio.sleep(gap_s)
        return ended

    async def press_by_tones(self, keys: str) -> list[int]:
        """The same as sound alone (ITU-T Q.23), as an analogue line behind a gateway may do."""
        return [(await self.say(key_tones.tones(key))).end_ns for key in keys]

    async def hold(self) -> None:
        """Put the other side on hold: re-INVITE with a=sendonly (RFC 3264, 8.4)."""
        await self._offer("sendonly")

    async def resume(self) -> None:
        """Take the other side back."""
        await self._offer("sendrecv")

    async def transfer(self, number: str) -> None:
        """Blind transfer by REFER (RFC 3515). Returns when the PBX has accepted it; `transfer_status` tells how it went
        on, and this call ends by itself at 200 (the new party has answered). Raises CallFailed.
        """
        await self._refer(f"<sip:{number}@{self._host_of_target()}>")

    async def transfer_to(self, other: "Call") -> None:
        """Attended transfer: connect this call's other side with that of `other`, by REFER with Replaces (RFC 3891)."""
        dialog = other._require_dialog()
        self._consulted = other
        await self._refer(f"<{dialog.target}?Replaces={quote(dialog.replaces(), safe='')}>")

    # ---- what the phone brings

    def offer_first(self, key_type: int | None = sdp_wire.TELEPHONE_EVENT) -> None:
        """Put our description into an outgoing INVITE before it is sent; key_type None: no keys by RFC 4733."""
        invite = self._invite
        self._invite = Request(invite.method, invite.uri, invite.headers, self._describe(self._direction, key_type))

    async def over(self) -> None:
        """Wait for the end, for ever."""
        async with self._changes:
            await self._changes.wait_for(lambda: self.status is CallStatus.OVER)

    async def run_outgoing(self) -> None:
        """Carry an INVITE through to its end."""
        try:
            response = await self._sip.ask(self._invite, self._on_provisional)
            if self._login is not None and response.status in ASKING:
                self._invite = self._login.shown(self._invite, response, self._sip.via())
                response = await self._sip.ask(self._invite, self._on_provisional)
        except NoResponse as error:
            self.failure = CallFailed(0, f"no response to {error}")
            await self._end()
            return
        if response.status >= 300:
            self.failure = CallFailed(response.status, response.reason)
            await self._end()
            return
        self._dialog = Dialog.of_answer(self._invite, response)
        self.acknowledge(response)
        if self.status is CallStatus.OVER:  # hung up while the answer was on its way
            await self._sip.ask(self._request("BYE"))
            return
        self._aim(response.body)
        await self._become(CallStatus.UP)

    def ring(self) -> None:
        """Say 180 to an incoming call."""
        self.status = CallStatus.RINGING
        self._sip.send(self._reply(self._invite, 180, "Ringing"))

    def acknowledge(self, response: Response) -> None:
        """ACK a 2xx, also one that comes again."""
        dialog = self._require_dialog()
        self._sip.send(dialog.acknowledge(sip_wire.cseq(response).number, self._sip.via()))

    async def take(self, request: Request) -> None:
        """A request of the other side within this call."""
        match request.method:
            case "ACK":
                self._acknowledged.set()
                if request.body:
                    self._aim(request.body)
            case "BYE":
                self._sip.send(self._reply(request, 200, "OK"))
                await self._end()
            case "CANCEL":
                self._sip.send(self._reply(request, 200, "OK"))
                if self.status is CallStatus.RINGING:
                    self._sip.send(self._reply(self._invite, 487, "Request Terminated"))
                    await self._end()
            case "INVITE" | "UPDATE":
                self._aim(request.body)
                body = self._answer_body(request.body) if request.body or request.method == "INVITE" else b""
                self._sip.send(self._reply(request, 200, "OK", body))
            case _:
                self._sip.send(self._reply(request, 200, "OK"))

    async def take_progress(self, fragment: bytes) -> None:
        """A transfer's progress, a SIP status line (RFC 3515, 2.4.5). When it has succeeded we leave, as phones do."""
        words = fragment.decode("utf-8", errors="replace").split()
        self.transfer_status = int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0
        if 200 <= self.transfer_status < 300:
            await self.hang_up()
            if self._consulted is not None:
                await self._consulted.hang_up()

    async def close(self) -> None:
        """Hang up and let go of everything."""
        await self.hang_up()
        for task in self._tasks:
            task.cancel()
        self.stream.close()

    # ---- inside

    def _require_dialog(self) -> Dialog:
        if self._dialog is None:
            raise CallFailed(0, "the call is not up")
        return self._dialog

    def _contact(self) -> str:
        host, port = self._sip.local
        return f"<sip:{host}:{port}>"

    def _host_of_target(self) -> str:
        return self._require_dialog().target.partition(":")[2].rpartition("@")[2].partition(";")[0]

    def _request(self, method: str, extra: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
        return self._require_dialog().request(method, self._sip.via(), extra, body)

    def _reply(self, request: Request, status: int, reason: str, body: bytes = b"") -> Response:
        extra = [("Contact", self._contact())] + ([_SDP] if body else [])
        return sip_wire.reply(request, status, reason, self._tag, extra, body)

    def _describe(self, direction: str, key_type: int | None = sdp_wire.TELEPHONE_EVENT) -> bytes:
        """Our side's SDP, a new version of it each time."""
        self._session_version += 1
        session = sdp_wire.Session(self.stream.host, self.stream.port, key_type, direction)
        return sdp_wire.build(session, int(self._tag[:8], 16), self._session_version)

    def _answer_body(self, offer: bytes) -> bytes:
        if not offer:
            return self._describe(self._direction)
        session = sdp_wire.parse(offer)
        return self._describe(session.answer_direction, session.key_type)

    def _aim(self, body: bytes) -> None:
        if body:
            self.stream.aim(sdp_wire.parse(body))

    def _on_provisional(self, response: Response) -> None:
        self._provisional.set()
        if response.status > 100 and response.body:
            self._aim(response.body)

    async def _offer(self, direction: str) -> None:
        self._direction = direction
        response = await self._sip.ask(self._request("INVITE", [_SDP], self._describe(direction)))
        if response.status >= 300:
            raise CallFailed(response.status, response.reason)
        self.acknowledge(response)
        self._aim(response.body)

    async def _refer(self, target: str) -> None:
        response = await self._sip.ask(
            self._request("REFER", [("Refer-To", target), ("Referred-By", sip_wire.address(self._contact()))])
        )
        if response.status >= 300:
            raise CallFailed(response.status, response.reason)

    async def _cancel(self) -> None:
        """A CANCEL must wait for some answer to the INVITE (RFC 3261, 9.1)."""
        await asyncio.wait_for(self._provisional.wait(), 10 * T1_S)
        if self.status is CallStatus.DIALLING:
            with contextlib.suppress(NoResponse):
                await self._sip.ask(cancellation(self._invite))
            await self._end()

    async def _answer_again(self) -> None:
        """Repeat the 200 until its ACK comes (RFC 3261, 13.3.1.4): over UDP either may be lost."""
        pause_s = T1_S
        while pause_s < 16 * T1_S:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._acknowledged.wait(), pause_s)
                return
            self._sip.send(self._reply(self._invite, 200, "OK", self._answer_body(self._invite.body)))
            pause_s *= 2

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _become(self, status: CallStatus) -> None:
        async with self._changes:
            self.status = status
            if status is CallStatus.UP:
                self.answered_ns = time.time_ns()
            elif status is CallStatus.OVER:
                self.ended_ns = self.ended_ns or time.time_ns()
            self._changes.notify_all()

    async def _end(self) -> None:
        self._acknowledged.set()
        self.stream.close()
        await self._become(CallStatus.OVER)

    async def _wait_for(self, status: CallStatus, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s), self._changes:
                await self._changes.wait_for(lambda: self.status in (status, CallStatus.OVER))
        except TimeoutError as error:
            raise CallFailed(0, f"not {status.value} within {timeout_s} s") from error
