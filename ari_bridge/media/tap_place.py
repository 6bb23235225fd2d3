"""Voices from eavesdropping legs: a SIP listener that answers nobody but the PBX, and nothing but a token of an ear.

The voice itself comes as RTP to a port of udp_receiver. Nothing but SIP is ever sent, and that only to whom it came
from: a leg that we answer cannot speak into the call.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import secrets
import socket
from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address
from typing import Final

import structlog

from ari_bridge.media import sdp, sip
from ari_bridge.media.ear import Sound
from ari_bridge.media.payload import Codec, PayloadFormat
from ari_bridge.media.ports import NoFreePort, PortRange
from ari_bridge.media.sip import Address, MalformedSip, Request
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.media.tap_dialog import NEVER_S, Dialog, offer_of
from ari_bridge.media.udp_receiver import RtpEar, RtpPlace
from consent.errors import InvalidValue

LINEAR: Final = PayloadFormat(102, Codec.L16, 8_000, 8_000)
"""How FreeSWITCH offers linear sound of a telephone's leg (measured on 1.11.2); the first guess, no more. At 16 kHz it
would tear the sound of such a leg to pieces: its eavesdrop does not make more samples of fewer."""
READ_AT_ONCE: Final = 32
"""Datagrams, after which others have their turn on the loop."""
REFUSALS_A_S: Final = 20
"""So many requests are refused by a word in a second; the rest are counted alone."""
LONGER_BYTES: Final = 64
"""A refusal may be so much longer than the request: its own tag, and the name of its status."""
NO_AUDIO_S: Final = 2.5
"""A leg that was answered and brings no RTP for so long is told of: its first packet comes within 50 ms of the ACK, and
whoever waits for sound gives a fork up after 3 s."""
_log = structlog.get_logger(__name__)


class TapPlace:
    """Where legs' sound arrives as calls of the PBX's. Made by `listen`; see `MediaPlace`."""

    def __init__(self, listener: socket.socket, ports: PortRange, pbx_host: str, allowed: frozenset[str]) -> None:
        self._listener = listener
        self._ports, self._pbx_host, self._allowed = ports, pbx_host, allowed
        self._loop = asyncio.get_running_loop()
        self._is_open = True
        self._foreign = self._malformed = 0
        self._refusals = _Allowance(REFUSALS_A_S)
        self._tag_key = secrets.token_bytes(16)
        self._format = LINEAR
        self._places: dict[PayloadFormat, RtpPlace] = {}
        self._ears: dict[str, TapEar] = {}
        self._dialogs: dict[str, Dialog] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.own = Address(*listener.getsockname()[:2])
        self.no_audio = 0
        """Legs that were answered and brought no sound."""
        self._loop.add_reader(listener, self._read)

    @classmethod
    async def listen(cls, host: str, port: int, ports: PortRange, pbx_host: str) -> TapPlace:
        """Listen for SIP over UDP on `host`:`port`; voices come to `ports` there. Who is not `pbx_host` gets no answer.

        Raises:
            InvalidValue: `host` is not one address of a private network.
            OSError: the port is another program's, `host` is not of this machine, or `pbx_host` is not known.
        """
        _be_one_private(host)
        loop = asyncio.get_running_loop()
        senders = await loop.getaddrinfo(pbx_host, None, type=socket.SOCK_DGRAM)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_DGRAM)
        try:
            listener.bind((host, port))
        except OSError:
            listener.close()
            raise
        listener.setblocking(False)
        return cls(listener, ports, pbx_host, frozenset(str(sender[4][0]) for sender in senders))

    async def open(self, on_sound: Callable[[Sequence[Sound]], None]) -> TapEar:
        """A new ear with a token of its own, and a port that is bound already. See the role.

        Raises:
            NoFreePort: no port can be had, or nothing is listened to any more.
        """
        if not self._is_open:
            raise NoFreePort("nothing is listened to any more")
        ear = TapEar(self, on_sound, self._format, await self.hear(self._format, on_sound))
        self._ears[ear.target] = ear
        return ear

    async def hear(self, payload: PayloadFormat, on_sound: Callable[[Sequence[Sound]], None]) -> RtpEar:
        """A port for RTP of that format. Raises NoFreePort."""
        if payload not in self._places:
            self._places[payload] = RtpPlace(self.own.host, self._ports, self._pbx_host, payload)
        return await self._places[payload].open(on_sound)

    def stats(self) -> ReceiverStats:
        """What was no SIP (`malformed`), and requests that were for no ear (`foreign`); each ear counts the rest."""
        return ReceiverStats(foreign=self._foreign, malformed=self._malformed)

    def close(self) -> None:
        """Hear nobody any more, and listen to nobody; a BYE that gets lost now is not said again."""
        if not self._is_open:
            return
        for ear in list(self._ears.values()):
            ear.close()
        self._is_open = False
        for task in self._tasks:
            task.cancel()
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._listener)
        self._listener.close()

    def forget(self, ear: TapEar) -> None:
        """It is closed: its token opens nothing more, and its leg is hung up."""
        self._ears.pop(ear.target, None)
        if ear.dialog is not None:
            self._send(ear.dialog.source, ear.dialog.hang_up(self._loop.time()))
            self._set_timer()

    def _read(self) -> None:
        for _ in range(READ_AT_ONCE):
            try:
                datagram, address = self._listener.recvfrom(sip.MAX_BYTES + 1)
            except OSError:  # nothing more, or word that somebody did not take what we sent
                return
            self._take(datagram, Address(address[0], address[1]))
        self._set_timer()

    def _take(self, datagram: bytes, source: Address) -> None:
        if source.host not in self._allowed:
            self._foreign += 1
            return
        try:
            message = sip.parse(datagram)
        except MalformedSip:
            self._malformed += 1
            return
        dialog = self._dialogs.get(message.call_id)
        if not isinstance(message, Request):
            if dialog is not None:
                dialog.take_response(message, self._loop.time())
        elif dialog is not None and dialog.has(message):
            self._send(dialog.source, dialog.take(message, self._loop.time()))
            self._note_end(dialog)
        else:
            self._take_stranger(message, source)
        self._set_timer()

    def _take_stranger(self, request: Request, source: Address) -> None:
        """A request of no dialog of ours."""
        match request.method:
            case "ACK":  # of a refusal, or late (17.1.1.3)
                return
            case "INVITE" if not request.recipient_tag and request.call_id not in self._dialogs:
                self._invited(request, source)
            case "OPTIONS" if not request.recipient_tag:
                self._say(request, 200, source)
            case "INVITE" | "BYE" | "CANCEL" | "UPDATE" | "OPTIONS" | "INFO" | "PRACK":
                self._refuse(request, 481, source)
            case _:
                self._refuse(request, 405, source)

    def _invited(self, request: Request, source: Address) -> None:
        ear = self._ears.get(request.user)
        if ear is None:
            self._refuse(request, 404, source)
            return
        if ear.invite is not None:
            if ear.invite != (request.call_id, request.branch):  # else it is only said again, and being answered
                ear.foreign += 1
                self._say(request, 403, source)
            return
        try:
            offer = offer_of(request)
        except MalformedSip:
            self._refuse(request, 488, source)
            return
        if offer.format is None:
            _log.warning("fork.not_acceptable", offered=offer.names)
            self._refuse(request, 488, source)
            return
        ear.invite = (request.call_id, request.branch)
        if ear.payload == offer.format:
            self._answer(ear, request, offer, source)
            return
        task = self._loop.create_task(self._answer_anew(ear, offer.format, request, offer, source))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer_anew(
        self, ear: TapEar, payload: PayloadFormat, request: Request, offer: sdp.Offer, source: Address
    ) -> None:
        """The PBX wants another format than it wanted last: another port, which then hears that one."""
        self._format = payload
        try:
            rtp = await self.hear(payload, ear.hear)
        except NoFreePort:
            self._say(request, 503, source)
            return
        if not ear.is_open:
            rtp.close()
            self._refuse(request, 404, source)
            return
        ear.become(payload, rtp)
        self._answer(ear, request, offer, source)
        self._set_timer()

    def _answer(self, ear: TapEar, request: Request, offer: sdp.Offer, source: Address) -> None:
        dialog = Dialog(request, offer, source, self.own, ear.payload, ear.port)
        self._dialogs[request.call_id] = ear.dialog = dialog
        self._send(source, dialog.begin(self._loop.time()))
        self._loop.call_later(NO_AUDIO_S, self._listen_for, ear)

    def _listen_for(self, ear: TapEar) -> None:
        if ear.is_open and not ear.stats().packets:
            self.no_audio += 1
            _log.warning("fork.no_audio", port=ear.port, since_s=NO_AUDIO_S)

    def _note_end(self, dialog: Dialog) -> None:
        """The PBX has hung up: nobody may send to the leg's port any more."""
        if dialog.is_over:
            for ear in self._ears.values():
                if ear.dialog is dialog:
                    ear.fall_silent()

    def _refuse(self, request: Request, status: int, source: Address) -> None:
        self._foreign += 1
        self._say(request, status, source)

    def _say(self, request: Request, status: int, source: Address) -> None:
        """A response outside of a dialog. Its tag is the same for the same request (8.2.7 of RFC 3261)."""
        tag = hashlib.blake2s(request.branch.encode(), key=self._tag_key, digest_size=8).hexdigest()
        more = [("Allow", sip.ALLOW)] if status in (200, 405) else []
        said = sip.response(request, status, source, tag, more)
        if len(said) > request.size_bytes + LONGER_BYTES:
            said = sip.response(request, status, source, tag)
        if len(said) <= request.size_bytes + LONGER_BYTES and self._refusals.has_one(self._loop.time()):
            self._send(source, [said])

    def _send(self, to: Address, datagrams: Iterable[bytes]) -> None:
        """The one place of this listener that sends anything."""
        for datagram in datagrams:
            with contextlib.suppress(OSError):  # a lost one is said again
                self._listener.sendto(datagram, to)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_s = min((dialog.due_s for dialog in self._dialogs.values()), default=NEVER_S)
        if due_s < NEVER_S and self._is_open:
            self._timer = self._loop.call_at(due_s, self._on_time)

    def _on_time(self) -> None:
        now_s = self._loop.time()
        for dialog in list(self._dialogs.values()):
            self._send(dialog.source, dialog.on_time(now_s))
            self._note_end(dialog)
            if dialog.is_forgotten:
                del self._dialogs[dialog.call_id]
        self._set_timer()


