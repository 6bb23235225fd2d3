"""Voices by the tap: FreeSWITCH calls the bridge by SIP and sends RTP, seen here on its way by the kernel."""

import asyncio
import re
import secrets
import socket
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import unquote

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from tests.lab.fork_sound import ForkSound, listening
from tests.lab.freeswitch import NONE_INSTALLED, find_freeswitch
from tests.lab.phone.rtp_wire import Header, KeyEvent, build, build_key
from tests.lab.switch_site import SwitchSite, open_switch_site
from tests.live.freeswitch.people import Talk, answer, ring, talk
from tests.live.people import GAP_MS, LAST_PACKET_MS

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

CALLER_HZ, AGENT_HZ, STRANGE_HZ = 440, 1000, 1813
"""No two of them have a multiple in common where a coarse 8-bit sound of the others would show."""
RATE_HZ, FRAME = 8_000, 160
"""The tap's rate and the samples of one packet."""
APART_DB = 60.0
SAYS_S = 4.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SwitchSite]:
    """The product on a FreeSWITCH without a module of others."""
    if find_freeswitch() is None:
        pytest.skip(NONE_INSTALLED)
    async with open_switch_site(tmp_path_factory.mktemp("site"), "tap") as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def heard(site: SwitchSite) -> AsyncIterator[ForkSound]:
    """All RTP on its way to the bridge."""
    with listening(site.pbx.ports.forks) as sound:
        yield sound
    await site.close_phones()  # a call that a failing test left would be heard by the next one


def tone(hz: int, seconds: float = SAYS_S) -> NDArray[np.int16]:
    """A tone at 8 kHz, int16 (n,)."""
    return (8_000 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.int16)


def level_db(samples: NDArray[np.int16], hz: int) -> float:
    """How much of that tone is in int16 samples at 8 kHz (n,), dB of full scale; a step of 16 bits is some -90 dB."""
    window = np.blackman(len(samples))
    wave = np.exp(-2j * np.pi * hz * np.arange(len(samples)) / RATE_HZ)
    amplitude = 2 * abs(np.sum(samples / 32_768 * window * wave)) / window.sum()
    return 20 * np.log10(max(float(amplitude), 1e-8))


async def both_flow(site: SwitchSite, heard: ForkSound, since_ns: int) -> set[int]:
    """Wait until two voices flow; the ports to which they do."""

    def ports() -> set[int]:
        return {one.port for one in heard.pieces if one.time_ns > since_ns}

    await site.until("two voices", lambda: len(ports()) == 2, 15)
    return ports()


async def last_after_ms(heard: ForkSound, met: Talk, leg_keys: str, *, by_agent: bool = False) -> float:
    """Press these keys; how long after their end the last packet of a voice came."""
    key_ns = (await (met.leg if by_agent else met.call).press(leg_keys))[-1]
    await asyncio.sleep(2.0)
    assert {met.call.status.value, met.leg.status.value} == {"up"}, "the call did not go on"
    return (heard.pieces[-1].time_ns - key_ns) / 1e6


async def test_each_voice_comes_alone(site: SwitchSite, heard: ForkSound) -> None:
    """Law: nothing flows before the yes; then each party's own mouth comes, the other at least 60 dB below, and *9 ends
    both within 100 ms.
    """
    met = await talk(site, "0648000001")
    ports = await both_flow(site, heard, 0)
    assert heard.pieces[0].time_ns > met.yes_ns
    met.say([tone(CALLER_HZ)], [tone(AGENT_HZ)])
    await asyncio.sleep(SAYS_S - 0.5)
    now_ns = time.time_ns()
    apart_db = {}
    for port in ports:
        sound = heard.of({port}, now_ns - 2_000_000_000, now_ns)
        caller_db, agent_db = level_db(sound, CALLER_HZ), level_db(sound, AGENT_HZ)
        apart_db["caller" if caller_db > agent_db else "agent"] = abs(caller_db - agent_db)
    gaps = met.gaps(time.time_ns())
    await asyncio.sleep(1.0)
    late_ms = await last_after_ms(heard, met, "*9")
    apart = ", ".join(f"{name} {db:.1f}" for name, db in apart_db.items())
    print(f"apart {apart} dB; gaps {gaps} ms; last {late_ms:.0f} ms after the caller's key")
    assert set(apart_db) == {"caller", "agent"}
    assert min(apart_db.values()) >= APART_DB
    assert gaps.excess_ms <= GAP_MS
    assert late_ms <= LAST_PACKET_MS
    await met.call.hang_up()


