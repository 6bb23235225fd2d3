"""The gate with AudioSocket on a real Asterisk: the same locks as with RTP, and a dead bridge harms no call.

Always on the newest release at hand: Debian's 16 has no AudioSocket.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from dialplan.render import RenderSettings
from tests.dialplan.live.audiosocket_ear import Connection, listening
from tests.dialplan.live.conftest import SETTINGS, Site, running, say_yes, stand_ins, until_answered
from tests.lab.asterisk import Asterisk
from tests.lab.phone import Call

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

STEADY_MS = 60
STOP_LIMIT_MS = 100
"""From the end of the 9 key to the last byte."""
CALLER_HZ, AGENT_HZ = 440, 1500


@dataclass(frozen=True, slots=True)
class Talk:
    """One call that was granted and reached its agent; each party hums a tone of its own."""

    unique_id: str
    caller: Call
    agent: Call

    def gap_ms(self, since_ns: int) -> float:
        """The largest gap in what either party received."""
        now_ns = time.time_ns()
        gaps = [call.stream.gap_max_ms(since_ns, now_ns) for call in (self.caller, self.agent)]
        assert all(gaps)
        return max(gap for gap in gaps if gap)


def socket_port(pbx: Asterisk) -> int:
    return pbx.ports.spare[-1]


def with_audiosocket(pbx: Asterisk) -> RenderSettings:
    return replace(SETTINGS, audiosocket_port=socket_port(pbx))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Installed with the option."""
    async with running(tmp_path_factory.mktemp("pbx"), None, stand_ins, with_audiosocket) as running_site:
        yield running_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def came(site: Site) -> AsyncIterator[list[Connection]]:
    """Whoever connects to the port that the install fixed."""
    async with listening(socket_port(site.pbx)) as kept:
        yield kept


def hum(tone_hz: int) -> NDArray[np.int16]:
    """A minute at 8 kHz."""
    return (6000 * np.sin(2 * np.pi * tone_hz * np.arange(60 * 8000) / 8000)).astype(np.int16)


async def met(site: Site, number: str, agent: int) -> Talk:
    """A yes, and both are up and hum."""
    caller, desk = await site.caller(number), await site.agent(agent)
    call = await until_answered(await caller.dial(f"5{agent}"))
    unique_id = await site.unique_id(number)
    await say_yes([call])
    incoming = await desk.incoming()
    await asyncio.sleep(0.3)
    call.say(hum(CALLER_HZ))
    incoming.say(hum(AGENT_HZ))
    return Talk(unique_id, call, incoming)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talk(site: Site) -> AsyncIterator[Talk]:
    """The call of most tests."""
    found = await met(site, "0621000001", 1001)
    yield found
    await found.caller.hang_up()


async def fork(site: Site, leg: str) -> UUID:
    """Send a snoop of the leg to the gate with a new UUID, as the bridge does."""
    name = uuid4()
    await site.ari.snoop_into(leg, "ouidire-gate", f"u{name.hex}")
    return name


async def until_come(came: list[Connection], name: UUID) -> Connection:
    """The connection that said a UUID."""
    for _ in range(200):
        for one in came:
            if len(one.data) > 19 and one.name == name:
                return one
        await asyncio.sleep(0.01)
    raise AssertionError("no connection said that UUID")


def loudest_hz(samples: NDArray[np.int16]) -> float:
    spectrum = np.abs(np.fft.rfft(samples.astype(float)))
    return float(np.argmax(spectrum) * 16_000 / len(samples))


async def test_each_leg_comes_under_its_own_uuid(site: Site, came: list[Connection], talk: Talk) -> None:
    """Law: after a yes each party's own mouth alone, 50 frames of slin16 a second, little-endian, under its UUID."""
    legs = await site.ari.legs(talk.unique_id)
    heard = [await until_come(came, await fork(site, leg)) for leg in legs]
    await asyncio.sleep(0.3)
    since_ns = time.time_ns()
    await asyncio.sleep(1.0)
    for one, tone_hz in zip(heard, (CALLER_HZ, AGENT_HZ), strict=True):
        times = [at for at in one.arrivals_ns if at >= since_ns]
        assert 45 <= len(times) <= 55
        assert max(b - a for a, b in itertools.pairwise(times)) / 1e6 < STEADY_MS
        assert {frame[:3] for frame in one.frames()} == {b"\x12\x02\x80"}
        assert abs(loudest_hz(one.samples()[-16_000:]) - tone_hz) < 5
        assert one.transport is not None
        one.transport.close()


