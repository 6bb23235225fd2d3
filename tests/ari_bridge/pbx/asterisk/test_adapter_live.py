"""The adapter against a real Asterisk with the product's own dialplan, and a caller who says yes and then stops."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ari_bridge.media.ear import Ear, MediaPlace, Sound
from ari_bridge.media.ports import PortRange
from ari_bridge.media.udp_receiver import RtpPlace
from ari_bridge.pbx.asterisk.access import AmiAccess, AriAccess
from ari_bridge.pbx.asterisk.adapter import AsteriskPbx
from ari_bridge.pbx.errors import NotThere
from ari_bridge.pbx.port import Answered, ChannelChanged, ChannelGone, Connected, Disconnected, ForkRefused, PbxFork
from ari_bridge.run.passwords import read_passwords
from consent.grant import ConsentGrant
from consent.states import Answer
from tests.ari_bridge.pbx.asterisk.conftest import Watched, until
from tests.conftest import Callers
from tests.lab.asterisk import Asterisk
from tests.lab.installation import find
from tests.lab.pbx_files import TRUNK_HOST
from tests.lab.phone import Call, Pacer, Phone
from tests.lab.service import LEASE_S, Service

pytestmark = pytest.mark.live
TONE = (8000 * np.sin(np.arange(8000 * 30) * 2 * np.pi * 440 / 8000)).astype(np.int16)


@dataclass
class Bench:
    """A PBX with our dialplan, two phones and the adapter."""

    asterisk: Asterisk
    caller: Phone
    agent: Phone
    watched: Watched
    place: MediaPlace

    @property
    def pbx(self) -> AsteriskPbx:
        """The adapter."""
        return self.watched.pbx

    async def says_yes(self, number: str) -> tuple[Call, str]:
        """A call that was asked and granted and has an agent on it; and its id."""
        call = await self.caller.dial(number)
        await call.answered(5)
        already = len(self.watched.of(Answered))
        for _ in range(100):
            if any(event.answer is Answer.GRANTED for event in self.watched.of(Answered)[already:]):
                break
            await call.press("1")
            await asyncio.sleep(0.3)
        await self.agent.incoming(20)
        call.say(TONE)
        return call, self.watched.of(Answered)[-1].call_id

    def leg(self, call_id: str, endpoint: str) -> str:
        """The id of the newest channel of that endpoint in a call."""
        told = [event.channel for event in self.watched.of(ChannelChanged)]
        return [one.channel_id for one in told if one.endpoint == endpoint and one.call_id == call_id][-1]

    async def hear(self, grant: ConsentGrant, channel_id: str) -> tuple[PbxFork, Ear, list[Sound]]:
        """A fork of a leg and what comes of it."""
        sounds: list[Sound] = []
        ear = await self.place.open(sounds.extend)
        return await self.pbx.fork(grant, channel_id, ear.target), ear, sounds


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Everything running."""
    asterisk = Asterisk(find(os.environ.get("OUIDIRE_TEST_ASTERISK") or None), tmp_path / "pbx")
    asterisk.write()
    service = Service(asterisk, tmp_path)
    service.write_settings()
    await service.install()
    passwords = read_passwords(service.secrets)
    await asterisk.start()
    ports = asterisk.ports
    ari = AriAccess(f"http://127.0.0.1:{ports.http}/ari", "ouidire", passwords.ari_password)
    watched = Watched(AsteriskPbx(ari, AmiAccess("127.0.0.1", ports.ami, "ouidire", passwords.ami_password), LEASE_S))
    reading = asyncio.ensure_future(watched.read())
    with Pacer() as pacer:
        caller = await Phone.open(pacer, "0612345678", asterisk.server, host=TRUNK_HOST, port=ports.trunk)
        agent = await Phone.open(pacer, "1001", asterisk.server, port=ports.agent(1001))
        agent.answer_by_itself(0.1)
        await until(lambda: watched.of(Connected))
        try:
            yield Bench(
                asterisk,
                caller,
                agent,
                watched,
                RtpPlace("127.0.0.1", PortRange(ports.forks.start, ports.forks.stop - 1), "127.0.0.1"),
            )
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await caller.close()
            await agent.close()
            await asterisk.close()


