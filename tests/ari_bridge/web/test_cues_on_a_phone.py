"""Laws of a cue on its way to a phone: from the board over the desk to what is pushed and fetched, and the key Hide."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from structlog.testing import capture_logs

from analysis.conversation import ConversationFacts
from ari_bridge.calls.board import Board, CallView, Stage
from ari_bridge.calls.cue_file import Choice, shipped
from ari_bridge.calls.cue_watch import CueWatch
from ari_bridge.calls.cues import CueCounts
from ari_bridge.calls.hidden_cues import NAME, HiddenCues
from ari_bridge.screens.push import Pusher
from ari_bridge.screens.tokens import Tokens
from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.desk import Desk
from ari_bridge.web.phone_views import PhoneViews
from tests.ari_bridge.calls.cue_calls import LOOK_S, Talk
from tests.ari_bridge.screens.asterisk_arguments import notify_body
from tests.ari_bridge.screens.clock import Clock
from tests.ari_bridge.web.desk_phones import TONE

SILENCE = "Silence on both sides: at least 10 s (±2 s)."


class Floor:
    """A board, a desk with the watch for cues, and 1001's phone, on one clock; timers are run by hand."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.board, self.counts = Clock(), Board(), CueCounts()
        self.timers: list[tuple[float, Callable[[], None]]] = []
        self.tokens = Tokens(self.clock)
        self.watch = CueWatch(
            shipped(),
            HiddenCues(folder / NAME),
            lambda view: self.desk.changed(view),
            self.counts,
            self.clock,
            self.later,
        )
        self.pusher = Pusher(self, self.clock, self.watch.dropped)
        self.desk = Desk(
            lambda endpoint: "yealink", "http://192.0.2.10:8480", self.pusher, self.tokens, self.board.view,
            cues=self.watch,
        )  # fmt: skip
        self.board.watch(self.watch.see)
        self.board.watch(self.desk.changed)
        self.views = PhoneViews(self.desk, self.stop, lambda call_id: False)
        self.client: TestClient[Request, Application] = TestClient(
            TestServer(make_app([self.views], lambda: Readiness(True, {})))
        )
        self.pushed: list[tuple[float, str]] = []
        self.talk = Talk()

    def later(self, delay_s: float, work: Callable[[], None]) -> None:
        """As the loop does, for `wait`."""
        self.timers.append((self.clock.now_s + delay_s, work))

    async def stop(self, call_id: str) -> None:
        """Never pressed here."""
        raise AssertionError(call_id)

    async def notify(self, endpoint: str, event: str, content_type: str, content: Sequence[str]) -> None:
        """As `Phones.notify`."""
        del endpoint, event, content_type
        text = ElementTree.fromstring(notify_body(tuple(content))).findtext("Text") or ""
        self.pushed.append((self.clock.now_s, text))

    async def wait(self, seconds: float) -> None:
        """Time goes by, in steps of half a second."""
        for _ in range(round(seconds * 2)):
            self.clock.now_s += 0.5
            for moment_s, work in list(self.timers):
                if moment_s <= self.clock.now_s:
                    self.timers.remove((moment_s, work))
                    work()
            self.pusher.pump()
            await self.pusher.settle()

    async def put(self, facts: ConversationFacts) -> None:
        """A new view of the call."""
        self.board.put(CallView("c1", Stage.GRANTED, datetime(2026, 3, 2, tzinfo=UTC), "en", ("1001",), TONE, facts))
        await self.pusher.settle()

    async def silence(self) -> None:
        """Looks of talk, and of silence until there is a cue."""
        for number in range(8):
            await self.put(self.talk.look(caller_s=1.5 if number < 3 else 0.0))
            if number < 7:
                await self.wait(LOOK_S)

    async def shown(self, key: str = "") -> ElementTree.Element:
        """What the phone fetches at its address, or with a key."""
        (ticket,) = self.tokens.of_call("c1")
        async with self.client.get(f"/p/y/{ticket.token}{key}") as answer:
            assert answer.status == 200
            return ElementTree.fromstring(await answer.read())

    async def text(self, key: str = "") -> str:
        """The text of it."""
        return (await self.shown(key)).findtext("Text") or ""


@pytest.fixture
async def floor(tmp_path: Path) -> AsyncIterator[Floor]:
    one = Floor(tmp_path)
    async with one.client:
        yield one
        await one.pusher.stop()


async def test_a_cue_is_pushed_and_fetched_and_gone_after_five_seconds(floor: Floor) -> None:
    """Law: nothing that leaves for a phone 5 s after the observation holds the cue, also where no other news comes."""
    await floor.silence()
    seen_s = floor.clock.now_s
    assert SILENCE in await floor.text()
    await floor.wait(12)
    with_cue = [at_s for at_s, text in floor.pushed if SILENCE in text]
    assert with_cue
    assert all(seen_s <= at_s < seen_s + 5 for at_s in with_cue)
    assert SILENCE not in floor.pushed[-1][1]
    assert SILENCE not in await floor.text()
    assert (sum(floor.counts.raised.values()), floor.counts.stale) == (1, 0)


