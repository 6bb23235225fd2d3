"""Whatever goes wrong outside of us: it is said, nothing that was committed is lost, and the call goes on."""

import asyncio
import contextlib
import json
import os
import random
import socket
import sqlite3
import struct
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import pytest_asyncio

from consent.parties import Party
from tests.lab.installation import Installation
from tests.lab.pbx_files import TRUNK_HOST
from tests.lab.phone import Call, CallStatus
from tests.lab.service import Service
from tests.lab.site import Site, open_site
from tests.lab.small_disk import fill, small_disk
from tests.live.people import GAP_MS, Talk, dial, heard, lines, live_forks, outside, rows, talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

DISK_BYTES = 4 << 20
FAMILIES = {str(number): "yealink" if number % 2 else "cisco" for number in range(1001, 1041)}
TOUCHED = Path(tempfile.gettempdir()) / f"ouidire-{os.getpid()}-was-here"
NAMES = (
    'Eve" <sip:1001@127.0.0.1>;tag=1',
    "]]></Text><SoftKey index='1'><Label>Yes</Label><URI>Dial:666</URI></SoftKey>",
    "&lt;!ENTITY x SYSTEM 'file:///etc/passwd'&gt;",
    f"${{SHELL(touch {TOUCHED})}}|1,2&3",
    "\\r\\nAction: Originate\\r\\nChannel: PJSIP/1002",
    "Zo\u00eb \u202e\u0007\u001b[31m \U0001f600 'x' --",
    "A" * 4000,
)
LOCKED_S = 7.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site whose database lies on a small disk, and whose agents all have screens."""
    folder = tmp_path_factory.mktemp("site")
    with small_disk(folder / "disk", DISK_BYTES) as disk:
        async with open_site(installation, folder, FAMILIES, database=disk / "ouidire.sqlite") as opened:
            for number in range(1001, 1021):
                await opened.agent(number)
            yield opened


def _screens(site: Site, agent: int) -> list[bytes]:
    return [notice.body for notice in site.agents[agent].notices]


async def test_hostile_names_inject_nothing(site: Site) -> None:
    """Callers named with quotes, XML, dialplan code, control codes, 4 kB, and CR/LF on the PBX's own side: each is
    heard as any other, every screen is sound XML without the name, and every line of the log is one JSON object.
    """
    line_break = "URIDECODE(Eve%0d%0aAction:%20Originate)"
    await _add(
        site, "291", "Answer()", f"Set(CALLERID(name)=${{{line_break}}})", "Gosub(ouidire-consent,s,1)",
        "Set(CALLERID(name)=Eve)", "Dial(PJSIP/1010,30,tT)",
    )  # fmt: skip
    calls = [_named(site, at, name) for at, name in enumerate(NAMES)]
    talks = await asyncio.gather(*calls, talk(site, "291", "0617000010", 1010))
    await asyncio.sleep(2.5)
    for met in talks:
        assert await live_forks(site, met.call_id) == 2
        await met.dialled.call.hang_up()
    await asyncio.sleep(1)
    bodies = [body for agent in range(1001, 1011) for body in _screens(site, agent)]
    assert len(bodies) >= 2 * len(talks)
    for body in bodies:
        ElementTree.fromstring(body)
        assert not any(word in body for word in (b"Eve", b"666", b"ENTITY", b"SHELL", b"Originate", b"AAAA"))
    served = site.service.log.read_text(encoding="utf-8").split("service.started", 1)[1].splitlines()[1:]
    assert all(isinstance(json.loads(line), dict) for line in served)
    assert not TOUCHED.exists()
    assert site.records.verified() > 0


async def _named(site: Site, at: int, name: str) -> Talk:
    dialled = await dial(site, f"5{1001 + at}", f"061700000{at}", name)
    await dialled.say_yes()
    met = await dialled.met(1001 + at)
    await met.heard()
    return met


async def test_rtp_of_strangers_is_counted_and_dropped(site: Site) -> None:
    """Broken, truncated, foreign and replayed RTP at the fork's port: counted and dropped; the call and its analysis
    go on.
    """
    met = await talk(site, "51011", "0617000020", 1011)
    met.both_speak()
    await asyncio.sleep(2)
    since_ns = time.time_ns()
    ports = {entry.port for entry in site.forks_of(met.call_id)}
    await asyncio.gather(*(_attack(site, port) for port in ports))
    await site.until("something judged", lambda: site.records.derived(met.call_id).scores > 0, 30)
    assert await live_forks(site, met.call_id) == 2
    assert met.gaps(time.time_ns(), since_ns).excess_ms <= GAP_MS
    await met.dialled.call.hang_up()
    await asyncio.sleep(1)
    closed = [event for event in site.service.events("fork.closed") if event["call_id"] == met.call_id]
    counts = ("packets", "malformed", "foreign", "wrong_payload_type", "wrong_ssrc", "replayed")
    rows(("party", *counts), *((event["party"], *(event[name] for name in counts)) for event in closed))
    assert len(closed) == 2
    for event in closed:
        assert all(event[name] > 0 for name in counts), event


async def _attack(site: Site, port: int) -> None:
    """Fifty of each kind, from another port, from another host, and in the PBX's own name."""
    chance = random.Random(port)
    packets = (await site.packets()).packets
    last = packets[packets["port"] == port][-1]
    voice = chance.randbytes(640)
    ssrc, sequence = int(last["ssrc"]), int(last["sequence"])
    good = struct.pack("!BBHII", 0x80, 118, sequence, int(last["timestamp"]), ssrc) + voice
    wrong_type = struct.pack("!BBHII", 0x80, 0, sequence, int(last["timestamp"]), ssrc) + voice[:160]
    wrong_ssrc = struct.pack("!BBHII", 0x80, 118, sequence, int(last["timestamp"]), ssrc ^ 1) + voice
    broken = (b"", b"\x80", good[:11], b"\x00" * 40, chance.randbytes(300), b"\xbf" + good[1:16])
    with _bound("127.0.0.1") as near, _bound(TRUNK_HOST) as far:
        for _ in range(50):
            for datagram in (*broken, good, wrong_type, wrong_ssrc):
                near.sendto(datagram, ("127.0.0.1", port))
                far.sendto(datagram, ("127.0.0.1", port))
            for datagram in (good, wrong_type, wrong_ssrc, good[:11]):
                _send_as(int(last["source_port"]), datagram, port)
            await asyncio.sleep(0.005)


