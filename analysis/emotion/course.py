"""Over a call: what one window says is much noise, and what several say together is told with an honest doubt.

The number that is told is a weighted mean of the windows' own numbers: what listeners would say of the caller's last
quarter minute of speech, not of one breath. A mean of calibrated shares keeps their meaning; it is never sharpened by
how often the same thing was heard. Its uncertainty has three parts:

- What does not shrink. The errors of one caller's windows are alike: who is misread once is misread again, and on
  what listeners themselves disagree they disagree in every window. Of a window's variance `SHARED` stays whole,
  however many windows there are, so that sigma never falls below `sqrt(SHARED)` = 0.95 of the windows' own.
- What does: the rest, divided by how many windows the weights are worth (Kish 1965: sum(w)**2 / sum(w**2)).
- Change. Where windows differ by more than their own sigma explains, the tone itself has moved, and the mean lies
  between what was and what is: what is beyond is added. So a change widens sigma before the mean has followed it.

A window weighs by its length, and by its age in sound time: what is old counts less, and after a pause sigma is that
of the newest window again. The caller's own start is no yardstick (docs/decisions/no-own-start.md). All figures:
`python -m benchmarks.course`.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import Final

from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict

MEMORY_S: Final = 15.0
"""After so long a window weighs 1/e. Half of a step is seen after 0.69 of it; twice the memory doubles that and spares
few false alarms more, half of it lets them through wherever windows lie 10 s apart."""
SHARED: Final = 0.9
"""Part of a window's variance that all windows of one caller in one tone have in common: .29 to .57 on speakers
never met, .39 to .84 on a corpus never met. With it the truth lies within one sigma in 69 to 89 % of the calls of
speakers, and in 60 to 79 % of those of a corpus, where a window's own sigma holds in 45 to 79 %."""
WARM_WINDOWS: Final = 2
"""The second window more than halves the false alarms (6.1 to 1.5 %, EmoDB); each further one brings less."""
WARM_SPEECH_S: Final = 4.0
"""As much as one whole window holds: two scraps of a second each are less than that."""
FORGOTTEN_S: Final = 60.0
"""Four memories: what was heard before so long a gap weighs under 2 %, and the course begins anew."""

_SHORTEST_S: Final = 0.1
_LONGEST_S: Final = 8.0


class _Level:
    """One number over a call: sums over the windows, each with its weight `w`."""

    __slots__ = ("_squares", "_values", "_variances")

    def __init__(self) -> None:
        self._values = self._squares = self._variances = 0.0

    def add(self, weight: float, estimate: Estimate) -> None:
        """Take a window's number."""
        self._values += weight * estimate.value
        self._squares += weight * estimate.value**2
        self._variances += weight * estimate.sigma**2

    def fade(self, left: float) -> None:
        """Let all that was taken weigh less."""
        self._values *= left
        self._squares *= left
        self._variances *= left

    def estimate(self, weight: float, windows: float, shared: float) -> Estimate:
        """The mean and its sigma; `weight` is the sum of the weights, `windows` how many windows they are worth."""
        mean, own = self._values / weight, self._variances / weight
        change = max(0.0, self._squares / weight - mean**2 - own)
        variance = own * (shared + (1.0 - shared) / windows) + change
        return Estimate(min(max(mean, 0.0), 1.0), min(sqrt(variance), 1.0))


class Course:
    """One caller's tone over a call. Feed it that caller's verdicts as they come; it holds a dozen numbers, no sound.

    The first verdict is never a score: until `WARM_WINDOWS` windows with `WARM_SPEECH_S` seconds in all have been
    judged it is `Abstained(WARMING_UP)`. After `FORGOTTEN_S` without a judged window, and where another model speaks,
    the course begins anew. An abstention passes as it is and moves nothing: noise neither lowers nor raises a number.
    A window that comes late, after a newer one, is added with the weight of its age; what is said then is what is known
    by now, for the window's own stretch.

    Args:
        memory_s: see `MEMORY_S`.
        shared: see `SHARED`.
    """

    __slots__ = ("_activation", "_anger", "_end_s", "_memory_s", "_model_id", "_shared", "_spoken_s", "_squares",
                 "_weight", "_windows")  # fmt: skip

    def __init__(self, memory_s: float = MEMORY_S, shared: float = SHARED) -> None:
        self._memory_s = memory_s
        self._shared = shared
        self._begin("")

    def take(self, verdict: Verdict) -> Verdict:
        """What is told instead of a window's own verdict, for the same stretch."""
        if isinstance(verdict, Abstained):
            return verdict
        if verdict.model_id != self._model_id or verdict.start_s - self._end_s > FORGOTTEN_S:
            self._begin(verdict.model_id)
        self._add(verdict)
        if self._windows < WARM_WINDOWS or self._spoken_s < WARM_SPEECH_S:
            return Abstained(verdict.start_s, verdict.end_s, Reason.WARMING_UP)
        known = self._weight, self._weight**2 / self._squares, self._shared
        activation, anger = self._activation.estimate(*known), self._anger.estimate(*known)
        return ToneScore(verdict.start_s, verdict.end_s, activation, anger, verdict.model_id)

    def _begin(self, model_id: str) -> None:
        self._model_id = model_id
        self._activation, self._anger = _Level(), _Level()
        self._weight = self._squares = self._spoken_s = self._end_s = 0.0
        self._windows = 0

    def _add(self, score: ToneScore) -> None:
        """Age what is known to the score's end, or the score, if it is the older one."""
        length_s = score.end_s - score.start_s
        weight = min(max(length_s, _SHORTEST_S), _LONGEST_S)
        left = exp(-abs(score.end_s - self._end_s) / self._memory_s)
        if score.end_s >= self._end_s:
            self._end_s = score.end_s
            self._weight *= left
            self._squares *= left**2
            self._activation.fade(left)
            self._anger.fade(left)
        else:
            weight *= left
        self._weight += weight
        self._squares += weight**2
        self._activation.add(weight, score.activation)
        self._anger.add(weight, score.anger)
        self._spoken_s += length_s
        self._windows += 1
