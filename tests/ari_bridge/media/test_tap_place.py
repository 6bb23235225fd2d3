"""Eavesdropping legs on real sockets: who is answered, who is heard, and that nothing is ever said but SIP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence

import numpy as np
import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from ari_bridge.media import sdp, sip, tap_place
from ari_bridge.media.ear import Sound
from ari_bridge.media.payload import PayloadFormat
from ari_bridge.media.ports import NoFreePort, PortRange
from ari_bridge.media.sip import Address, Response
from ari_bridge.media.tap_place import LINEAR, LONGER_BYTES, REFUSALS_A_S, TapEar, TapPlace
from consent.errors import InvalidValue
from tests.ari_bridge.media.tap_peer import Pbx, replayed
from tests.ari_bridge.media.tap_wire import INVITE, called, edited, later, read, sample, within

PORTS = (47_300, 47_359)
SILENT_S = 0.05


@pytest.fixture
def pbx() -> Iterator[Pbx]:
    """At the address that may call."""
    made = Pbx()
    yield made
    made.close()


@pytest.fixture
def stranger() -> Iterator[Pbx]:
    """Somebody else on this machine."""
    made = Pbx("127.0.0.7")
    yield made
    made.close()


@pytest_asyncio.fixture
async def place() -> AsyncIterator[TapPlace]:
    """On any free port."""
    opened = await TapPlace.listen("127.0.0.1", 0, PortRange(*PORTS, rest_s=0), "127.0.0.1")
    yield opened
    opened.close()


async def until(condition: object, *, tries: int = 300) -> None:
    """Let the loop run until it holds."""
    for _ in range(tries):
        if condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come to hold")


def nobody(_: Sequence[Sound]) -> None:
    """Does not care."""


def offered(name: str) -> PayloadFormat:
    """What an INVITE brings."""
    found = sdp.parse_offer(read(sample(name)).body).format
    assert found is not None
    return found


def status(datagram: bytes) -> int:
    """Of a response."""
    found = sip.parse(datagram)
    assert isinstance(found, Response)
    return found.status


async def test_each_ear_hears_the_leg_that_brought_its_token(place: TapPlace, pbx: Pbx) -> None:
    """Law: with an INVITE of FreeSWITCH, a leg's sound comes to the ear whose token it called."""
    heard: list[list[Sound]] = [[], []]
    ears = [await place.open(one.extend) for one in heard]
    for value, ear in zip((3, 4), ears, strict=True):
        _, to = await pbx.call(place, called(INVITE, ear.target))
        assert to.port == ear.port
        pbx.speak(to, LINEAR, *[value] * 10)
    await until(lambda: all(ear.stats().packets == 10 for ear in ears))
    for value, sounds in zip((3, 4), heard, strict=True):
        pcm = np.concatenate([sound.pcm for sound in sounds])
        assert (len(pcm), set(pcm.tolist()), sounds[0].rate_hz) == (1_600, {value}, 8_000)
    assert place.stats().foreign == 0


async def test_the_first_guess_is_what_freeswitch_offers() -> None:
    """Law: what the gate asks FreeSWITCH for is heard at the port that was bound first."""
    assert offered("tap_invite_l16") == LINEAR


async def test_another_format_is_heard_as_well(place: TapPlace, pbx: Pbx) -> None:
    """Law: where the PBX brings another codec the answer names a port that hears it, and later ears begin with it."""
    heard: list[Sound] = []
    ear, invite = await place.open(heard.extend), sample("tap_invite_pcmu")
    _, to = await pbx.call(place, called(invite, ear.target))
    assert to.port == ear.port
    pbx.speak(to, offered("tap_invite_pcmu"), *[0xFF] * 5)
    await until(lambda: ear.stats().packets == 5)
    assert {sound.rate_hz for sound in heard} == {8_000}
    assert (await place.open(nobody)).payload == offered("tap_invite_pcmu")