def _bound(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    return made


def _send_as(source_port: int, payload: bytes, port: int) -> None:
    """One datagram in the name of a socket that is not ours (a raw socket: needs root, of a namespace at least)."""
    header = struct.pack("!HHHH", source_port, port, 8 + len(payload), 0)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP) as raw:
        raw.sendto(header + payload, ("127.0.0.1", 0))


async def test_a_locked_database_stops_the_analysis_and_not_the_call(site: Site) -> None:
    """Locked by somebody else: the screen says that nothing is measured, nobody is heard, the calls go on without a
    gap, a *9 pressed meanwhile is in the ledger afterwards; when it is free again the other call is heard again.
    """
    met, other = await asyncio.gather(talk(site, "51013", "0617000030", 1013), talk(site, "51012", "0617000031", 1012))
    met.both_speak()
    other.both_speak()
    await asyncio.sleep(3)
    since_ns = time.time_ns()
    with contextlib.closing(sqlite3.connect(site.service.database, isolation_level=None)) as foreign:
        foreign.execute("BEGIN IMMEDIATE")
        nine_ns = await other.dialled.press("*9")
        await asyncio.sleep(LOCKED_S)
        assert await live_forks(site, met.call_id) == 0
        assert _says_failure(site, 1013)
        foreign.execute("ROLLBACK")
    await met.heard(limit_s=12)
    assert met.gaps(time.time_ns(), since_ns).excess_ms <= GAP_MS
    await site.until("the withdrawal in the ledger", lambda: _answers(site, other)[-1] == "withdrawn")
    assert outside(await site.times_of(other.call_id), other.dialled.yes_ns, nine_ns) == 0
    await site.until("everything erased", lambda: site.records.derived(other.call_id).is_nothing)
    await _end(site, met, other)


async def test_a_full_disk_stops_the_analysis_and_not_the_call(site: Site) -> None:
    """No byte left: the same; what was committed is still there, and when there is space again it goes on."""
    met = await talk(site, "51015", "0617000040", 1015)
    met.both_speak()
    await site.until("facts kept", lambda: len(site.records.derived(met.call_id).facts) == 2)
    before, chain = site.records.calls(), site.records.verified()
    since_ns = time.time_ns()
    filler = fill(site.service.database.parent)
    try:
        await site.until("the failure on the screen", lambda: _says_failure(site, 1015), 20)
        await asyncio.sleep(0.5)
        assert await live_forks(site, met.call_id) == 0
    finally:
        filler.unlink()
    await met.heard(limit_s=12)
    assert met.gaps(time.time_ns(), since_ns).excess_ms <= GAP_MS
    assert site.records.calls() == before
    assert site.records.verified() == chain
    assert site.records.integrity() == "ok"
    await _end(site, met)