async def test_a_cue_that_waits_too_long_for_its_phone_is_dropped_and_counted(floor: Floor) -> None:
    """Law: a phone that had a card a moment ago, and gets the next one too late for the cue, never gets the cue."""
    # Hidden while the cue is observed, so that it has not been pushed.
    await floor.put(floor.talk.look(caller_s=1.5))
    await floor.wait(LOOK_S)
    floor.watch.choose("c1", "1001", Choice.THIS_CALL, "en")
    await floor.silence()
    assert floor.pushed
    assert not [text for _, text in floor.pushed if SILENCE in text]
    (screen,) = floor.pusher._schedule._screens.values()
    screen.in_flight = True  # a PBX that does not answer
    floor.watch.choose("c1", "1001", Choice.SHOWN, "en")
    view = floor.board.view("c1")
    assert view is not None
    floor.desk.changed(view)
    await floor.wait(6)
    screen.in_flight = False
    await floor.wait(6)
    assert not [text for _, text in floor.pushed if SILENCE in text]
    assert floor.counts.stale == 1


async def test_the_key_asks_and_changes_nothing(floor: Floor) -> None:
    """Law: a phone that fetches the key's address by itself, or twice, has chosen nothing."""
    await floor.silence()
    for _ in range(2):
        asked = await floor.shown("/hide")
        assert (asked.findtext("Text") or "").splitlines()[1] == shipped().chosen(Choice.SHOWN, "en")
        found = ((key.findtext("Label"), key.findtext("URI") or "") for key in asked.iter("SoftKey"))
        keys = [(label, address.partition("/hide/")[2]) for label, address in found]
        assert keys == [("In this call", "this_call"), ("For good", "for_good"), ("Show them", "shown"), ("Back", "")]
    assert SILENCE in await floor.text()


async def test_a_choice_hides_at_once_and_says_so(floor: Floor) -> None:
    """Law: the answer of the phone says what holds and keeps the key; nothing fetched or pushed holds the cue."""
    await floor.silence()
    rules = shipped()
    answer = await floor.shown("/hide/this_call")
    assert (answer.findtext("Text") or "").splitlines()[1] == rules.chosen(Choice.THIS_CALL, "en")
    assert [key.findtext("Label") for key in answer.iter("SoftKey")] == ["Stop", "Contest", "Hide cues", "Exit"]
    assert SILENCE not in await floor.text()
    del floor.pushed[:]
    await floor.wait(6)
    assert not [text for _, text in floor.pushed if SILENCE in text]
    assert rules.chosen(Choice.FOR_GOOD, "en") in await floor.text("/hide/for_good")
    assert rules.chosen(Choice.FOR_GOOD, "en") in await floor.text("/hide")
    assert rules.chosen(Choice.SHOWN, "en") in await floor.text("/hide/shown")


async def test_nobody_can_count_who_hides(floor: Floor) -> None:
    """Law: the key leaves no log and no count of keys, of any family."""
    await floor.silence()
    before = floor.views.stats()
    with capture_logs() as logs:
        for key in ("/hide", "/hide/for_good", "/hide/shown"):
            await floor.shown(key)
    assert floor.views.stats() == before
    assert logs == []


async def test_where_nothing_is_heard_there_is_nothing_to_hide(floor: Floor) -> None:
    """Law: before and after a live consent the key is not there, its address shows the card, and chooses nothing."""
    await floor.silence()
    (ticket,) = floor.tokens.of_call("c1")
    view = floor.board.view("c1")
    assert view is not None
    for stage in (Stage.PAUSED, Stage.WITHDRAWN, Stage.ENDED):
        floor.board.put(CallView("c1", stage, view.changed_at, "en", ("1001",), None, None))
        for address in ("hide", "hide/for_good"):
            async with floor.client.get(f"/p/y/{ticket.token}/{address}") as answer:
                page = ElementTree.fromstring(await answer.read())
            assert not {"Hide cues", "For good"} & {key.findtext("Label") for key in page.iter("SoftKey")}
        assert floor.watch.choice("c1", "1001") is Choice.SHOWN


async def test_a_wrong_token_hides_nothing(floor: Floor) -> None:
    """Law: 404 and counted, as everywhere below /phone; and nothing that only looks is obeyed."""
    await floor.silence()
    async with floor.client.get("/p/y/guessed/hide") as answer:
        assert answer.status == 404
    assert floor.views.stats().not_found == 1
    (ticket,) = floor.tokens.of_call("c1")
    async with floor.client.head(f"/p/y/{ticket.token}/hide") as answer:
        assert answer.status == 405
    assert floor.watch.choice("c1", "1001") is Choice.SHOWN