async def test_a_token_opens_once(place: TapPlace, pbx: Pbx) -> None:
    """Law: a second call with a token is refused and counted at its ear, and the first goes on."""
    heard: list[Sound] = []
    ear = await place.open(heard.extend)
    _, to = await pbx.call(place, called(INVITE, ear.target))
    pbx.say(place, called(INVITE, ear.target, "second"))
    assert status(await pbx.hears()) == 403
    assert ear.stats().foreign == 1
    pbx.speak(to, LINEAR, 1, 1)
    await until(lambda: heard)


async def test_without_a_token_of_an_open_ear_nobody_is_heard(place: TapPlace, pbx: Pbx) -> None:
    """Law: another user, no user and a token of a closed ear are not found, and each is counted."""
    ear = await place.open(nobody)
    ear.close()
    for number, user in enumerate((ear.target, "0" * 32, ear.target.upper(), "tap", "1001")):
        pbx.say(place, called(INVITE, user, f"call{number}"))
        assert status(await pbx.hears()) == 404
        assert place.stats().foreign == number + 1


async def test_no_other_address_gets_a_word(place: TapPlace, pbx: Pbx, stranger: Pbx) -> None:
    """Law: who is not the PBX is counted and never answered, even with a token, and the token stays good."""
    ear = await place.open(nobody)
    stranger.say(place, called(INVITE, ear.target), called(INVITE, "1001"), b"garbage")
    assert await stranger.hears(SILENT_S) == b""
    assert place.stats().foreign == 3
    await pbx.call(place, called(INVITE, ear.target))


async def test_garbage_is_not_answered(place: TapPlace, pbx: Pbx) -> None:
    """Law: what is no SIP, and no whole message, gets no answer and is counted; the listener goes on."""
    broken = [
        INVITE[: len(INVITE) // 2], INVITE.replace(b"\r\n\r\n", b"\r\n"), b"\r\n\r\n", b"\x00" * 400, b"x" * 60_000,
        edited(INVITE, "Contact: ", "X: "), edited(INVITE, "CSeq: ", "CSeq: x"),
    ]  # fmt: skip
    pbx.say(place, *broken)
    await until(lambda: place.stats().malformed == len(broken))
    assert await pbx.hears(SILENT_S) == b""
    await pbx.call(place, called(INVITE, (await place.open(nobody)).target))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("INVITE", "BYE"), 481),
        (("INVITE", "CANCEL"), 481),
        (("INVITE", "INFO"), 481),
        (("INVITE", "REGISTER"), 405),
        (("INVITE", "SUBSCRIBE"), 405),
        (("INVITE", "REFER"), 405),
        (("INVITE", "OPTIONS"), 200),
        (("application/sdp", "text/plain"), 488),
        (("RTP/AVP", "RTP/SAVP"), 488),
        (("v=0", "v=9"), 488),
    ],
    ids=lambda one: one if isinstance(one, int) else f"{one[0]} to {one[1]}",
)
async def test_all_else_is_refused(place: TapPlace, pbx: Pbx, change: tuple[str, str], expected: int) -> None:
    """Law: what is no call that brings a voice is refused by a word no longer than what was asked, and a token is not
    spent by it.
    """
    ear = await place.open(nobody)
    invite = called(INVITE, ear.target, "good")
    asked = edited(invite, *change)
    pbx.say(place, asked)
    said = await pbx.hears()
    assert status(said) == expected
    assert len(said) <= len(asked)
    assert place.stats().foreign == (expected != 200)
    await pbx.call(place, invite)


async def test_no_answer_is_much_longer_than_its_question(place: TapPlace, pbx: Pbx) -> None:
    """Law: whoever writes the shortest requests gets no more bytes back than they sent, but a tag and a name."""
    for number, method in enumerate(("INVITE", "BYE", "OPTIONS", "X")):
        contact = "m:<sip:a>\r\n" if method == "INVITE" else ""
        asked = (
            f"{method} a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK{number}\r\nf:a;tag=b\r\nt:a\r\n"
            f"i:{number}\r\ncseq:1 {method}\r\n{contact}\r\n"
        ).encode()
        pbx.say(place, asked)
        said = await pbx.hears(SILENT_S)
        assert len(said) <= len(asked) + LONGER_BYTES


