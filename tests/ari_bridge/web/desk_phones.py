"""A desk with two phones and a board that a test writes on."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from datetime import UTC, datetime

from analysis.conversation import ConversationFacts
from analysis.emotion.score import Estimate, ToneScore, Verdict
from ari_bridge.calls.board import Board, CallView, Stage
from ari_bridge.screens.push import Pusher
from ari_bridge.screens.tokens import Tokens
from ari_bridge.web.desk import Desk
from tests.ari_bridge.screens.asterisk_arguments import notify_body
from tests.ari_bridge.screens.clock import Clock

FAMILY_OF = {"1001": "yealink", "1002": "cisco", "1003": "none"}
TONE = ToneScore(1.0, 4.0, Estimate(0.7, 0.15), Estimate(0.3, 0.2), "m")
FACTS = ConversationFacts(heard_s=60.0, caller_talk_s=20.0, agent_talk_s=20.0, overlap_s=2.0, longest_pause_s=3.0)


class DeskPhones:
    """Board, desk, pusher and tokens on one clock; `pushed` holds (endpoint, parsed body) of each push."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.board = Board()
        self.tokens = Tokens(self.clock)
        self.pusher = Pusher(self, self.clock)
        self.desk = Desk(
            lambda endpoint: FAMILY_OF.get(endpoint, "none"),
            "http://192.0.2.10:8480",
            self.pusher,
            self.tokens,
            self.board.view,
        )
        self.board.watch(self.desk.changed)
        self.pushed: list[tuple[str, ElementTree.Element]] = []

    async def notify(self, endpoint: str, event: str, content_type: str, content: Sequence[str]) -> None:
        """As `Phones.notify`."""
        self.pushed.append((endpoint, ElementTree.fromstring(notify_body(tuple(content)))))

    async def put(
        self, stage: Stage, *agents: str, call_id: str = "c1", problem: str = "", tone: Verdict | None = TONE
    ) -> None:
        """Show a call on the board and let the pushes that it causes end."""
        self.board.put(CallView(call_id, stage, datetime.now(UTC), "en", agents, tone, FACTS, problem))
        await self.pusher.settle()

    async def contested(self, *agents: str, call_id: str = "c1") -> None:
        """Show a call whose score was contested."""
        now = datetime.now(UTC)
        self.board.put(CallView(call_id, Stage.GRANTED, now, "en", agents, None, FACTS, contested=True))
        await self.pusher.settle()

    def token(self, extension: str, call_id: str = "c1") -> str:
        """The living token of that extension in that call."""
        return next(ticket.token for ticket in self.tokens.of_call(call_id) if ticket.extension == extension)
