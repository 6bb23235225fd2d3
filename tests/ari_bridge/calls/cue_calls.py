"""Made-up looks at a call: facts and verdicts as the board brings them."""

from __future__ import annotations

from datetime import UTC, datetime

from analysis.conversation import ConversationFacts
from analysis.emotion.score import Estimate, ToneScore, Verdict
from ari_bridge.calls.board import CallView, Stage

LOOK_S = 2.0
WHEN = datetime(2026, 3, 2, tzinfo=UTC)


class Talk:
    """Facts that grow. Each step is one look of 2 s; what is not said is silence of both."""

    def __init__(self, heard_s: float = 0.0) -> None:
        self._heard_s = heard_s
        self._caller_s = self._agent_s = self._both_s = 0.0
        self._pause_s = self._longest_s = 0.0

    def look(
        self, *, caller_s: float = 0.0, agent_s: float = 0.0, both_s: float = 0.0, heard_s: float = LOOK_S
    ) -> ConversationFacts:
        """The next look: so much talk of the caller, of the agent, and of both at once in it."""
        self._heard_s += heard_s
        self._caller_s += caller_s
        self._agent_s += agent_s
        self._both_s += both_s
        silent_s = heard_s - (caller_s + agent_s - both_s)
        self._pause_s = self._pause_s + silent_s if silent_s == heard_s else silent_s
        self._longest_s = max(self._longest_s, self._pause_s)
        return ConversationFacts(self._heard_s, self._caller_s, self._agent_s, self._both_s, self._longest_s)


def score(end_s: float, activation: float, sigma: float = 0.1) -> ToneScore:
    """What is told of the caller's tone at that second of the call."""
    return ToneScore(max(0.0, end_s - 4.0), end_s, Estimate(activation, sigma), Estimate(0.1, 0.1), "m")


def view(
    facts: ConversationFacts | None = None,
    tone: Verdict | None = None,
    *,
    stage: Stage = Stage.GRANTED,
    agents: tuple[str, ...] = ("1001",),
    contested: bool = False,
) -> CallView:
    """The call 1.1 as the board shows it."""
    return CallView("1.1", stage, WHEN, "en", agents, tone, facts, contested=contested)