async def test_refusals_are_rate_limited(place: TapPlace, pbx: Pbx) -> None:
    """Law: of a flood all are counted, few are answered, and a call among them is heard."""
    ear = await place.open(nobody)
    for first in range(0, 300, 50):  # as many as the kernel keeps
        pbx.say(place, *(called(INVITE, f"{number:032x}", f"call{number}") for number in range(first, first + 50)))
        await until(lambda first=first: place.stats().foreign == first + 50)
    pbx.say(place, called(INVITE, ear.target))
    await until(lambda: ear.dialog is not None)
    said = []
    while one := await pbx.hears(SILENT_S):
        said.append(status(one))
    assert said.count(200) == 1
    assert REFUSALS_A_S <= said.count(404) <= 3 * REFUSALS_A_S
    assert place.stats().foreign == 300


async def test_closing_hangs_up_and_hears_nothing_more(place: TapPlace, pbx: Pbx) -> None:
    """Law: once `close` has returned nothing is heard, the PBX gets a BYE of the dialog, again until it answers, and
    the token opens nothing any more.
    """
    heard: list[Sound] = []
    ear = await place.open(heard.extend)
    invite = called(INVITE, ear.target)
    tag, to = await pbx.call(place, invite)
    await until(lambda: ear.dialog is not None and not _waits(ear))
    pbx.speak(to, LINEAR, 1, 1)
    ear.close()
    ear.close()
    first, again = await pbx.hears(), await pbx.hears()
    assert first == again
    bye = read(first)
    assert (bye.method, bye.call_id, bye.sender_tag, bye.uri) == ("BYE", read(invite).call_id, tag, read(invite).target)
    pbx.say(place, sip.response(bye, 200, Address("127.0.0.1", 1), "x"))
    assert await pbx.hears(1.2) == b""
    assert heard == []
    pbx.say(place, called(INVITE, ear.target, "late"))
    assert status(await pbx.hears()) == 404


def _waits(ear: TapEar) -> bool:
    """For an ACK."""
    return ear.dialog is not None and ear.dialog.due_s < float("inf")


async def test_an_answer_that_got_lost_is_said_again(place: TapPlace, pbx: Pbx) -> None:
    """Law: without an ACK the same 200 comes again after 0.5 s; so it does for an INVITE that comes again."""
    ear = await place.open(nobody)
    invite = called(INVITE, ear.target)
    pbx.say(place, invite)
    first = await pbx.hears()
    assert await pbx.hears(0.7) == first
    pbx.say(place, invite)
    assert await pbx.hears(0.3) == first
    assert ear.stats().foreign == 0


async def test_a_leg_that_the_pbx_hangs_up_is_over(place: TapPlace, pbx: Pbx) -> None:
    """Law: a BYE of the PBX is answered, also when it comes again, and nobody is heard at that port any more."""
    heard: list[Sound] = []
    ear = await place.open(heard.extend)
    invite = called(INVITE, ear.target)
    tag, to = await pbx.call(place, invite)
    for _ in range(2):
        pbx.say(place, replayed("tap_bye", invite, tag, 1))
        assert status(await pbx.hears()) == 200
    pbx.speak(to, LINEAR, 1, 1)
    await asyncio.sleep(2 * SILENT_S)
    assert heard == []
    ear.close()
    assert await pbx.hears(SILENT_S) == b"", "nothing is left to hang up"


async def test_a_guessed_bye_ends_nothing(place: TapPlace, pbx: Pbx) -> None:
    """Law: without both tags of the dialog a BYE is of no call."""
    ear = await place.open(nobody)
    invite = called(INVITE, ear.target)
    await pbx.call(place, invite)
    pbx.say(place, within(invite, "BYE", "guessed", 9))
    assert status(await pbx.hears()) == 481
    assert ear.dialog is not None
    assert not ear.dialog.is_over