async def test_the_agents_keys_end_it(site: SwitchSite, heard: ForkSound) -> None:
    """Law: *9 by the agent ends both voices within 100 ms."""
    met = await talk(site, "0648000002")
    await both_flow(site, heard, 0)
    late_ms = await last_after_ms(heard, met, "*9", by_agent=True)
    print(f"last {late_ms:.0f} ms after the agent's key")
    assert late_ms <= LAST_PACKET_MS
    await met.call.hang_up()


async def test_without_a_yes_nothing_is_tapped(site: SwitchSite, heard: ForkSound) -> None:
    """Law: a no leads to the agent and to no leg that listens."""
    await site.agent(1002)
    call = await ring(site, "0648000003", "1002")
    await answer(call, "2")
    await site.met("0648000003", 1002)
    await asyncio.sleep(2.0)
    assert heard.pieces == []
    assert len(await site.channels()) == 2
    await call.hang_up()


async def test_a_tap_has_no_mouth(site: SwitchSite, heard: ForkSound) -> None:
    """Law: sound and keys that come from the very port to which FreeSWITCH sends a voice, and keys by INFO in the very
    dialog, reach neither party, nor does 0, 1, 2 or 3 open a whisper.
    """
    met = await talk(site, "0648000004")
    await both_flow(site, heard, 0)
    await asyncio.sleep(1.0)  # an application is shown a moment after it began
    ways = [await _way(site, row["uuid"]) for row in await site.channels() if row["application"] == "eavesdrop"]
    assert len(ways) == 2
    before = [await _packets(site, way) for way in ways]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        for key in "0123":
            for way in ways:
                await _press(raw, way, key)
                assert await asyncio.to_thread(_press_by_info, way, key) == b"SIP/2.0 200 OK"
        since_ns = time.time_ns()
        met.say([tone(CALLER_HZ)], [tone(AGENT_HZ)])
        await asyncio.gather(*(_speak(raw, way) for way in ways))
    until_ns = time.time_ns()
    came = [await _packets(site, way) - packets for way, packets in zip(ways, before, strict=True)]
    assert min(came) > 100, "it did not come as far as FreeSWITCH's legs"
    for name, leg, other_hz in (("caller", met.call, AGENT_HZ), ("agent", met.leg, CALLER_HZ)):
        sound = leg.stream.heard(since_ns + 500_000_000, until_ns - 500_000_000)
        wanted_db, strange_db = level_db(sound, other_hz), level_db(sound, STRANGE_HZ)
        print(f"{name} hears the other at {wanted_db:.1f} dB, the tap at {strange_db:.1f} dB")
        assert wanted_db - strange_db >= APART_DB
    # The same tone in a voice itself would have been found.
    met.say([tone(STRANGE_HZ)], [])
    await asyncio.sleep(SAYS_S - 0.5)
    sound = met.leg.stream.heard(time.time_ns() - 2_000_000_000)
    assert level_db(sound, STRANGE_HZ) - level_db(sound, AGENT_HZ) > APART_DB / 2
    await met.call.hang_up()


async def test_a_dead_bridge_is_tapped_no_longer(site: SwitchSite, heard: ForkSound) -> None:
    """Law: with the bridge killed *9 ends the legs that listen inside FreeSWITCH; the bridge that comes back records
    it and hears nobody.
    """
    met = await talk(site, "0648000005")
    await both_flow(site, heard, 0)
    killed_ns = await site.service.kill()
    await asyncio.sleep(0.5)
    flowed = heard.pieces[-1].time_ns > killed_ns
    late_ms = await last_after_ms(heard, met, "*9")
    print(f"flowed on to nobody: {flowed}; last {late_ms:.0f} ms after the key")
    assert late_ms <= LAST_PACKET_MS
    assert len(await site.channels()) == 2
    before = len(heard.pieces)
    await site.service.start()
    await site.until("the stop", lambda: ("withdrawn", "star9", "journal") in site.records.answers(met.call_id))
    await asyncio.sleep(2.0)
    assert len(heard.pieces) == before
    await met.call.hang_up()


