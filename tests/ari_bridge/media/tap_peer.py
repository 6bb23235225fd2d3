"""A FreeSWITCH that calls a tap: two sockets and what it says."""

import asyncio
import socket

from ari_bridge.media import sdp
from ari_bridge.media.payload import Codec, PayloadFormat
from ari_bridge.media.sip import Address
from ari_bridge.media.tap_place import TapPlace
from tests.ari_bridge.media.tap_wire import read, sample


class Pbx:
    """A FreeSWITCH with one call to us: its SIP socket, and the one that its RTP comes from."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.sip, self.rtp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for sock in (self.sip, self.rtp):
            sock.bind((host, 0))
            sock.setblocking(False)

    def say(self, place: TapPlace, *datagrams: bytes) -> None:
        """To the listener."""
        for one in datagrams:
            self.sip.sendto(one, place.own)

    async def hears(self, within_s: float = 1.0) -> bytes:
        """The next datagram; b"" where none comes."""
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.sip, 9_000), within_s)
        except TimeoutError:
            return b""

    async def call(self, place: TapPlace, invite: bytes) -> tuple[str, Address]:
        """An INVITE and the ACK of its 200: our tag, and where the RTP is to go."""
        self.say(place, invite)
        said = await self.hears()
        assert said.startswith(b"SIP/2.0 200 OK\r\n"), said
        tag = said.partition(b"\r\nTo: ")[2].partition(b"\r\n")[0].rpartition(b";tag=")[2].decode()
        self.say(place, replayed("tap_ack_l16", invite, tag))
        offered = sdp.parse_offer(said.partition(b"\r\n\r\n")[2])
        return tag, Address("127.0.0.1", offered.streams[0].port)

    def speak(self, to: Address, payload: PayloadFormat, *values: int) -> None:
        """20 ms for each value, each as a packet of its own; the first has sequence 0."""
        size = payload.clock_rate_hz // 50
        for number, value in enumerate(values):
            head = bytes([0x80, payload.payload_type, 0, number]) + (number * size).to_bytes(4, "big") + b"ssrc"
            sound = value.to_bytes(2, "big") if payload.codec is Codec.L16 else bytes([value])
            self.rtp.sendto(head + sound * size, to)

    def close(self) -> None:
        """Give the sockets back."""
        self.sip.close()
        self.rtp.close()


def replayed(name: str, invite: bytes, tag: str, later_by: int = 0) -> bytes:
    """A recorded request, as one within the dialog of this INVITE and this answer."""
    data, becomes = sample(name), read(invite)
    was = read(data)
    for old, new in (
        (was.recipient.partition(";")[0], becomes.recipient),
        (was.recipient_tag, tag),
        (was.sender_tag, becomes.sender_tag),
        (was.call_id, becomes.call_id),
        (f"CSeq: {was.sequence} ", f"CSeq: {becomes.sequence + later_by} "),
    ):
        data = data.replace(old.encode(), new.encode())
    return data