class TapEar:
    """Hears one leg: a token that one call of the PBX may bring, and the port that its RTP then comes to."""

    def __init__(
        self, place: TapPlace, on_sound: Callable[[Sequence[Sound]], None], payload: PayloadFormat, rtp: RtpEar
    ) -> None:
        self._place = place
        self._rtp = rtp
        self.hear = on_sound
        self.payload = payload
        self.is_open = True
        self.target = secrets.token_hex(16)
        """The user of the URI that the PBX calls."""
        self.foreign = 0
        """Calls that brought the token again."""
        self.invite: tuple[str, str] | None = None
        """Call-ID and branch of the INVITE that brought the token."""
        self.dialog: Dialog | None = None

    @property
    def port(self) -> int:
        """Where its RTP comes to."""
        return self._rtp.port

    def stats(self) -> ReceiverStats:
        """What arrived so far."""
        return self._rtp.stats() + ReceiverStats(foreign=self.foreign)

    def close(self) -> None:
        """See the role."""
        if not self.is_open:
            return
        self.is_open = False
        self._rtp.close()
        self._place.forget(self)

    def fall_silent(self) -> None:
        """The PBX has hung up."""
        self._rtp.close()

    def become(self, payload: PayloadFormat, rtp: RtpEar) -> None:
        """Hear another format, at another port, before anybody was told of the first."""
        self._rtp.close()
        self.payload, self._rtp = payload, rtp


class _Allowance:
    """So many a second, and as many at once."""

    def __init__(self, each_s: int) -> None:
        self._each_s = each_s
        self._left = float(each_s)
        self._at_s = 0.0

    def has_one(self, now_s: float) -> bool:
        """Take one, if one is left."""
        self._left = min(float(self._each_s), self._left + (now_s - self._at_s) * self._each_s)
        self._at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True


def _be_one_private(host: str) -> None:
    try:
        address = ip_address(host)
    except ValueError:
        raise InvalidValue(f"not an IP address: {host!r}") from None
    if address.is_unspecified or address.is_multicast or not address.is_private:
        raise InvalidValue(f"{host} is not one address of a private network: a voice travels in clear")
