"""The port's methods in terms of ARI and AMI."""

import asyncio
import re

import pytest

from ari_bridge.pbx.asterisk import adapter
from ari_bridge.pbx.errors import NotThere, Unreachable
from ari_bridge.pbx.port import ChannelChanged, LineEntered, LinePbx, Pbx, PbxFork, PbxRefused, PromptEnded
from consent.errors import Withdrawn
from consent.grant import ConsentGrant
from consent.states import Answer
from tests import wire
from tests.ari_bridge.pbx.asterisk.ami_server import AmiServer
from tests.ari_bridge.pbx.asterisk.ari_server import AriServer, channel
from tests.ari_bridge.pbx.asterisk.conftest import Watched, until
from tests.conftest import Callers

CALL = "1700000000.12"


@pytest.fixture
async def grant(callers: Callers) -> ConsentGrant:
    """A yes of the caller, out of a real ledger."""
    return (await callers.says_yes(CALL)).caller


@pytest.fixture
def pbx(watched: Watched, ari: AriServer) -> adapter.AsteriskPbx:
    """A connected PBX with one leg."""
    ari.channels[CALL] = channel(CALL, "PJSIP/trunk-00000001", OUIDIRE_CALL=CALL, OUIDIRE_CONSENT="granted")
    return watched.pbx


def test_it_is_the_ports_pbx(pbx: adapter.AsteriskPbx) -> None:
    """Law: the adapter has the port's methods, with their signatures."""
    as_port: Pbx = pbx
    on_lines: LinePbx = pbx
    assert as_port is pbx is on_lines


async def test_a_fork_is_a_snoop_of_one_mouth_sent_through_the_gate(
    pbx: adapter.AsteriskPbx, ari: AriServer, grant: ConsentGrant
) -> None:
    """Law: spy=in (what the leg says, never what it hears), then the dialplan's own gate at our port's extension."""
    ari.requests.clear()
    fork = await pbx.fork(grant, CALL, "41400")
    assert re.fullmatch(r"ouidire-[0-9a-f]{32}", fork.fork_id)
    assert (fork.channel_id, fork.target) == (CALL, "41400")
    assert ari.requests == [
        (f"POST /ari/channels/{CALL}/snoop/{fork.fork_id}", {"spy": "in", "whisper": "none", "app": "ouidire"}),
        (
            f"POST /ari/channels/{fork.fork_id}/continue",
            {"context": "ouidire-gate", "extension": "41400", "priority": "1"},
        ),
    ]


async def test_an_agents_leg_is_told_its_call_before_it_is_forked(
    pbx: adapter.AsteriskPbx, ari: AriServer, ami: AmiServer, grant: ConsentGrant
) -> None:
    """Law: a leg that came by a transfer or into a conference belongs to no call or another: the gate is told which."""
    ari.channels["1.7"] = channel("1.7", "PJSIP/1001-00000007")
    await pbx.fork(grant, "1.7", "41400")
    assert {"Channel: 1.7", "Variable: __OUIDIRE_CALL", f"Value: {CALL}"} <= set(ami.named("Setvar")[0])


async def test_an_ended_grant_forks_nothing(
    pbx: adapter.AsteriskPbx, ari: AriServer, grant: ConsentGrant, callers: Callers
) -> None:
    """Law: no grant, no voice: after a withdrawal the PBX is not even asked."""
    await callers.stops(CALL)
    ari.requests.clear()
    with pytest.raises(Withdrawn):
        await pbx.fork(grant, CALL, "41400")
    assert ari.requests == []


async def test_a_withdrawal_in_the_midst_leaves_no_snoop(
    pbx: adapter.AsteriskPbx, ari: AriServer, grant: ConsentGrant, callers: Callers
) -> None:
    """Law: a stop that comes while a fork is made hangs up what was begun, before it came to the gate."""
    making = asyncio.ensure_future(pbx.fork(grant, CALL, "41400"))
    await until(lambda: len(ari.channels) == 2)
    await callers.stops(CALL)
    with pytest.raises(Withdrawn):
        await making
    assert list(ari.channels) == [CALL]
    assert not any("continue" in path for path in ari.paths())