async def test_a_session_is_refreshed(place: TapPlace, pbx: Pbx) -> None:
    """Law: an INVITE within the dialog gets the same port again and brings the ear no other leg."""
    ear = await place.open(nobody)
    invite = called(INVITE, ear.target)
    tag, to = await pbx.call(place, invite)
    pbx.say(place, later(invite, tag, read(invite).sequence + 1))
    said = await pbx.hears()
    assert status(said) == 200
    assert f"m=audio {to.port} ".encode() in said
    assert ear.stats().foreign == 0


async def test_a_leg_without_sound_is_told_of_once(place: TapPlace, pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a leg that was answered and brings no RTP in time is logged and counted, once, without its token; one that
    brings sound, or is closed before, is not.
    """
    monkeypatch.setattr(tap_place, "NO_AUDIO_S", 0.3)
    with capture_logs() as logs:
        ears = [await place.open(nobody) for _ in range(3)]
        legs = [await pbx.call(place, called(INVITE, ear.target)) for ear in ears]
        pbx.speak(legs[0][1], LINEAR, 1, 1)
        ears[1].close()
        await asyncio.sleep(0.8)
    assert [(one["event"], one["port"]) for one in logs] == [("fork.no_audio", ears[2].port)]
    assert not any(ear.target in str(logs) for ear in ears)
    assert place.no_audio == 1


async def test_nothing_but_sip_is_ever_sent(place: TapPlace, pbx: Pbx, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: to where the PBX's RTP comes from nothing is sent, in a whole life of a leg: no voice, no silence and no
    key. The only socket that sends is the listener's, and it sends SIP to where SIP came from.
    """
    sent: list[tuple[bytes, tuple[str, int]]] = []

    class Watched(socket.socket):
        def sendto(self, data: bytes, to: tuple[str, int]) -> int:  # type: ignore[override]
            sent.append((data, to))
            return super().sendto(data, to)

        def send(self, *_: object) -> int:
            raise AssertionError("nothing is ever connected")

        sendmsg = send

    monkeypatch.setattr("ari_bridge.media.tap_place.socket.socket", Watched)
    watched = await TapPlace.listen("127.0.0.1", 0, PortRange(*PORTS, rest_s=0), "127.0.0.1")
    heard: list[Sound] = []
    ear = await watched.open(heard.extend)
    monkeypatch.undo()
    tag, to = await pbx.call(watched, called(INVITE, ear.target))
    pbx.speak(to, LINEAR, *range(1, 40))
    await until(lambda: heard)
    pbx.say(watched, within(called(INVITE, ear.target), "INFO", tag, read(INVITE).sequence + 1))
    await pbx.hears()
    ear.close()
    await pbx.hears()
    watched.close()
    assert len(sent) >= 3
    assert {to for _, to in sent} == {pbx.sip.getsockname()}
    for data, _ in sent:
        sip.parse(data)
    with pytest.raises(BlockingIOError):
        pbx.rtp.recv(2_000)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "224.0.0.1", "8.8.8.8", "localhost", ""])
async def test_it_listens_on_one_private_address_only(host: str) -> None:
    """Law: never on every address, and on none of the internet."""
    with pytest.raises(InvalidValue):
        await TapPlace.listen(host, 0, PortRange(*PORTS), "127.0.0.1")


async def test_it_ends_with_the_service(pbx: Pbx) -> None:
    """Law: `close` closes every ear, hangs up its leg, gives the port back, and opens nothing any more."""
    place = await TapPlace.listen("127.0.0.1", 0, PortRange(*PORTS, rest_s=0), "127.0.0.1")
    ear = await place.open(nobody)
    await pbx.call(place, called(INVITE, ear.target))
    await until(lambda: ear.dialog is not None and not _waits(ear))
    place.close()
    place.close()
    assert read(await pbx.hears()).method == "BYE"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(place.own)
    with pytest.raises(NoFreePort):
        await place.open(nobody)
    with pytest.raises(OSError, match="in use"):
        await TapPlace.listen("127.0.0.1", pbx.sip.getsockname()[1], PortRange(*PORTS), "127.0.0.1")
