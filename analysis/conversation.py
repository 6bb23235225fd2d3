"""Facts of a conversation: who talks how much, both at once, answers and pauses; and how the caller speaks.

Only stretches in which both legs were heard count, so that a lost leg never looks like a silent person. Each fact is
defined, with its unit, its limits and their sources, in docs/facts.md. *Talk* is what the speech detector decided to be
speech, to 32 ms. Of the agent there is nothing here but who talks when.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analysis.delivery import Delivery, DeliveryTracker
from analysis.speech.detector import CHUNK_S
from analysis.speech.hysteresis import Decision
from analysis.speech.marks import KEPT_CHUNKS, Marks
from analysis.speech.segment import CallerSpeech
from analysis.turns import FLOORS, LEAST_OVERLAP_CHUNKS, LONGEST_GAP_CHUNKS, LONGEST_HOLE_CHUNKS, Floor, Turns
from consent.errors import InvalidValue
from consent.parties import Party

MAX_LATENCY_S: Final = LONGEST_GAP_CHUNKS * CHUNK_S
_ROUNDING_S: Final = 1e-6


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """The facts of one party: times in seconds, `talk_share` 0..1 (None while nobody has talked).

    `overlaps_begun` counts the overlaps that this party began; `answers` how often it answered the other, and
    `response_latency_s` the median time that it took (None before the first). `delivery` is the caller's alone.

    Raises:
        InvalidValue: a negative time or count, more talk than was heard, more overlap than talk, a share outside 0..1,
            or answers that took no or too much time.
    """

    heard_s: float
    talk_s: float
    talk_share: float | None
    overlap_s: float
    longest_pause_s: float
    overlaps_begun: int = 0
    answers: int = 0
    response_latency_s: float | None = None
    delivery: Delivery | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.overlap_s <= self.talk_s <= self.heard_s or not 0 <= self.longest_pause_s <= self.heard_s:
            raise InvalidValue("facts lie between nothing and what was heard")
        if self.talk_share is not None and not 0 <= self.talk_share <= 1:
            raise InvalidValue("a share is 0 to 1")
        if not 0 <= self.overlaps_begun * LEAST_OVERLAP_CHUNKS * CHUNK_S <= self.overlap_s + _ROUNDING_S:
            raise InvalidValue(f"an overlap that counts lasts at least {LEAST_OVERLAP_CHUNKS * CHUNK_S} s")
        if self.answers < 0 or (self.response_latency_s is None) != (self.answers == 0):
            raise InvalidValue("a latency is that of answers")
        if self.response_latency_s is not None and not 0 <= self.response_latency_s <= MAX_LATENCY_S:
            raise InvalidValue(f"an answer comes within {MAX_LATENCY_S} s")


@dataclass(frozen=True, slots=True)
class ConversationFacts:
    """The facts of one call so far, in seconds of sound heard on both legs together.

    `delivery` is the caller's; of the agent there is no such thing.
    """

    heard_s: float
    caller_talk_s: float
    agent_talk_s: float
    overlap_s: float
    longest_pause_s: float
    caller_overlaps: int = 0
    agent_overlaps: int = 0
    caller_answers: int = 0
    agent_answers: int = 0
    caller_latency_s: float | None = None
    agent_latency_s: float | None = None
    delivery: Delivery | None = None

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
            overlaps_begun=self.caller_overlaps if is_caller else self.agent_overlaps,
            answers=self.caller_answers if is_caller else self.agent_answers,
            response_latency_s=self.caller_latency_s if is_caller else self.agent_latency_s,
            delivery=self.delivery if is_caller else None,
        )


class ConversationTracker:
    """Follows both parties of one call on its clock. Feed it each party's decisions, in order for each party.

    All that it compares with is the call's own, and goes with it.
    """

    __slots__ = ("_both", "_counted", "_delivery", "_facts", "_floor", "_hole", "_run", "_turns", "marks")

    def __init__(self) -> None:
        self.marks = {party: Marks() for party in Party}
        self._both = (self.marks[Party.CALLER], self.marks[Party.AGENT])
        self._counted = 0  # chunks before this one are counted
        self._turns = Turns()
        self._floor = Floor.UNKNOWN
        self._run = 0  # for how many chunks the floor has been so
        self._hole = 0  # how long both have not been heard since
        self._delivery = DeliveryTracker()
        self._facts: ConversationFacts | None = None

    def put(self, party: Party, decision: Decision) -> None:
        """Take one decision about one party."""
        self.put_run(party, decision.chunk, decision.chunk + 1, speaks=decision.speaks)

    def put_run(self, party: Party, first_chunk: int, stop_chunk: int, *, speaks: bool) -> None:
        """Take one decision about each chunk from `first_chunk` up to and without `stop_chunk`."""
        self.marks[party].put_run(first_chunk, stop_chunk, speaks=speaks)
        caller, agent = self._both
        known = min(caller.end_chunk, agent.end_chunk)
        forgotten = max(caller.end_chunk, agent.end_chunk) - KEPT_CHUNKS
        if forgotten > self._counted:  # one leg was away for longer than what is kept: not heard on both
            self._count(Floor.UNKNOWN, forgotten - self._counted)
            self._counted = forgotten
        while self._counted < known:
            chunk = self._counted
            self._counted += 1
            floor = FLOORS[caller.at(chunk) * 3 + agent.at(chunk)]
            if floor is self._floor and not self._hole:
                self._run += 1
            else:
                self._count(floor, 1)
            self._facts = None

    def measure(self, speech: CallerSpeech) -> None:
        """Take a segment of the caller that is fit to be judged.

        Raises:
            Withdrawn: its grant has ended.
        """
        self._delivery.take(speech)
        self._facts = None

    def facts(self) -> ConversationFacts:
        """The facts so far."""
        if self._facts is None:
            self._facts = self._facts_now()
        return self._facts

    def _count(self, floor: Floor, chunks: int) -> None:
        if floor is Floor.UNKNOWN:
            self._hole += chunks
            if self._hole > LONGEST_HOLE_CHUNKS:
                self._change(floor, self._hole)
            return
        self._hole = 0
        self._change(floor, chunks)

    def _change(self, floor: Floor, chunks: int) -> None:
        if floor is self._floor:
            self._run += chunks
            return
        self._turns.leave(self._floor, self._run)
        self._turns.enter(floor)
        self._floor, self._run = floor, chunks

    def _facts_now(self) -> ConversationFacts:
        turns = self._turns
        chunks, begun, longest = list(turns.chunks), dict(turns.begun), turns.longest_pause
        chunks[self._floor] += self._run
        if self._floor is Floor.BOTH:
            begun[turns.begun_by] += turns.counts_as_overlap(self._run)
        elif self._floor is Floor.NOBODY:
            longest = max(longest, self._run)
        caller, agent = turns.answers[Floor.CALLER], turns.answers[Floor.AGENT]
        return ConversationFacts(
            heard_s=sum(chunks[Floor.NOBODY :]) * CHUNK_S,
            caller_talk_s=(chunks[Floor.CALLER] + chunks[Floor.BOTH]) * CHUNK_S,
            agent_talk_s=(chunks[Floor.AGENT] + chunks[Floor.BOTH]) * CHUNK_S,
            overlap_s=chunks[Floor.BOTH] * CHUNK_S,
            longest_pause_s=longest * CHUNK_S,
            caller_overlaps=begun[Floor.CALLER],
            agent_overlaps=begun[Floor.AGENT],
            caller_answers=caller.count,
            agent_answers=agent.count,
            caller_latency_s=_seconds(caller.median_chunks()),
            agent_latency_s=_seconds(agent.median_chunks()),
            delivery=self._delivery.delivery(),
        )


def _share(own_s: float, other_s: float) -> float | None:
    return own_s / (own_s + other_s) if own_s + other_s else None


def _seconds(chunks: float | None) -> float | None:
    return None if chunks is None else chunks * CHUNK_S