async def test_a_refused_step_leaves_no_snoop(
    pbx: adapter.AsteriskPbx, ari: AriServer, grant: ConsentGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: a fork that cannot be finished is hung up, and its reason is raised."""
    ask = pbx._link.ari.request

    async def refuse(method: str, *segments: str, **query: str) -> object:
        if segments[-1] == "continue":
            raise PbxRefused("409")
        return await ask(method, *segments, **query)

    monkeypatch.setattr(pbx._link.ari, "request", refuse)
    with pytest.raises(PbxRefused, match="409"):
        await pbx.fork(grant, CALL, "41400")
    assert list(ari.channels) == [CALL]


async def test_cancelling_a_fork_leaves_no_snoop(pbx: adapter.AsteriskPbx, ari: AriServer, grant: ConsentGrant) -> None:
    """Law: a fork given up in the midst is hung up too."""
    making = asyncio.ensure_future(pbx.fork(grant, CALL, "41400"))
    await until(lambda: len(ari.channels) == 2)
    making.cancel()
    await asyncio.gather(making, return_exceptions=True)
    assert list(ari.channels) == [CALL]


async def test_a_leg_that_is_gone_is_refused(pbx: adapter.AsteriskPbx, grant: ConsentGrant, ari: AriServer) -> None:
    """Law: no such leg, or a leg that hangs up in the midst, is a refusal and no wait."""
    with pytest.raises(NotThere):
        await pbx.fork(grant, "1.9", "41400")
    ari.snoops_enter = False
    with pytest.raises(PbxRefused, match="hung up before"):
        await pbx.fork(grant, CALL, "41400")


async def test_a_snoop_that_never_enters_is_given_up(
    pbx: adapter.AsteriskPbx, ari: AriServer, grant: ConsentGrant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: a snoop that does not come to us is hung up after a time, and told as no answer."""
    monkeypatch.setattr(adapter, "ENTER_TIMEOUT_S", 0.1)
    ari.sockets.clear()
    with pytest.raises(Unreachable, match="enter"):
        await pbx.fork(grant, CALL, "41400")
    assert list(ari.channels) == [CALL]


async def test_a_lost_connection_ends_the_wait(
    pbx: adapter.AsteriskPbx, ari: AriServer, ami: AmiServer, grant: ConsentGrant
) -> None:
    """Law: a fork that is being made when the PBX is lost fails with it."""
    ari.sockets.clear()  # no event reaches us
    making = asyncio.ensure_future(pbx.fork(grant, CALL, "41400"))
    await until(lambda: len(ari.channels) == 2)
    ami.drop()
    with pytest.raises(TimeoutError):
        await making


async def test_a_lease_is_renewed_by_ami(pbx: adapter.AsteriskPbx, ami: AmiServer) -> None:
    """Law: a renewal sets the dialplan's own lease anew on the fork; one that is gone is a refusal."""
    fork = PbxFork("ouidire-1", CALL, "41400")
    await pbx.renew(fork)
    assert {"Channel: ouidire-1", "Variable: TIMEOUT(absolute)", "Value: 8"} <= set(ami.named("Setvar")[0])
    ami.answers["Setvar"] = wire.ami(f"no_such_channel_{ami.version}")
    with pytest.raises(PbxRefused):
        await pbx.renew(fork)


async def test_an_ended_fork_may_be_ended_again(pbx: adapter.AsteriskPbx, ari: AriServer, grant: ConsentGrant) -> None:
    """Law: ending is idempotent: a fork may end by itself at any moment."""
    fork = await pbx.fork(grant, CALL, "41400")
    await pbx.end_fork(fork)
    await pbx.end_fork(fork)
    assert list(ari.channels) == [CALL]


async def test_a_sweep_takes_only_our_orphans(pbx: adapter.AsteriskPbx, ari: AriServer) -> None:
    """Law: our forgotten snoops are hung up; those we keep, other programs' snoops and calls are not touched."""
    for channel_id, name in (
        ("ouidire-a", f"Snoop/{CALL}-00000001"),
        ("ouidire-b", f"Snoop/{CALL}-00000002"),
        ("0123abcd", f"Snoop/{CALL}-00000003"),
        ("ouidire-call", "PJSIP/1001-00000004"),
    ):
        ari.channels[channel_id] = channel(channel_id, name)
    assert await pbx.sweep(frozenset({"ouidire-b"})) == 1
    assert set(ari.channels) == {CALL, "ouidire-b", "0123abcd", "ouidire-call"}


async def test_the_pbxs_own_variable_is_read(pbx: adapter.AsteriskPbx) -> None:
    """Law: what the gate will read is what we read; an unset variable and a call that is gone both say nothing."""
    assert await pbx.consent_of(CALL) == "granted"
    assert await pbx.consent_of("1.9") == ""


async def test_the_mark_of_a_stop_outweighs_the_variable(pbx: adapter.AsteriskPbx, ari: AriServer) -> None:
    """Law: a call that an agent stopped reads as stopped, though the caller's own variable may still say granted."""
    ari.channels[CALL]["channelvars"]["SHARED(OUIDIRE_STOP)"] = ""
    assert await pbx.consent_of(CALL) == "granted"
    ari.channels[CALL]["channelvars"]["SHARED(OUIDIRE_STOP)"] = "objected"
    assert await pbx.consent_of(CALL) == "objected"


@pytest.mark.parametrize("answer", [Answer.WITHDRAWN, Answer.OBJECTED])
async def test_a_stop_is_done_by_the_dialplan_and_then_written(
    pbx: adapter.AsteriskPbx, ari: AriServer, ami: AmiServer, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: the dialplan ends and journals a stop; only when it is done is the caller's variable written as well."""
    monkeypatch.setattr(adapter, "STOP_TIMEOUT_S", 5.0)
    stopping = asyncio.ensure_future(pbx.stop_call(CALL, answer))
    await until(lambda: ari.paths()[-1].endswith("/continue"))
    assert ari.requests[-1][1] == {"context": "ouidire-stop", "extension": str(answer), "priority": "1"}
    await asyncio.sleep(0.05)
    assert ami.named("Setvar") == []
    messenger = next(one for one in ari.channels if one.startswith("ouidire-"))
    await ari.tell("ChannelDestroyed", channel=ari.channels[messenger])
    await asyncio.wait_for(stopping, 2)
    assert {f"Channel: {CALL}", "Variable: OUIDIRE_CONSENT", f"Value: {answer}"} <= set(ami.named("Setvar")[0])
    assert not any(path.endswith("/variable") and "POST" in path for path in ari.paths())


async def test_a_stop_that_the_dialplan_does_not_do_is_written_all_the_same(
    pbx: adapter.AsteriskPbx, ari: AriServer, ami: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: whatever fails on the way, the gate is closed by the variable, and the failure is told."""
    monkeypatch.setattr(adapter, "STOP_TIMEOUT_S", 0.05)
    await pbx.stop_call(CALL, Answer.WITHDRAWN)
    assert len(ami.named("Setvar")) == 1
    del ari.channels[CALL]
    with pytest.raises(PbxRefused):
        await pbx.stop_call(CALL, Answer.WITHDRAWN)
    assert len(ami.named("Setvar")) == 2


@pytest.mark.parametrize("answer", [Answer.GRANTED, Answer.ASKED, Answer.REFUSED, Answer.EXPIRED])
async def test_nothing_but_a_stop_can_be_told_to_the_pbx(
    pbx: adapter.AsteriskPbx, ami: AmiServer, answer: Answer
) -> None:
    """Law: the bridge can never write a yes into the PBX."""
    with pytest.raises(PbxRefused):
        await pbx.stop_call(CALL, answer)
    assert ami.named("Setvar") == []


async def test_the_journal_is_read_in_order_without_its_odd_entries(pbx: adapter.AsteriskPbx) -> None:
    """Law: what is odd in the PBX's database is passed over; the rest comes oldest first."""
    entries = await pbx.journal()
    assert [(entry.answer, entry.call_id) for entry in entries] == [
        (Answer.ASKED, CALL),
        (Answer.GRANTED, CALL),
        (Answer.WITHDRAWN, CALL),
    ]


async def test_a_yes_comes_with_what_stands_for_the_number(pbx: adapter.AsteriskPbx, ari: AriServer) -> None:
    """Law: it is read on the caller's own channel, since the PBX logs what it writes down; gone with the channel."""
    tag = "12-" + "ab" * 20
    ari.channels[CALL]["channelvars"]["OUIDIRE_TAG"] = tag
    assert [entry.number_tag for entry in await pbx.journal()] == ["", tag, ""]
    del ari.channels[CALL]
    assert [entry.number_tag for entry in await pbx.journal()] == ["", "", ""]


async def test_an_entry_is_forgotten_by_name(pbx: adapter.AsteriskPbx, ami: AmiServer) -> None:
    """Law: forgetting removes exactly the entry that the ledger holds."""
    await pbx.forget((await pbx.journal())[1])
    assert f"Variable: DB_DELETE(ouidire/granted-{CALL})" in ami.named("Setvar")[0]


async def test_events_go_on_while_a_fork_is_made(
    watched: Watched, pbx: adapter.AsteriskPbx, ari: AriServer, grant: ConsentGrant
) -> None:
    """Law: the snoop that enters is told as a channel too, so that its end will mean something."""
    fork = await pbx.fork(grant, CALL, "41400")
    await until(lambda: watched.of(ChannelChanged))
    assert watched.of(ChannelChanged)[-1].channel.channel_id == fork.fork_id


async def test_prompts_are_played_as_one(pbx: adapter.AsteriskPbx, ari: AriServer) -> None:
    """Law: several prompts are one playback of the channel's own language, whose end will be told once."""
    ari.requests.clear()
    play_id = await pbx.play(CALL, ["staff_receipt", "0", "1"])
    media = "sound:ouidire/staff_receipt,sound:ouidire/0,sound:ouidire/1"
    assert ari.requests == [(f"POST /ari/channels/{CALL}/play/{play_id}", {"media": media})]
    with pytest.raises(NotThere):
        await pbx.play("1.9", ["goodbye"])


async def test_a_prompt_is_stopped_and_a_caller_let_go(pbx: adapter.AsteriskPbx, ari: AriServer) -> None:
    """Law: what has ended already may be ended again; a caller is handed to the dialplan at its beginning."""
    await pbx.stop_playing("gone")
    await pbx.stop_playing("p1")
    assert ari.paths()[-1] == "DELETE /ari/playbacks/p1"
    await pbx.send_line(CALL, "ouidire-quiet", "s")
    assert ari.requests[-1][1] == {"context": "ouidire-quiet", "extension": "s", "priority": "1"}
    await pbx.hang_up_line(CALL)
    await pbx.hang_up_line(CALL)
    assert list(ari.channels) == []


async def test_a_recording_is_named_by_ami(pbx: adapter.AsteriskPbx, ari: AriServer, ami: AmiServer) -> None:
    """Law: the ARI may not write a variable of a channel in the dialplan, so the AMI does; a path is one header."""
    await pbx.say(CALL, "/say/0123")
    assert {f"Channel: {CALL}", "Variable: OUIDIRE_SAY", "Value: /say/0123"} <= set(ami.named("Setvar")[0])
    assert not any(path.endswith("/variable") for path in ari.paths() if path.startswith("POST"))
    with pytest.raises(PbxRefused):
        await pbx.say(CALL, "/say/0123\r\nAction: Logoff")


async def test_a_code_is_answered_by_the_name_of_a_prompt(pbx: adapter.AsteriskPbx, ami: AmiServer) -> None:
    """Law: one variable on the channel that asked, by AMI, and one header."""
    await pbx.answer_code(CALL, "contest_done")
    assert {f"Channel: {CALL}", "Variable: OUIDIRE_TOLD", "Value: contest_done"} <= set(ami.named("Setvar")[0])
    with pytest.raises(PbxRefused):
        await pbx.answer_code(CALL, "contest_done\r\nAction: Logoff")


async def test_a_line_is_told(watched: Watched, pbx: adapter.AsteriskPbx, ari: AriServer) -> None:
    """Law: who enters a line, and the end of what was played there, are events of the port."""
    await ari.tell("StasisStart", channel=ari.channels[CALL], args=["rights"])
    await ari.tell("PlaybackFinished", playback={"id": "p", "target_uri": f"channel:{CALL}", "state": "done"})
    await until(lambda: watched.of(PromptEnded))
    assert [event.channel_id for event in watched.of(LineEntered)] == [CALL]
