"""Laws of the phone, shown by two phones that take each other for the PBX (loopback only)."""

import asyncio
import time
from collections.abc import AsyncIterator

import numpy as np
import pytest

from tests.lab.phone import CallFailed, CallStatus, Pacer, Phone
from tests.lab.ports import take_ports


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Phone, Phone]]:
    ports = take_ports()
    one, two = ports.agent(1001), ports.agent(1002)
    with Pacer() as pacer:
        caller = await Phone.open(pacer, "zoe", ("127.0.0.1", two), port=one, display='Zoë "Z" <x>')
        agent = await Phone.open(pacer, "1001", ("127.0.0.1", one), port=two)
        yield caller, agent
        await caller.close()
        await agent.close()
        assert (caller.faults, agent.faults, pacer.faults) == (0, 0, 0)
    ports.release()


async def test_speech_and_keys_arrive(pair: tuple[Phone, Phone]) -> None:
    """What is said at one phone is heard at the other; each key arrives once, at the time that press says."""
    caller, agent = pair
    agent.answer_by_itself(after_s=0.0)
    call = await caller.dial("1001")
    await call.answered()
    other = await agent.incoming()
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)).astype(np.int16)
    said = await call.say(tone)
    assert said.end_ns - said.start_ns == pytest.approx(500e6, abs=100e6)
    ends_ns = await call.press("*9")
    await asyncio.sleep(0.1)
    assert [key for key, _ in other.stream.keys] == ["*", "9"]
    assert [at_ns for _, at_ns in other.stream.keys] == pytest.approx(ends_ns, abs=50e6)
    heard = other.stream.heard().astype(np.int32)
    assert np.abs(heard).max() == pytest.approx(8000, rel=0.05)
    assert len(other.stream.arrivals_ns) * 160 == len(heard)
    assert call.stream.gap_max_ms(call.answered_ns) > 0
    await call.hang_up()
    await other.ended(2)
    assert (call.status, other.status) == (CallStatus.OVER, CallStatus.OVER)


async def test_what_was_heard_is_told_by_its_time(pair: tuple[Phone, Phone]) -> None:
    """Law: of what a phone heard, bounds in time choose the packets that came within them, whole."""
    caller, agent = pair
    agent.answer_by_itself(after_s=0.0)
    call = await caller.dial("1001")
    await call.answered()
    stream = (await agent.incoming()).stream
    await call.say(np.full(2400, 8000, np.int16))
    await asyncio.sleep(0.1)
    times_ns, whole = stream.arrivals_ns, stream.heard(until_ns=int(stream.arrivals_ns[-1]))
    first, last = 3, 6
    within = stream.heard(int(times_ns[first]), int(times_ns[last]))
    np.testing.assert_array_equal(within, whole[first * 160 : (last + 1) * 160])
    assert len(stream.heard(int(times_ns[-1]) + 10**12)) == 0


async def test_a_voice_is_heard_out(pair: tuple[Phone, Phone]) -> None:
    """Law: a listener waits until the voice is silent, and says so of one that never is."""
    caller, agent = pair
    agent.answer_by_itself(after_s=0.0)
    call = await caller.dial("1001")
    await call.answered()
    other = await agent.incoming()
    with pytest.raises(CallFailed, match=r"heard to its end within 0\.3 s"):
        await other.heard_out(timeout_s=0.3)
    listening = asyncio.create_task(other.heard_out(timeout_s=2.0))
    await asyncio.sleep(0.1)
    time.sleep(0.6)  # noqa: ASYNC251 - a stall of our own is no silence
    with pytest.raises(CallFailed, match="heard to its end"):
        await listening
    call.stream.close()
    await other.heard_out(timeout_s=5)
    assert time.time_ns() - int(other.stream.arrivals_ns[-1]) > 0.4e9
    with pytest.raises(CallFailed, match="heard to its end"):
        await other.heard_out(time.time_ns(), timeout_s=0.6)
    with pytest.raises(CallFailed, match="heard to its end"):
        await other.heard_out(least_packets=100_000, timeout_s=0.1)


async def test_hold_is_answered_and_taken_back(pair: tuple[Phone, Phone]) -> None:
    """Hold and resume are re-INVITEs that the other side answers; the call stays up."""
    caller, agent = pair
    agent.answer_by_itself(after_s=0.0)
    call = await caller.dial("1001")
    await call.answered()
    await call.hold()
    await call.resume()
    assert call.status is CallStatus.UP


async def test_a_caller_who_gives_up_stops_the_ringing(pair: tuple[Phone, Phone]) -> None:
    """Hanging up before the answer is a CANCEL: both sides are over, neither was ever up."""
    caller, agent = pair
    call = await caller.dial("1001")
    other = await agent.incoming()
    await call.hang_up()
    await other.ended(2)
    assert (call.answered_ns, other.answered_ns) == (0, 0)


async def test_a_refusal_is_told(pair: tuple[Phone, Phone]) -> None:
    """A refused call fails with SIP's number, not with a time-out."""
    caller, agent = pair
    call = await caller.dial("1001")
    await (await agent.incoming()).reject(486)
    with pytest.raises(CallFailed, match="486"):
        await call.answered()


async def test_hushed_speech_ends_at_once(pair: tuple[Phone, Phone]) -> None:
    """hush resolves what is being said; nobody waits for a passage that is not spoken any more."""
    caller, agent = pair
    agent.answer_by_itself(after_s=0.0)
    call = await caller.dial("1001")
    await call.answered()
    saying = call.say(np.zeros(80_000, dtype=np.int16))
    call.hush()
    said = await asyncio.wait_for(saying, 1)
    assert said.end_ns <= time.time_ns()


async def test_keys_that_are_none_are_refused(pair: tuple[Phone, Phone]) -> None:
    """press sends what a telephone has keys for, and nothing else."""
    caller, agent = pair
    agent.answer_by_itself(after_s=0.0)
    call = await caller.dial("1001")
    await call.answered()
    with pytest.raises(ValueError, match="cannot be sent"):
        await call.press("x")