@pytest.mark.parametrize(
    "extension",
    ["u", "u12", f"u{'a' * 31}", f"u{'a' * 33}", f"u{'A' * 32}", f"u{'g' * 32}", f"u{'0' * 31}:", "a" * 32, "0" * 32],
)
async def test_what_is_no_uuid_is_denied(site: Site, came: list[Connection], talk: Talk, extension: str) -> None:
    """Law: 32 digits as the bridge writes them, or nothing is dialled."""
    denied, before = len(site.ari.user_events("OuidireDenied")), len(came)
    await site.ari.snoop_into(talk.unique_id, "ouidire-gate", extension)
    await asyncio.sleep(0.3)
    assert len(site.ari.user_events("OuidireDenied")) == denied + 1
    assert len(came) == before


async def test_a_lease_ends_the_fork(site: Site, came: list[Connection], talk: Talk) -> None:
    """Law: as with RTP."""
    one = await until_come(came, await fork(site, talk.unique_id))
    await asyncio.sleep(SETTINGS.lease_s + 1)
    lived_s = (one.ended_ns - one.arrivals_ns[0]) / 1e9
    assert SETTINGS.lease_s - 0.5 < lived_s < SETTINGS.lease_s + 0.3


async def test_rtp_passes_the_same_gate(site: Site, talk: Talk) -> None:
    """Law: a port is a target still."""
    forked = await site.ari.fork(talk.unique_id)
    await asyncio.sleep(0.4)
    assert len(forked.ear.arrivals_ns) > 10
    await site.ari.ask("DELETE", f"/channels/{forked.snoop}")


async def test_nothing_comes_before_the_yes(site: Site, came: list[Connection]) -> None:
    """Law: while the caller is asked, and after a no, the gate dials nobody."""
    caller, desk = await site.caller("0621000002"), await site.agent(1002)
    before = len(came)
    call = await until_answered(await caller.dial("51002"))
    await asyncio.sleep(0.5)
    unique_id = await site.unique_id("0621000002")
    await fork(site, unique_id)
    await say_yes([call], key="2")
    await desk.incoming()
    for leg in await site.ari.legs(unique_id):
        await fork(site, leg)
    await asyncio.sleep(0.5)
    assert len(came) == before
    assert {"asked", "refused"} <= {one["Consent"] for one in site.ari.user_events("OuidireDenied")}
    await call.hang_up()


async def test_the_gate_has_nothing_to_complain_of(site: Site, talk: Talk) -> None:
    """Law: no warning and no error so far, denied forks included, and not of the sound that is sent back."""
    assert talk.unique_id
    assert site.complaints() == []


async def test_star9_ends_every_fork_at_once(site: Site, came: list[Connection], talk: Talk) -> None:
    """Law: the last byte at most 100 ms after the end of the 9 key, on every fork of both parties."""
    legs = await site.ari.legs(talk.unique_id)
    heard = [await until_come(came, await fork(site, leg)) for leg in legs * 3]
    await asyncio.sleep(0.5)
    [_, end_ns] = await talk.caller.press("*9")
    await asyncio.sleep(0.5)
    late_ms = [(one.arrivals_ns[-1] - end_ns) / 1e6 for one in heard]
    print("last bytes, ms after the key:", [f"{one:.0f}" for one in late_ms])
    assert max(late_ms) < STOP_LIMIT_MS
    assert all(one.ended_ns for one in heard)
    assert not [name for name in await site.pbx.channels() if name.startswith(("Snoop/", "AudioSocket/"))]
    before = len(came)
    await fork(site, talk.unique_id)
    await asyncio.sleep(0.3)
    assert len(came) == before


async def test_a_dead_bridge_leaves_the_call_alone(site: Site, came: list[Connection]) -> None:
    """Law: forks whose listener dies end by themselves, those that find none never begin, and nobody in the call hears
    any of it.
    """
    found = await met(site, "0621000003", 1003)
    legs = await site.ari.legs(found.unique_id)
    since_ns = time.time_ns()
    heard = [await until_come(came, await fork(site, leg)) for leg in legs]
    await asyncio.sleep(0.5)
    for one in heard:
        assert one.transport is not None
        one.transport.abort()
    await asyncio.sleep(1.0)
    assert not [name for name in await site.pbx.channels() if name.startswith(("Snoop/", "AudioSocket/"))]
    assert found.gap_ms(since_ns) < STEADY_MS
    await found.caller.hang_up()


async def test_a_call_has_one_row_in_the_call_records(site: Site) -> None:
    """Law: forks leave no trace in the PBX's own call records."""
    await asyncio.sleep(1.0)
    rows = site.pbx.cdr_file.read_text(encoding="utf-8").splitlines()
    assert not [row for row in rows if "Snoop/" in row or "AudioSocket/" in row]
