"""One Asterisk, kept connected."""

import asyncio
import json

import pytest

from ari_bridge.pbx.asterisk import link
from ari_bridge.pbx.asterisk.adapter import AsteriskPbx
from ari_bridge.pbx.asterisk.link import Link
from ari_bridge.pbx.errors import Unreachable
from ari_bridge.pbx.port import Answered, ChannelChanged, Connected, Disconnected, PbxRefused
from tests import wire
from tests.ari_bridge.pbx.asterisk.ami_server import AmiServer
from tests.ari_bridge.pbx.asterisk.ari_server import AriServer, channel
from tests.ari_bridge.pbx.asterisk.conftest import Watched, until


async def test_the_snapshot_is_taken_after_the_subscription(watched: Watched, ari: AriServer) -> None:
    """Law: what happens between the two is in one of them: nothing falls between."""
    assert watched.events == [Connected(watched.of(Connected)[0].snapshot)]
    paths = ari.paths()
    assert paths.index("POST /ari/applications/ouidire/subscription") < paths.index("GET /ari/channels")


async def test_a_recorded_call_comes_through_once(watched: Watched, ari: AriServer) -> None:
    """Law: every event of a real call is told in order; a channel repeated as it was is not."""
    lines = wire.ari("call_withdrawn_22.10.1")
    for line in [*lines, "no json", '"x"', *(line for line in lines if '"ChannelDtmfReceived"' in line)]:
        await ari.say(line)
    await ari.tell("ChannelCreated", channel=channel("end", "PJSIP/end-00000009"))
    await until(lambda: watched.of(ChannelChanged) and watched.of(ChannelChanged)[-1].channel.channel_id == "end")
    assert [event.answer for event in watched.of(Answered)] == ["asked", "granted"]
    changes = [event.channel for event in watched.of(ChannelChanged)]
    assert len(changes) < sum('"channel"' in line for line in lines)


@pytest.mark.parametrize("lost", ["ari", "ami"])
async def test_the_loss_of_either_is_told_and_mended(
    watched: Watched, ari: AriServer, ami: AmiServer, lost: str
) -> None:
    """Law: without ARI no key is heard, without AMI no lease renewed: either loss is told, then a fresh snapshot."""
    ari.channels["1.1"] = channel("1.1", "PJSIP/trunk-00000001")
    if lost == "ari":
        await ari.drop()
    else:
        ami.drop()
    await until(lambda: len(watched.of(Connected)) == 2)
    assert [type(event) for event in watched.events[-2:]] == [Disconnected, Connected]
    assert "trying again" in watched.of(Disconnected)[0].sentence
    assert [one.channel_id for one in watched.of(Connected)[1].snapshot.channels] == ["1.1"]
    assert len(ari.sockets) == 1 or lost == "ami"


