"""One SIP dialog in which we were called, and only listen: what is answered, what is said again. No input or output.

RFC 3261 where a section is named without another number.
"""

from __future__ import annotations

import secrets
from enum import Enum
from typing import Final

from ari_bridge.media import sdp, sip
from ari_bridge.media.payload import PayloadFormat
from ari_bridge.media.sip import Address, Hangup, MalformedSip, Request, Response

T1_S: Final = 0.5
"""The first pause before something is said again; each one is twice the one before (17.1.2.2)."""
T2_S: Final = 4.0
"""The longest such pause."""
LIMIT_S: Final = 64 * T1_S
"""What has not been answered by then never will be; so long a dialog that is over is remembered too (17.2.2)."""
NEVER_S: Final = float("inf")


class Phase(Enum):
    """How far a dialog is."""

    ANSWERED = "the 200 is said until its ACK comes"
    UP = "it stands"
    ENDING = "the BYE is said until its answer comes"
    OVER = "it is only remembered"


class Dialog:
    """Begins with the INVITE that is answered. All that is taken or asked for gives the datagrams to send to `source`.

    `hears` and `port` are what the answer says; `offer` what `invite` offered. Times are on the loop's clock.
    """

    def __init__(
        self, invite: Request, offer: sdp.Offer, source: Address, own: Address, hears: PayloadFormat, port: int
    ) -> None:
        self.source = source
        self.call_id = invite.call_id
        self.tag = secrets.token_hex(8)
        self.phase = Phase.ANSWERED
        self.due_s = NEVER_S
        """When `on_time` wants to be asked next."""
        self._own, self._hears, self._port = own, hears, port
        self._sender, self._sender_tag = invite.sender, invite.sender_tag
        self._called = f"{invite.recipient};tag={self.tag}"
        self._session = sdp.Session(secrets.randbits(31), 1)
        self._invite = invite
        self._described = b""
        self._describe(offer)
        self._answered = b""
        self._highest = invite.sequence
        self._pause_s, self._limit_s = T1_S, NEVER_S
        self._is_leaving = False
        self._bye: Hangup | None = None

    def begin(self, now_s: float) -> list[bytes]:
        """The 200 that answers the INVITE; it is said again until the ACK comes (13.3.1.4)."""
        return self._answer(self._invite, now_s)

    def has(self, request: Request) -> bool:
        """Whether it belongs to this dialog (12.2.2), or to the transaction that began it (9.2, 17.2.3)."""
        if request.call_id != self.call_id or request.sender_tag != self._sender_tag:
            return False
        return request.recipient_tag == self.tag or (not request.recipient_tag and self._is_same(request))

    def take(self, request: Request, now_s: float) -> list[bytes]:
        """A request that this dialog `has`."""
        match request.method:
            case "ACK":
                return self._acknowledged(request, now_s)
            case "CANCEL":  # too late: what it would end is answered (9.2)
                return [self._reply(request, 200 if self._is_same(request) else 481)]
            case "INVITE" if self._is_same(request):
                return [self._answered] if self.phase is Phase.ANSWERED else []
        if self.phase is Phase.OVER:
            return [self._reply(request, 200 if request.method == "BYE" else 481)]
        if request.sequence < self._highest:
            return [self._reply(request, 500)]  # 12.2.2
        self._highest = request.sequence
        return self._within(request, now_s)

    def take_response(self, response: Response, now_s: float) -> None:
        """What may answer our BYE: any final status ends it (15.1.1)."""
        bye = self._bye
        is_its = bye is not None and (response.branch, response.method) == (bye.branch, "BYE")
        if is_its and response.status >= 200 and self.phase is Phase.ENDING:
            self._end(now_s)

    def hang_up(self, now_s: float) -> list[bytes]:
        """Leave: with a BYE, as soon as the ACK has come (15)."""
        self._is_leaving = True
        return self._say_bye(now_s) if self.phase is Phase.UP else []

    def on_time(self, now_s: float) -> list[bytes]:
        """What is to be said again at `due_s`, or for the last time."""
        if now_s < self.due_s or self.phase is Phase.UP:
            return []
        if self.phase is Phase.OVER or (now_s >= self._limit_s and self.phase is Phase.ENDING):
            self.phase, self.due_s = Phase.OVER, NEVER_S
            return []
        if now_s >= self._limit_s:
            return self._say_bye(now_s)  # no ACK came (13.3.1.4)
        self._again(now_s)
        return [self._bye.written() if self._bye is not None else self._answered]

    @property
    def is_over(self) -> bool:
        """Whether nothing is to be heard any more: either side has hung up."""
        return self.phase is Phase.OVER

    @property
    def is_forgotten(self) -> bool:
        """Whether nothing that still comes can belong to it."""
        return self.phase is Phase.OVER and self.due_s == NEVER_S

    def _within(self, request: Request, now_s: float) -> list[bytes]:
        match request.method:
            case "BYE":
                self._end(now_s)
                return [self._reply(request, 200)]
            case "INVITE" | "UPDATE" if self.phase is Phase.ENDING:
                return [self._reply(request, 481)]
            case "INVITE" | "UPDATE":
                return self._changed(request, now_s)
            case "OPTIONS":
                return [self._reply(request, 200)]
        return [self._reply(request, 405)]

    def _changed(self, request: Request, now_s: float) -> list[bytes]:
        """A session is kept alive (RFC 4028), or described anew; we go on as we were, or not at all."""
        if request.body and not self._is_described(request):
            return [self._reply(request, 488)]
        if request.method == "INVITE":
            return self._answer(request, now_s)
        return [self._reply(request, 200, self._described if request.body else b"")]

    def _is_described(self, request: Request) -> bool:
        try:
            return self._describe(offer_of(request))
        except MalformedSip:
            return False

    def _describe(self, offer: sdp.Offer) -> bool:
        """Describe us to an offer; False where it brings no more what was agreed. A change counts on (RFC 3264, 8)."""
        if offer.voice is None or self._hears not in offer.voice.formats:
            return False
        for session in (self._session, self._session.changed):
            described = sdp.answer(offer, self._hears, Address(self._own.host, self._port), session)
            if described == self._described or not self._described:
                break
        self._session, self._described = session, described
        return True

    def _answer(self, invite: Request, now_s: float) -> list[bytes]:
        self._invite, self._answered = invite, self._reply(invite, 200, self._described)
        if self.phase is Phase.UP:
            self.phase = Phase.ANSWERED
        self._pause_s, self.due_s, self._limit_s = T1_S, now_s + T1_S, now_s + LIMIT_S
        return [self._answered]

    def _acknowledged(self, ack: Request, now_s: float) -> list[bytes]:
        if self.phase is not Phase.ANSWERED or ack.sequence != self._invite.sequence:
            return []
        self.phase, self.due_s = Phase.UP, NEVER_S
        return self._say_bye(now_s) if self._is_leaving else []

    def _say_bye(self, now_s: float) -> list[bytes]:
        branch = sip.MAGIC_COOKIE + secrets.token_hex(8)
        self._bye = Hangup(self._invite.target, self._own, branch, self._called, self._sender, self.call_id, 1)
        self.phase, self._pause_s = Phase.ENDING, T1_S
        self.due_s, self._limit_s = now_s + T1_S, now_s + LIMIT_S
        return [self._bye.written()]

    def _again(self, now_s: float) -> None:
        self._pause_s = min(2 * self._pause_s, T2_S)
        self.due_s = min(now_s + self._pause_s, self._limit_s)

    def _end(self, now_s: float) -> None:
        self.phase, self.due_s = Phase.OVER, now_s + LIMIT_S

    def _is_same(self, request: Request) -> bool:
        """Whether it is of the same transaction as the newest INVITE."""
        return (request.branch, request.sequence) == (self._invite.branch, self._invite.sequence)

    def _reply(self, request: Request, status: int, described: bytes = b"") -> bytes:
        more = []
        if status == 405:
            more.append(("Allow", sip.ALLOW))
        if status == 200 and request.method in ("INVITE", "UPDATE"):
            more += [("Contact", sip.contact(self._own)), ("Allow", sip.ALLOW)]
        if described:
            more.append(("Content-Type", sdp.MEDIA_TYPE))
        return sip.response(request, status, self.source, self.tag, more, described)


def offer_of(request: Request) -> sdp.Offer:
    """What an INVITE or UPDATE offers. Raises MalformedSip where it describes nothing."""
    if request.content_type != sdp.MEDIA_TYPE:
        raise MalformedSip("no description")
    return sdp.parse_offer(request.body)
