"""One leg's voice on its way."""

import asyncio
from itertools import pairwise

import pytest

from analysis.audio import AudioFrame
from ari_bridge.calls.fork import Fork
from ari_bridge.media.udp_receiver import PortRange, RtpPlace
from consent.errors import Withdrawn
from consent.grant import Consented
from tests.conftest import Callers
from tests.fakes.voice import Sender


def place() -> RtpPlace:
    """Where these forks arrive; a place serves one loop."""
    return RtpPlace("127.0.0.1", PortRange(43100, 43140), "127.0.0.1", poll_s=0.01)


async def opened(callers: Callers, heard: list[Consented[AudioFrame]]) -> Fork:
    """A fork of the caller's leg in a call that was granted."""
    grants = await callers.says_yes()
    return await Fork.open(grants.caller, "1.1", place(), asyncio.get_running_loop().time(), heard.append)


async def test_frames_come_under_the_grant_and_on_the_calls_clock(callers: Callers) -> None:
    """Law: what is heard bears its grant; samples count from the call's zero without a gap that was not there."""
    heard: list[Consented[AudioFrame]] = []
    fork = await opened(callers, heard)
    await asyncio.sleep(0.05)
    with Sender(int(fork.target)) as sender:
        for _ in range(5):
            sender.send()
        await asyncio.sleep(0.05)
    fork.close()
    frames = [frame.open() for frame in heard]
    assert sum(len(f.pcm) for f in frames) == 5 * 320
    assert all(one.end_sample == other.start_sample for one, other in pairwise(frames))
    assert 300 <= frames[0].start_sample < 16_000, "it began some 50 ms after the call's zero"


async def test_nothing_is_heard_after_close(callers: Callers) -> None:
    """Law: nothing after a withdrawal: a closed fork hears nothing, not even what was sent before."""
    heard: list[Consented[AudioFrame]] = []
    fork = await opened(callers, heard)
    with Sender(int(fork.target)) as sender:
        sender.send()
        fork.close()
        sender.send()
        await asyncio.sleep(0.05)
    assert heard == []
    assert not fork.is_open
    assert fork.stats().packets == 0


async def test_a_grant_that_ended_closes_the_fork(callers: Callers) -> None:
    """Law: even where nobody closed it, the first packet after the end closes the fork and is not admitted."""
    heard: list[Consented[AudioFrame]] = []
    fork = await opened(callers, heard)
    fork.grant.end("withdrawn")
    with Sender(int(fork.target)) as sender:
        sender.send()
        await asyncio.sleep(0.05)
    assert heard == []
    assert not fork.is_open


async def test_no_fork_without_a_live_grant(callers: Callers) -> None:
    """Law: no grant, no voice: an ended grant opens no port."""
    grants = await callers.says_yes()
    await callers.stops()
    with pytest.raises(Withdrawn):
        await Fork.open(grants.caller, "1.1", place(), 0.0, print)


async def test_rubbish_is_counted_and_the_voice_goes_on(callers: Callers) -> None:
    """Law: broken, foreign or replayed RTP is counted and dropped; the fork goes on."""
    heard: list[Consented[AudioFrame]] = []
    fork = await opened(callers, heard)
    with Sender(int(fork.target)) as sender, Sender(int(fork.target), ssrc=8) as stranger:
        sender.send()
        await asyncio.sleep(0.02)
        for datagram in (b"", b"x", b"\x80" * 11, b"\xff" * 652):
            sender.raw(datagram)
        stranger.send()
        sender.send()
        await asyncio.sleep(0.05)
    fork.close()
    stats = fork.stats()
    assert stats.packets == 2
    assert stats.malformed + stats.wrong_payload_type == 4
    assert stats.foreign == 1
    assert sum(len(frame.open().pcm) for frame in heard) == 2 * 320
