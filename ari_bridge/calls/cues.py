"""From what is known of one call to the cues that its agent may read: pure, told the time by the caller.

A cue is an observation with its evidence and its error, as cues.toml defines it. It rests on who talks when, and on the
caller's tone; of the agent there is nothing here but when it talks, and no count of anybody's cues is kept.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from analysis.conversation import ConversationFacts
from analysis.emotion.score import Abstained, Estimate, ToneScore, Verdict
from ari_bridge.calls.cue_file import CueRules, Kind
from consent.errors import InvalidValue

UNHEARD_S: Final = 1.5
"""By so much the sound heard may fall behind the clock between two looks: a decision about a chunk may come 0.8 s late.
More than that was not heard, and what was not heard is neither talk nor silence."""


@dataclass(frozen=True, slots=True)
class Cue:
    """What was observed: `amount` of `of`, give or take `error`; in seconds, or in parts of 1 for a tone.

    `seen_at_s` is when, on the caller's clock.

    Raises:
        InvalidValue: an amount that is not more than its error, or more than what it is a part of.
    """

    kind: Kind
    amount: float
    of: float
    error: float
    seen_at_s: float

    def __post_init__(self) -> None:
        if not 0 < self.error < self.amount <= self.of:
            raise InvalidValue("a cue observes more than its error, and no more than there is")


@dataclass(slots=True)
class CueCounts:
    """Of all calls since the start; of no call, agent or phone. A cue that waits for two phones may be stale twice.

    A cue is counted as raised whether or not an agent has hidden the cues, so that no figure tells who has.
    """

    raised: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    held_back: int = 0
    """Observed, but too soon after the cue before."""
    stale: int = 0
    """Dropped for their age, before they left for a screen."""

    def as_counts(self) -> dict[str, int]:
        """What became of all of them; not which there were, since a kind may be one agent's habit."""
        return {"raised": sum(self.raised.values()), "held_back": self.held_back, "stale": self.stale}


class CallCues:
    """The cues of one call. Feed it what is known as it becomes known, and ask for what may be shown."""

    def __init__(self, rules: CueRules, counts: CueCounts) -> None:
        self._rules = rules
        self._counts = counts
        self._talk = _Talk(rules)
        self._tone = _Tone(rules)
        self._armed = set(Kind)
        self._held: set[Kind] = set()
        self._cue: Cue | None = None
        self._quiet_until_s = -math.inf

    def hear(self, facts: ConversationFacts, now_s: float) -> Cue | None:
        """Take the facts so far; the cue that they give rise to, if any."""
        self._talk.take(facts, now_s)
        if self._talk.is_silence_over:
            self._arm(Kind.LONG_SILENCE)
        if self._talk.is_overlap_over:
            self._arm(Kind.BOTH_AT_ONCE)
        return self._raise([self._talk.silence(now_s), self._talk.overlap(now_s)], now_s)

    def judge(self, verdict: Verdict, now_s: float) -> Cue | None:
        """Take what is told of the caller's tone; the cue that it gives rise to, if any. An abstention is none."""
        if isinstance(verdict, Abstained):
            return None
        late_s = self._tone.take(verdict, now_s)
        if self._tone.is_over:
            self._arm(Kind.TENSER)
        rise = self._tone.rise(now_s - late_s)
        if rise is not None and late_s >= self._rules.stale_after_s and Kind.TENSER in self._armed:
            self._counts.stale += 1
            return None
        return self._raise([rise], now_s)

    def showing(self, now_s: float) -> Cue | None:
        """The cue that a screen may be given now: the newest, until it is stale."""
        if self._cue is not None and now_s - self._cue.seen_at_s >= self._rules.stale_after_s:
            self._cue = None
        return self._cue

    def pause(self) -> None:
        """The call is not heard for a while: what follows does not continue what was."""
        self._talk = _Talk(self._rules)
        self._cue = None

    def forget_tone(self) -> None:
        """What was told of the tone is contested, or not of this talk any more: nothing rests on it."""
        self._tone = _Tone(self._rules)
        self._arm(Kind.TENSER)
        if self._cue is not None and self._cue.kind is Kind.TENSER:
            self._cue = None

    def meet(self) -> None:
        """Another agent talks: nobody sees what was before. No cue comes sooner for it."""
        self.pause()
        self.forget_tone()
        self._armed, self._held = set(Kind), set()

    def _arm(self, kind: Kind) -> None:
        self._armed.add(kind)
        self._held.discard(kind)

    def _raise(self, found: list[Cue | None], now_s: float) -> Cue | None:
        for cue in found:
            if cue is None or cue.kind not in self._armed:
                continue
            if now_s < self._quiet_until_s:
                self._counts.held_back += cue.kind not in self._held
                self._held.add(cue.kind)
                continue
            self._armed.discard(cue.kind)
            self._held.discard(cue.kind)
            self._counts.raised[cue.kind] += 1
            self._cue, self._quiet_until_s = cue, now_s + self._rules.one_each_s
            return cue
        return None


