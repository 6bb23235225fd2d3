"""What drift is measured against: calls made up of clips of speakers held out, told and counted as a site's calls are.

What a site keeps of a week are no windows but what was told of its calls: means over a call (`Course`), nearer to the
middle than windows are, after a warm-up; and of each call one verdict and one score, drawn by lot. So clips become
calls here, go through the same `Course`, and each call counts once: by what the lot is to be expected to draw.

A call is of one speaker in one tone, as listeners heard it. How the tone changes over a real call nobody here knows.
In the corpora everybody speaks in every tone: drawn at random, a call would be furious, bored and sad within a minute,
and its mean in the middle: by an index of .29 from calls of one tone, more than what counts as a shift. The lengths and
pauses that are assumed, and the seed, move it by .01 at most.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Any, Final

import numpy as np

from analysis.emotion.course import Course
from analysis.emotion.drift import BINS, JUDGED, KINDS, SCORED, bin_of
from analysis.emotion.evaluation.judgement import Judgement
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore, Verdict

LONGEST: Final = 6
"""Clips of a call, at most. Under a memory of 15 s with the agent's answers in between more of them change little."""
CLIP_S: Final = 2.5
"""How long a clip counts: the median of either corpus."""
PAUSE_S: Final = 8.0
"""Between two clips: the agent answers."""


def reference_of(judgements: Sequence[Judgement], seed: int) -> Mapping[str, Any]:
    """Return the shares of the scores in each tenth of the scale, and of clips that are unfamiliar (`abstained`).

    `abstained` is what `drift` compares a site's unfamiliar sound with: no other reason can be given here, since no
    line is lost, no noise is mixed in, and where speech is, is not asked.

    Args:
        judgements: of clips over one line.
        seed: of the order in which a speaker's clips are put together.
    """
    bins = {"activation": [0.0] * BINS, "anger": [0.0] * BINS}
    kinds: dict[str, float] = dict.fromkeys(KINDS, 0.0)
    calls = 0
    for call in _calls(judgements, seed):
        told = _told(call)
        for verdict in told:
            kinds[str(verdict.reason) if isinstance(verdict, Abstained) else SCORED] += 1 / len(told)
        scores = [verdict for verdict in told if isinstance(verdict, ToneScore)]
        calls += bool(scores)
        for score in scores:
            bins["activation"][bin_of(score.activation.value)] += 1 / len(scores)
            bins["anger"][bin_of(score.anger.value)] += 1 / len(scores)
    judged, unfamiliar = sum(kinds[kind] for kind in JUDGED), kinds[Reason.UNFAMILIAR]
    return {
        **{name: [round(count / max(1, calls), 4) for count in counts] for name, counts in bins.items()},
        "abstained": round(unfamiliar / max(1.0, judged + unfamiliar), 4),
    }


def _calls(judgements: Sequence[Judgement], seed: int) -> Iterator[Sequence[Judgement]]:
    """Clips of one speaker in one tone, each in one call, the calls as even as they can be."""
    own: dict[tuple[str, str], list[Judgement]] = defaultdict(list)
    for judgement in judgements:
        own[judgement.clip.speaker, judgement.clip.heard].append(judgement)
    random = np.random.default_rng(seed)
    for _, every in sorted(own.items()):
        for part in np.array_split(random.permutation(len(every)), ceil(len(every) / LONGEST)):
            yield [every[at] for at in part]


def _told(call: Sequence[Judgement]) -> list[Verdict]:
    """What would be told of a call, clip after clip."""
    course = Course()
    return [course.take(_verdict(judgement, at * (CLIP_S + PAUSE_S))) for at, judgement in enumerate(call)]


def _verdict(judgement: Judgement, start_s: float) -> Verdict:
    end_s = start_s + CLIP_S
    if judgement.reason is not None:
        return Abstained(start_s, end_s, judgement.reason)
    activation = Estimate(judgement.activation, judgement.activation_sigma)
    return ToneScore(start_s, end_s, activation, Estimate(judgement.anger, judgement.anger_sigma), "held out")