@pytest.mark.parametrize("number", ["200", "300"])
async def test_a_consented_call_is_heard_until_it_is_stopped(bench: Bench, callers: Callers, number: str) -> None:
    """Law: through a plain Dial and through a queue's Local pair, a yes lets both mouths be heard apart, a lease keeps
    them, a hold is known, and a stop by the bridge ends every fork, is journalled by the PBX, and closes its gate.
    """
    call, call_id = await bench.says_yes(number)
    grants = await callers.says_yes(call_id)
    agent_leg = bench.leg(call_id, "1001")
    fork, ear, sounds = await bench.hear(grants.caller, call_id)
    other, other_ear, other_sounds = await bench.hear(grants.agent, agent_leg)
    await asyncio.sleep(1.5)
    await bench.pbx.renew(fork)
    assert sum(len(sound.pcm) for sound in sounds) > 40 * 320
    assert np.abs(sounds[-1].pcm).max() > 1000
    assert sum(len(sound.pcm) for sound in other_sounds) > 40 * 320
    assert np.abs(np.concatenate([sound.pcm for sound in other_sounds])).max() < 100  # the caller's tone is not in it
    assert (await bench.pbx._link.ari.snapshot()).held == frozenset()
    await call.hold()
    await asyncio.sleep(0.3)
    assert (await bench.pbx._link.ari.snapshot()).held == {call_id}
    await call.resume()
    assert await bench.pbx.consent_of(call_id) == "granted"

    await bench.pbx.stop_call(call_id, Answer.WITHDRAWN)
    await until(lambda: {fork.fork_id, other.fork_id} <= {e.channel_id for e in bench.watched.of(ChannelGone)})
    assert await bench.pbx.consent_of(call_id) == "withdrawn"
    await asyncio.sleep(0.1)  # what came before the end is handed on by the next look
    heard = len(sounds), len(other_sounds)
    journal = await bench.pbx.journal()
    assert [entry.answer for entry in journal] == [Answer.ASKED, Answer.GRANTED, Answer.WITHDRAWN]
    assert {entry.call_id for entry in journal} == {call_id}
    late, late_ear, late_sounds = await bench.hear(grants.caller, call_id)
    await until(lambda: bench.watched.of(ForkRefused))
    assert bench.watched.of(ForkRefused) == [ForkRefused(call_id, call_id, "denied")]
    assert (len(sounds), len(other_sounds), len(late_sounds)) == (*heard, 0)
    for entry in journal:
        await bench.pbx.forget(entry)
    assert await bench.pbx.journal() == []
    for one in (ear, other_ear, late_ear):
        one.close()
    for ended in (fork, other, late):
        await bench.pbx.end_fork(ended)
        with pytest.raises(NotThere):
            await bench.pbx.renew(ended)
    await call.hang_up()


async def test_it_comes_back_after_the_pbx_restarted(bench: Bench) -> None:
    """Law: the end of the PBX is told, and its return with what then holds, with no help from anybody."""
    await bench.asterisk.restart()
    await until(lambda: len(bench.watched.of(Connected)) == 2, 20)
    assert bench.watched.of(Disconnected)
    assert await bench.pbx.consent_of("1.1") == ""
    assert await bench.pbx.sweep(frozenset()) == 0


async def test_an_orphan_is_swept(bench: Bench, callers: Callers) -> None:
    """Law: forks that a dead bridge left behind are found and ended by the next one, and nothing else is."""
    call, call_id = await bench.says_yes("200")
    grants = await callers.says_yes(call_id)
    fork, ear, _ = await bench.hear(grants.caller, call_id)
    await asyncio.sleep(0.3)
    assert await bench.pbx.sweep(frozenset({fork.fork_id})) == 0
    assert await bench.pbx.sweep(frozenset()) == 1
    await until(lambda: fork.fork_id in {event.channel_id for event in bench.watched.of(ChannelGone)})
    assert len(await bench.asterisk.channels()) == 2
    ear.close()
    await call.hang_up()