def _says_failure(site: Site, agent: int) -> bool:
    return any(b"Analysis failed" in body for body in _screens(site, agent))


def _answers(site: Site, met: Talk) -> list[str]:
    return [answer for answer, _, _ in site.records.answers(met.call_id)]


async def _end(site: Site, *talks: Talk) -> None:
    for met in talks:
        assert met.dialled.call.status is CallStatus.UP, "the call did not go on"
        assert met.leg.status is CallStatus.UP, "the call did not go on"
        await met.dialled.call.hang_up()
    await site.until("the ends in the ledger", lambda: all(site.records.is_over(met.call_id) for met in talks))


@pytest.mark.parametrize(
    ("key", "named"), [("ari_password", "ARI"), ("ami_password", "AMI"), ("phones_password", "AMI")]
)
async def test_a_wrong_password_ends_it_with_a_sentence(site: Site, tmp_path: Path, key: str, named: str) -> None:
    """The service stops by itself, says in one sentence what to compare, and repeats the password to nobody."""
    service = Service(site.pbx, tmp_path, screens_port=site.pbx.ports.spare[3])
    service.write_settings()
    secrets = site.service.secrets.read_text(encoding="utf-8").splitlines()
    changed = [f'{key} = "wrong-{key}"' if line.startswith(key) else line for line in secrets]
    service.secrets.touch(mode=0o600)
    service.secrets.write_text("\n".join(changed), encoding="utf-8")
    code, words = await asyncio.wait_for(service.command("serve"), 30)
    assert code == 1
    assert "Traceback" not in words
    last = words.splitlines()[-1]
    assert named in last
    assert "password" in last
    assert f"wrong-{key}" not in words


async def test_a_forged_yes_is_no_yes(site: Site) -> None:
    """A dialplan that sets the variable and sends the event as ours does, but never asked: no fork, and an error."""
    await _add(
        site, "290", "Answer()", "Set(__OUIDIRE_CALL=${UNIQUEID})", "Set(OUIDIRE_CONSENT=granted)",
        f"UserEvent(OuidireAnswer,Call: ${{UNIQUEID}},Answer: granted,Why: key,Notice: {site.records.notices()['en']},"
        "Language: en,At: ${EPOCH},Tag: )",
        "Dial(PJSIP/1016,30,tT)",
    )  # fmt: skip
    dialled = await dial(site, "290", "0617000050")
    met = await dialled.met(1016)
    met.dialled.call.say(lines(Party.CALLER)[0])
    await asyncio.sleep(3)
    assert await site.forks_now() == []
    assert len(await site.times_of(met.call_id)) == 0
    assert site.records.grants(met.call_id) == {}
    assert met.call_id in {event.get("call_id") for event in site.service.events("attack.suspected")}
    await dialled.call.hang_up()


async def _add(site: Site, extension: str, *steps: str) -> None:
    """One more extension of the admin's, for calls from outside."""
    for priority, step in enumerate(steps, 1):
        await site.pbx.cli(f'dialplan add extension "{extension},{priority},{step}" into from-trunk')


async def test_a_restarted_asterisk_is_found_again(site: Site) -> None:
    """The PBX is restarted: said, then connected again by itself; its calls end in the ledger, new ones are heard."""
    lost = await talk(site, "51017", "0617000060", 1017)
    await site.pbx.restart()
    for call in (lost.dialled.call, lost.leg):
        _forget(call)
    began_s = time.monotonic()
    while not await site.service.is_ready():
        assert time.monotonic() - began_s < 30, site.service.last_words()
        await asyncio.sleep(0.1)
    rows(("ready again after s",), (f"{time.monotonic() - began_s:.1f}",))
    met = await talk(site, "51018", "0617000061", 1018)
    assert all("trying again" in event["reason"] for event in site.service.events("pbx.lost"))
    assert site.service.events("pbx.lost")
    await site.until("the lost call's end", lambda: _answers(site, lost)[-1] == "expired")
    await heard(site, met.call_id, 2)
    await _end(site, met)


def _forget(call: Call) -> None:
    """The PBX knows nothing of this call any more, so that hanging up would only wait for an answer."""
    call.status = CallStatus.OVER


async def test_the_file_is_sound_after_all_this(site: Site) -> None:
    """SQLite's check says ok, the chain is verified, no channel is left."""
    assert site.records.integrity() == "ok"
    assert site.records.verified() > 20
    assert site.service.is_running
    await site.empty()