async def test_it_reconnects_while_its_reader_is_busy(
    ari: AriServer, ami: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: a reader that waits for the PBX in the midst of an event does not keep the PBX from coming back."""
    monkeypatch.setattr(link, "FIRST_PAUSE_S", 0.05)
    pbx = AsteriskPbx(ari.access(), ami.access(), 8)
    events = pbx.events()
    assert isinstance(await anext(events), Connected)
    ami.drop()
    await until(lambda: ami.logins == 2)
    await asyncio.sleep(0.1)
    assert await pbx.consent_of("1.1") == ""
    await events.aclose()


async def test_pauses_grow_while_it_is_away(ari: AriServer, ami: AmiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a PBX that stays away is asked ever more seldom, up to a limit, and each time it is said why."""
    monkeypatch.setattr(link, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(link, "LAST_PAUSE_S", 0.04)
    access = ari.access()
    ari.hanging.clear()
    away = Watched(AsteriskPbx(type(access)(access.url + "/nowhere", "ouidire", "right"), ami.access(), 8))
    task = asyncio.ensure_future(away.read())
    await until(lambda: len(away.events) >= 5)
    task.cancel()
    assert {type(event) for event in away.events} == {Disconnected}
    pauses = [event.sentence.rpartition("again in ")[2] for event in away.of(Disconnected)[:5]]
    assert pauses == ["0.01 s", "0.02 s", "0.04 s", "0.04 s", "0.04 s"]


@pytest.mark.parametrize("wrong", ["ari", "ami"])
async def test_a_wrong_password_ends_it_with_a_sentence(ari: AriServer, ami: AmiServer, wrong: str) -> None:
    """Law: where no retry can help the events end, by raising what to do."""
    passwords = {"ari": "right", "ami": "right"} | {wrong: "wrong"}
    watched = Watched(AsteriskPbx(ari.access(passwords["ari"]), ami.access(passwords["ami"]), 8))
    await asyncio.wait_for(watched.read(), 5)
    assert "ari.conf" in str(watched.refusal) or "manager.conf" in str(watched.refusal)
    assert watched.events == []
    assert ami.logins == 1


async def test_a_release_known_to_be_bad_is_refused(ari: AriServer, ami: AmiServer) -> None:
    """Law: our failure hurts no call: where forks would break the calls themselves, nothing is even subscribed to."""
    ari.version = "22.11.0~dfsg"
    watched = Watched(AsteriskPbx(ari.access(), ami.access(), 8))
    await asyncio.wait_for(watched.read(), 5)
    assert "22.11.0~dfsg must not be used" in str(watched.refusal)
    assert watched.events == []
    assert ari.paths() == ["GET /ari/asterisk/info"]


async def test_a_second_bridge_ends_the_first(watched: Watched, ari: AriServer) -> None:
    """Law: a bridge whose name was taken hears nothing any more, so it must not go on as if it did."""
    await ari.tell("ApplicationReplaced", application="ouidire")
    await until(lambda: watched.refusal)
    assert "took our name" in str(watched.refusal)


async def test_a_backlog_is_a_new_beginning(ari: AriServer, ami: AmiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: when events come faster than they are read, memory does not grow: it is told, and begun anew."""
    monkeypatch.setattr(link, "MAX_BACKLOG", 20)
    monkeypatch.setattr(link, "FIRST_PAUSE_S", 0.05)
    pbx = AsteriskPbx(ari.access(), ami.access(), 8)
    events = pbx.events()
    assert isinstance(await anext(events), Connected)
    for number in range(50):
        await ari.tell("ChannelCreated", channel=channel(f"1.{number}", f"PJSIP/x-{number:08x}"))
    await until(lambda: ami.logins == 2)
    told = await anext(events)
    assert isinstance(told, Disconnected)
    assert "keep up" in told.sentence
    assert isinstance(await anext(events), Connected)
    await events.aclose()


async def test_before_the_first_connection_nothing_works(ari: AriServer, ami: AmiServer) -> None:
    """Law: whoever asks too early is told at once, in the port's own errors."""
    idle = Link(ari.access(), ami.access(), "ouidire")
    with pytest.raises(Unreachable):
        _ = idle.ari
    with pytest.raises(Unreachable):
        _ = idle.ami


async def test_a_bug_of_ours_ends_the_events_and_is_not_swallowed(
    watched: Watched, ari: AriServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: whatever ends the link reaches the reader of the events, who would else wait for ever."""

    def fail(message: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(link.ari_messages, "events_of", fail)
    pbx = AsteriskPbx(ari.access(), watched.pbx._link._ami_access, 8)
    events = pbx.events()
    await anext(events)
    await ari.say(json.dumps({"type": "ChannelCreated"}))
    with pytest.raises(ZeroDivisionError):
        await anext(events)


def test_the_ports_error_covers_the_end() -> None:
    """Law: the switchboard catches one kind of error for an end that no retry mends."""
    assert issubclass(link.NotLetIn, PbxRefused)