@dataclass(frozen=True, slots=True)
class _Look:
    """The facts at one moment: seconds heard, talk of either, and of both at once."""

    at_s: float
    heard_s: float
    talk_s: float
    overlap_s: float


class _Talk:
    """Who talked in the newest seconds, from the differences of looks at the sums."""

    def __init__(self, rules: CueRules) -> None:
        self._silence, self._both = rules.long_silence, rules.both_at_once
        self._looks: deque[_Look] = deque()
        self._quiet_from_s = 0.0  # how much had been heard when somebody talked last
        self._longest_pause_s = 0.0

    def take(self, facts: ConversationFacts, now_s: float) -> None:
        talk_s = facts.caller_talk_s + facts.agent_talk_s - facts.overlap_s
        look = _Look(now_s, facts.heard_s, talk_s, facts.overlap_s)
        if self._looks and self._is_a_gap(self._looks[-1], look):
            self._looks.clear()
        if not self._looks or look.talk_s > self._looks[-1].talk_s:
            self._quiet_from_s = look.heard_s
        self._longest_pause_s = facts.longest_pause_s
        self._looks.append(look)
        while len(self._looks) > 2 and look.heard_s - self._looks[1].heard_s >= self._both.window_s:
            self._looks.popleft()

    def silence(self, now_s: float) -> Cue | None:
        """A silence of both that goes on now; it began at the last look that found more talk, or before it."""
        if self._looks[-1].talk_s <= 0:  # a detector that hears nobody at all would look the same
            return None
        lasted_s = min(self._looks[-1].heard_s - self._quiet_from_s, self._longest_pause_s)
        if lasted_s < self._silence.at_least_s:
            return None
        return Cue(Kind.LONG_SILENCE, lasted_s, lasted_s, self._silence.error_s, now_s)

    def overlap(self, now_s: float) -> Cue | None:
        """Talk at once in the newest window."""
        window_s, both_s = self._window()
        if window_s < self._both.window_s or both_s * self._both.window_s < self._both.at_least_s * window_s:
            return None
        # Both are differences of sums: where both talk all along one may pass the other by a rounding error.
        return Cue(Kind.BOTH_AT_ONCE, min(both_s, window_s), window_s, self._both.error_s, now_s)

    @property
    def is_silence_over(self) -> bool:
        """Whether somebody talked since the look before."""
        return self._quiet_from_s == self._looks[-1].heard_s

    @property
    def is_overlap_over(self) -> bool:
        """Whether talk at once has fallen to half of what is said."""
        return self._window()[1] <= self._both.at_least_s / 2

    def _window(self) -> tuple[float, float]:
        """Seconds heard and of both since the newest look that lies a whole window back, else since the oldest."""
        newest = self._looks[-1]
        return newest.heard_s - self._looks[0].heard_s, newest.overlap_s - self._looks[0].overlap_s

    @staticmethod
    def _is_a_gap(before: _Look, now: _Look) -> bool:
        heard_s = now.heard_s - before.heard_s
        return heard_s < 0 or now.talk_s < before.talk_s or now.at_s - before.at_s - heard_s > UNHEARD_S


class _Tone:
    """The caller's tone at the start of a talk, and now."""

    def __init__(self, rules: CueRules) -> None:
        self._rules = rules.tenser
        self._first_s: float | None = None
        self._start: ToneScore | None = None
        self._newest: ToneScore | None = None
        self._least_lag_s = math.inf

    def take(self, score: ToneScore, now_s: float) -> float:
        """Take a score; by how many seconds it comes later than the promptest one of this talk."""
        if self._start is not None and self._start.model_id != score.model_id:
            self._first_s = self._start = self._newest = None
        lag_s = now_s - score.end_s
        self._least_lag_s = min(self._least_lag_s, lag_s)
        if self._first_s is None:
            self._first_s = score.end_s
        if score.end_s <= self._first_s + self._rules.start_s:
            self._start = score
        self._newest = score
        return lag_s - self._least_lag_s

    def rise(self, seen_at_s: float) -> Cue | None:
        """A rise that is more than its error."""
        start, newest, rules = self._start, self._newest, self._rules
        if start is None or newest is None or newest.end_s - start.end_s < rules.apart_s:
            return None
        by, error = self._by(start.activation, newest.activation)
        if by < rules.at_least or not 0 < error < by or newest.activation.value < rules.tense_from:
            return None
        return Cue(Kind.TENSER, by, 1.0, error, seen_at_s)

    @property
    def is_over(self) -> bool:
        """Whether the difference has fallen to half of what is said."""
        if self._start is None or self._newest is None:
            return True
        return self._by(self._start.activation, self._newest.activation)[0] <= self._rules.at_least / 2

    def _by(self, start: Estimate, newest: Estimate) -> tuple[float, float]:
        return newest.value - start.value, self._rules.error(start.sigma, newest.sigma)
