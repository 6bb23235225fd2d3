"""Facts of a conversation: how much each party talks, both at once, and the longest pause. Nothing else of the agent.

Only stretches in which both legs were heard count, so that a lost leg never looks like a silent person. Definitions:
*talk* is what the speech detector decided to be speech, to 32 ms; *overlap* is talk of both at once; a *pause* is a
stretch in which both legs were heard without a break and nobody talks.
"""

from __future__ import annotations

from dataclasses import dataclass

from analysis.speech.detector import CHUNK_S
from analysis.speech.hysteresis import Decision
from analysis.speech.marks import KEPT_CHUNKS, Mark, Marks
from consent.errors import InvalidValue
from consent.parties import Party


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """The facts of one party, in seconds. `talk_share` (0..1) is None while nobody has talked.

    Raises:
        InvalidValue: a negative time, more talk than was heard, or a share outside 0..1.
    """

    heard_s: float
    talk_s: float
    talk_share: float | None
    overlap_s: float
    longest_pause_s: float

    def __post_init__(self) -> None:
        if not 0 <= self.overlap_s <= self.talk_s <= self.heard_s or not 0 <= self.longest_pause_s <= self.heard_s:
            raise InvalidValue("facts lie between nothing and what was heard")
        if self.talk_share is not None and not 0 <= self.talk_share <= 1:
            raise InvalidValue("a share is 0 to 1")


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """The facts of one call so far, in seconds of sound heard on both legs together."""

    heard_s: float
    caller_talk_s: float
    agent_talk_s: float
    overlap_s: float
    longest_pause_s: float

    @property
    def caller_talk_share(self) -> float | None:
        """The caller's part of all talk, 0..1; None while nobody has talked."""
        return _share(self.caller_talk_s, self.agent_talk_s)

    @property
    def agent_talk_share(self) -> float | None:
        """The agent's part of all talk, 0..1; None while nobody has talked."""
        return _share(self.agent_talk_s, self.caller_talk_s)

    def of(self, party: Party) -> PartyFacts:
        """What of this is one party's own, to be kept under that party's grant."""
        is_caller = party is Party.CALLER
        return PartyFacts(
            heard_s=self.heard_s,
            talk_s=self.caller_talk_s if is_caller else self.agent_talk_s,
            talk_share=self.caller_talk_share if is_caller else self.agent_talk_share,
            overlap_s=self.overlap_s,
            longest_pause_s=self.longest_pause_s,
        )


class ConversationTracker:
    """Follows both parties of one call on its clock. Feed it each party's decisions, in order for each party."""

    __slots__ = ("_both", "_counted", "_heard", "_longest", "_overlap", "_pause", "_talk", "marks")

    def __init__(self) -> None:
        self.marks = {party: Marks() for party in Party}
        self._both = (self.marks[Party.CALLER], self.marks[Party.AGENT])
        self._talk = [0, 0]
        self._counted = 0  # chunks before this one are counted
        self._heard = self._overlap = self._pause = self._longest = 0

    def put(self, party: Party, decision: Decision) -> None:
        """Take one decision about one party."""
        self.marks[party].put(decision)
        caller, agent = self._both
        known = min(caller.end_chunk, agent.end_chunk)
        forgotten = max(caller.end_chunk, agent.end_chunk) - KEPT_CHUNKS
        if forgotten > self._counted:  # one leg was away for longer than what is kept: not heard on both
            self._counted, self._pause = forgotten, 0
        while self._counted < known:
            self._count(caller.at(self._counted), agent.at(self._counted))
            self._counted += 1

    def facts(self) -> ConversationFacts:
        """The facts so far."""
        return ConversationFacts(
            heard_s=self._heard * CHUNK_S,
            caller_talk_s=self._talk[0] * CHUNK_S,
            agent_talk_s=self._talk[1] * CHUNK_S,
            overlap_s=self._overlap * CHUNK_S,
            longest_pause_s=self._longest * CHUNK_S,
        )

    def _count(self, caller: int, agent: int) -> None:
        if not caller or not agent:
            self._pause = 0
            return
        self._heard += 1
        caller_speaks, agent_speaks = caller == Mark.SPEAKS, agent == Mark.SPEAKS
        self._talk[0] += caller_speaks
        self._talk[1] += agent_speaks
        self._overlap += caller_speaks and agent_speaks
        self._pause = 0 if caller_speaks or agent_speaks else self._pause + 1
        self._longest = max(self._longest, self._pause)


def _share(own_s: float, other_s: float) -> float | None:
    return own_s / (own_s + other_s) if own_s + other_s else None
