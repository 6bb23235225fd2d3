"""The pages of agents behind a real HTTP server, a board that a test writes on, and agents who dial."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from analysis.emotion.score import Verdict
from ari_bridge.calls.board import Board, CallView, Stage
from ari_bridge.calls.cue_file import shipped
from ari_bridge.calls.cue_watch import CueWatch
from ari_bridge.calls.cues import CueCounts
from ari_bridge.calls.hidden_cues import NAME, HiddenCues
from ari_bridge.calls.own_history import OwnHistory
from ari_bridge.pbx.port import PbxRefused
from ari_bridge.web.app import Readiness, make_app
from ari_bridge.web.page_cards import PageCards
from ari_bridge.web.page_keys import PageKeys
from ari_bridge.web.page_views import PageViews
from ari_bridge.web.pairing import Pairings
from tests.ari_bridge.screens.clock import Clock
from tests.ari_bridge.web.desk_phones import FACTS, TONE

NUMBER = "602"


class _Style:
    """The style sheet, which the pages of rights serve in the running service."""

    def routes(self) -> list[web.RouteDef]:
        """The one address."""
        from ari_bridge.web.pages import STYLE

        async def style(request: web.Request) -> web.Response:
            return web.Response(text=STYLE, content_type="text/css")

        return [web.get("/pages.css", style)]


class DeskPage:
    """Board, pairings and pages on one clock. `stopped` and `contested` hold the calls of the keys; `redrawn` the views
    that other screens are to draw anew; while `stop_fails` the PBX takes no stop.
    """

    def __init__(self, folder: Path, base_url: str = "http://127.0.0.1:8480") -> None:
        self.clock, self.board = Clock(), Board()
        self.stopped: list[str] = []
        self.contested: list[str] = []
        self.redrawn: list[CallView] = []
        self.stop_fails = False
        self.timers: list[Callable[[], None]] = []
        self.cues = CueWatch(
            shipped(),
            HiddenCues(folder / NAME),
            lambda view: self.cards.changed(view),
            CueCounts(),
            self.clock,
            lambda delay_s, work: self.timers.append(work),
        )
        self.pairings = Pairings(self.clock)
        self.cards = PageCards(self.board.view, self.cues, self.redrawn.append, self.clock)
        self.keys = PageKeys(self.cards, self.stop, self.contest)
        self.history = OwnHistory(self.pairings.has_page)
        self.pairings.at_end(self.history.erase)
        self.views = PageViews(self.pairings, self.cards, self.keys, self.history, NUMBER, base_url)
        self.board.watch(self.cues.see)
        self.board.watch(self.cards.changed)
        self.board.watch(self.history.see)
        self.app = make_app([self.views, _Style()], lambda: Readiness(True, {}))

    async def stop(self, call_id: str) -> None:
        """As the service does: the call is the agent's objection from now on."""
        if self.stop_fails:
            raise PbxRefused("no")
        self.stopped.append(call_id)
        view = self.board.view(call_id)
        assert view is not None
        self.put(Stage.OBJECTED, *view.agents, call_id=call_id, tone=None)

    def contest(self, call_id: str) -> bool:
        """As the switchboard does: the score that stands is dropped."""
        view = self.board.view(call_id)
        if view is None or view.tone is None:
            return False
        self.contested.append(call_id)
        now = datetime.now(UTC)
        self.board.put(CallView(call_id, Stage.GRANTED, now, "en", view.agents, None, FACTS, contested=True))
        return True

    def put(
        self,
        stage: Stage,
        *agents: str,
        call_id: str = "c1",
        tone: Verdict | None = TONE,
        problem: str = "",
        language: str = "en",
    ) -> None:
        """Show a call on the board."""
        self.board.put(CallView(call_id, stage, datetime.now(UTC), language, agents, tone, FACTS, problem))

    def dial(self, code: str, endpoint: str = "1001") -> bool:
        """An agent dials the digits."""
        return self.pairings.pair(code, endpoint)
