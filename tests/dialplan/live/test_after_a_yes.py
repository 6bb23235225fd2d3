"""What follows an answer on a real Asterisk: the reference after a yes, and who waits how long for an agent."""

import asyncio
import io
import time
import wave
from pathlib import Path

import numpy as np
import pytest

from dialplan.recordings import recording
from tests.dialplan.live.conftest import NOTICE_S, Site, say_yes, until_answered, write_recording
from tests.lab.phone import Call

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

REFERENCE_S = 1.5
NUMBER = "0670000001"


def length_s(prompt: str) -> float:
    with wave.open(io.BytesIO(recording("en", prompt))) as sound:
        return sound.getnframes() / sound.getframerate()


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recording of a reference as the bridge lays it down, without its .wav."""
    file = tmp_path_factory.mktemp("say") / "0123456789abcdef0123456789abcdef"
    tone = np.sin(2 * np.pi * 1200 * np.arange(int(8000 * REFERENCE_S)) / 8000)
    write_recording(file.with_suffix(".wav"), (tone * 9000).astype("<i2"))
    return file


async def name_reference(site: Site, call: str, file: Path) -> None:
    """What the bridge does after a yes."""
    names = [name for name in await site.pbx.channels() if name.startswith("PJSIP/trunk")]
    for name in names:
        if call in await site.pbx.cli(f"core show channel {name}"):
            await site.pbx.cli(f"dialplan set chanvar {name} OUIDIRE_SAY {file}")


def loudness_hz(call: Call, since: int, tone_hz: int) -> float:
    """How much of a tone was heard since a sample, in seconds of it."""
    heard = call.stream.heard()[since:].astype(float)
    frames = heard[: len(heard) // 160 * 160].reshape(-1, 160)
    wave_ = np.exp(-2j * np.pi * tone_hz * np.arange(160) / 8000)
    return float((np.abs(frames @ wave_) > 160 * 2000).sum() * 0.02)


async def granted(site: Site, number: str, agent: int) -> tuple[Call, str]:
    """A caller who has just said yes, and the call."""
    phone = await site.caller(number)
    call = await until_answered(await phone.dial(f"5{agent}"))
    await say_yes([call])
    await asyncio.sleep(0.5)
    return call, site.ari.asked()[number]


async def test_the_reference_is_said_and_repeated_on_a_key(site: Site, said: Path) -> None:
    """Law: what the bridge has named is played after a yes; a star repeats it, three times at most; then it is told
    that it was said, and the agent rings.
    """
    agent = await site.agent(1011)
    call, unique_id = await granted(site, NUMBER, 1011)
    before = len(call.stream.heard())
    await name_reference(site, unique_id, said)
    for _ in range(4):
        await asyncio.sleep(1.0)
        await call.press("*")
    await agent.incoming(REFERENCE_S + 3)
    assert loudness_hz(call, before, 1200) > 3 * 0.8
    told = [one for one in site.ari.user_events("OuidireSaid") if one["Call"] == unique_id]
    assert told == [{"eventname": "OuidireSaid", "Call": unique_id}]
    await call.hang_up()
    await agent.close()


@pytest.mark.parametrize("named", ["nothing", "a file that is not there"])
async def test_without_a_recording_it_is_said_that_there_is_none(site: Site, tmp_path: Path, named: str) -> None:
    """Law: the caller waits a second and a half and no longer; no event says that a reference was heard."""
    agent = await site.agent(1012)
    call, unique_id = await granted(site, "0670000002", 1012)
    yes_ns = time.time_ns()
    if named != "nothing":
        await name_reference(site, unique_id, tmp_path / "gone")
    ringing = await agent.incoming(4)
    assert (ringing.started_ns - yes_ns) / 1e9 < 3.0
    assert not [one for one in site.ari.user_events("OuidireSaid") if one["Call"] == unique_id]
    await call.hang_up()
    await agent.close()


@pytest.mark.parametrize("when", ["yes", "wait", "reference"])
async def test_the_stop_keys_work_before_the_agent_is_there(site: Site, said: Path, when: str) -> None:
    """Law: *9 withdraws during the prompt after the yes, the wait for the reference and the reference itself."""
    agent = await site.agent(1013)
    number = f"06710000{len(when):02}"
    phone = await site.caller(number)
    call = await until_answered(await phone.dial("51013"))
    await say_yes([call])
    await asyncio.sleep(0.33)
    unique_id = site.ari.asked()[number]
    if when == "reference":
        await name_reference(site, unique_id, said)
    await asyncio.sleep({"yes": 0.0, "wait": 0.7, "reference": 0.8}[when])
    await call.press("*9")
    await asyncio.sleep(0.5)
    journal = await site.journal()
    assert ("granted", unique_id) in journal
    assert journal["withdrawn", unique_id].startswith("star9|")
    fork = await site.ari.fork(unique_id)
    await agent.incoming(5)
    assert not fork.ear.arrivals_ns
    await call.hang_up()
    await phone.close()
    await agent.close()


async def ringing_s(site: Site, number: str, agent_number: int, key: str, press_s: float) -> float:
    """From the answer to the agent's ringing."""
    agent = await site.agent(agent_number)
    phone = await site.caller(number)
    call = await until_answered(await phone.dial(f"5{agent_number}"))
    if key:
        await asyncio.sleep(press_s)
        await call.press(key)
    ringing = await agent.incoming(40)
    found = (ringing.started_ns - call.answered_ns) / 1e9
    await call.hang_up()
    await phone.close()
    await agent.close()
    return found


async def test_no_and_silence_reach_the_agent_no_later_than_a_yes(speaking_site: Site) -> None:
    """Law: with the prompts that are shipped, of callers who press as early as it counts: a no never waits longer than
    a yes, nor does who says nothing; not even where the bridge is away, so that no reference follows the yes.
    """
    press_s = length_s("notice") + 0.3
    yes, no, silence = await asyncio.gather(
        ringing_s(speaking_site, "0680000001", 1021, "1", press_s),
        ringing_s(speaking_site, "0680000002", 1022, "2", press_s),
        ringing_s(speaking_site, "0680000003", 1023, "", 0),
    )
    print(f"\nfrom the answer to the agent's ringing, s: yes {yes:.2f}, no {no:.2f}, silence {silence:.2f}")
    assert no <= yes
    assert silence <= yes


async def test_a_stand_in_is_no_slower_than_its_length(site: Site) -> None:
    """Law: what the other tests take for the length of the notice is what the PBX plays."""
    silence = await ringing_s(site, "0680000004", 1024, "", 0)
    assert NOTICE_S + 4 <= silence < NOTICE_S + 4.5
