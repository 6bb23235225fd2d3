"""Each method of the lines and codes as an ask of the gate."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ari_bridge.pbx.freeswitch import lines as lines_module
from ari_bridge.pbx.freeswitch import link as link_module
from ari_bridge.pbx.freeswitch.lines import FreeSwitchLines
from ari_bridge.pbx.freeswitch.link import Link
from ari_bridge.pbx.port import Connected, PbxRefused
from tests.ari_bridge.pbx.freeswitch.esl_server import EslServer, esl_server
from tests.ari_bridge.pbx.freeswitch.gate import CALL, asked, with_gate


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_module, "LAG_S", 0.0)


@asynccontextmanager
async def lines_of(server: EslServer) -> AsyncIterator[FreeSwitchLines]:
    """Connected."""
    link = Link(server.access())
    task = asyncio.create_task(link.run())
    try:
        async with asyncio.timeout(5):
            assert isinstance(await link.events.get(), Connected)
        yield FreeSwitchLines(link)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def wishes(server: EslServer) -> list[dict[str, str]]:
    """What the gate was asked, without what is the same each time."""
    left_out = {"Event-Subclass", "Ouidire-Ask"}
    return [
        {name.removeprefix("Ouidire-"): text for name, text in asked(one).items() if name not in left_out}
        for one in server.sent("sendevent")
    ]


async def test_each_wish_goes_to_the_gate() -> None:
    """Law: prompts by name under an id that is told and can be stopped, an end, a way back to the dialplan, an answer;
    what is stopped twice is asked for once.
    """
    async with esl_server() as server, lines_of(server) as lines:
        with_gate(server, lambda ask: ("done", ""))
        play_id = await lines.play(CALL, ["staff_pin", "1"])
        await lines.stop_playing(play_id)
        await lines.stop_playing(play_id)
        await lines.hang_up_line(CALL)
        await lines.send_line(CALL, "ouidire-quiet", "s")
        await lines.answer_code(CALL, "pair_done")
        assert wishes(server) == [
            {"Do": "play", "Call": CALL, "Play": play_id, "Prompts": "staff_pin,1"},
            {"Do": "quiet", "Call": CALL, "Play": play_id},
            {"Do": "hangup", "Call": CALL},
            {"Do": "leave", "Call": CALL, "Where": "quiet"},
            {"Do": "answer", "Call": CALL, "Prompt": "pair_done"},
        ]


async def test_a_channel_that_has_left_can_be_stopped_and_nothing_else() -> None:
    """Law: where the gate denies it, stopping and ending are no error; playing, sending and answering are."""
    async with esl_server() as server, lines_of(server) as lines:
        with_gate(server, lambda ask: ("done", ""))
        play_id = await lines.play(CALL, ["staff_pin"])
        with_gate(server, lambda ask: ("denied", "no such channel on a line of ours"))
        await lines.stop_playing(play_id)
        await lines.hang_up_line(CALL)
        for refused in (
            lines.play(CALL, ["staff_pin"]), lines.send_line(CALL, "ouidire-quiet", "s"),
            lines.answer_code(CALL, "pair_done"),
        ):  # fmt: skip
            with pytest.raises(PbxRefused):
                await refused


async def test_nobody_is_sent_to_a_place_that_is_not_ours() -> None:
    """Law: a context or an extension of others is not even asked for."""
    async with esl_server() as server, lines_of(server) as lines:
        for context, extension in (("default", "s"), ("ouidire-quiet", "1001")):
            with pytest.raises(PbxRefused, match="no place"):
                await lines.send_line(CALL, context, extension)
        assert not server.sent("sendevent")


async def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: plays that nobody stopped are forgotten, the oldest first."""
    monkeypatch.setattr(lines_module, "MAX_PLAYS", 2)
    async with esl_server() as server, lines_of(server) as lines:
        with_gate(server, lambda ask: ("done", ""))
        first, *_ = [await lines.play(CALL, ["1"]) for _ in range(3)]
        before = len(server.sent("sendevent"))
        await lines.stop_playing(first)
        assert len(server.sent("sendevent")) == before