async def test_a_killed_bridge_hears_the_same_conversation_again(site: SwitchSite, heard: ForkSound) -> None:
    """Law: a bridge that comes back ends what it finds and hears both legs of the same call."""
    met = await talk(site, "0648000006")
    await both_flow(site, heard, 0)
    killed_ns = await site.service.kill()
    await asyncio.sleep(1.0)
    started_ns = time.time_ns()
    await site.service.start()
    await site.until("two legs that listen", lambda: _flow_now(heard, started_ns) == 2, 15)
    await asyncio.sleep(1.0)
    assert len(await site.channels()) == 4
    assert met.gaps(time.time_ns(), killed_ns).excess_ms <= GAP_MS
    await met.call.hang_up()


def _flow_now(heard: ForkSound, since_ns: int) -> int:
    recent_ns = max(since_ns, time.time_ns() - 500_000_000)
    return len({one.port for one in heard.pieces if one.time_ns > recent_ns})


@dataclass(frozen=True, slots=True)
class _Way:
    """How a leg that listens could be spoken to: ports, payload types, and its SIP dialog as our end would name it."""

    uuid: str
    bridge_port: int
    port: int
    voice_type: int
    keys_type: int
    sip_port: int
    dialog: str


async def _way(site: SwitchSite, uuid: str) -> _Way:
    said = dict(
        line.split(": ", 1) for line in (await site.pbx.api(f"uuid_dump {uuid} txt")).splitlines() if ": " in line
    )
    of = {name.removeprefix("variable_"): unquote(value) for name, value in said.items()}
    offer = of["rtp_local_sdp_str"]
    voice, keys = (re.search(rf"rtpmap:(\d+) {name}/8000", offer) for name in ("L16", "telephone-event"))
    contact = re.search(r":(\d+)>", of["sip_outgoing_contact_uri"])
    assert voice is not None
    assert keys is not None
    assert contact is not None
    dialog = f"From: {of['sip_full_to']}\r\nTo: {of['sip_full_from']}\r\nCall-ID: {of['sip_call_id']}\r\n"
    ports = int(of["remote_media_port"]), int(of["local_media_port"])
    return _Way(uuid, *ports, int(voice[1]), int(keys[1]), int(contact[1]), dialog)


async def _packets(site: SwitchSite, way: _Way) -> int:
    """How many packets of sound FreeSWITCH took on its end of that leg."""
    await site.pbx.api(f"uuid_set_media_stats {way.uuid}")
    return int(await site.pbx.api(f"uuid_getvar {way.uuid} rtp_audio_in_media_packet_count"))


async def _press(raw: socket.socket, way: _Way, key: str) -> None:
    begins = 160 * (1 + ord(key))  # a time of its own: each is another key
    for at in range(8):
        event = build_key(KeyEvent(key, at > 4, 160 * (at + 1)))
        _send(raw, way, build(Header(int(at == 0), way.keys_type, at, begins, 0xBAD), event))
        await asyncio.sleep(0.02)


def _press_by_info(way: _Way, key: str) -> bytes:
    """A key in the dialog itself; the first line of the answer."""
    branch, body = f"z9hG4bK{secrets.token_hex(8)}", f"Signal={key}\r\nDuration=100\r\n"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(3.0)
        phone.bind(("127.0.0.1", 0))
        own = "{}:{}".format(*phone.getsockname())
        request = (
            f"INFO sip:127.0.0.1:{way.sip_port} SIP/2.0\r\nVia: SIP/2.0/UDP {own};rport;branch={branch}\r\n"
            f"Max-Forwards: 70\r\n{way.dialog}CSeq: {1_000 + ord(key)} INFO\r\n"
            f"Content-Type: application/dtmf-relay\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
        phone.sendto(request.encode("ascii"), ("127.0.0.1", way.sip_port))
        return phone.recv(4_096).split(b"\r\n", 1)[0]


async def _speak(raw: socket.socket, way: _Way) -> None:
    samples = tone(STRANGE_HZ).astype(">i2")
    for at in range(len(samples) // FRAME):
        frame = samples[at * FRAME : (at + 1) * FRAME].tobytes()
        _send(raw, way, build(Header(0, way.voice_type, 100 + at, at * FRAME, 0xBAD), frame))
        await asyncio.sleep(0.02)


def _send(raw: socket.socket, way: _Way, datagram: bytes) -> None:
    """As from the bridge's own port, which the bridge itself holds."""
    raw.sendto(struct.pack("!HHHH", way.bridge_port, way.port, 8 + len(datagram), 0) + datagram, ("127.0.0.1", 0))
