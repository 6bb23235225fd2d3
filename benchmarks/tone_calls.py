"""Made-up calls of real speakers, one window after the other, and what a course tells of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import numpy as np

from analysis.emotion.course import Course
from analysis.emotion.score import Estimate, ToneScore
from benchmarks.unmet_speakers import Floats, Said

WINDOWS: Final = 6
"""Of a call of one kind, or of all: as many as most speakers have angry clips."""
BEFORE: Final = 5
AFTER: Final = 5
"""Of a call with a step."""
DRAWS: Final = 3
"""Calls of each speaker and kind."""
LEAST_STEP: Final = 0.2
_CLIPPED: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """Windows of one speaker in the order of the call; `kind` is what was heard in the last of them."""

    kind: str
    windows: Sequence[Said]

    def ends_s(self, pause_s: float) -> Floats:
        """When each window ends, in sound time."""
        return np.cumsum([one.length_s + pause_s for one in self.windows])


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """One number of a call, window by window: the window's own, what was told, and what listeners said. All `[n]`.

    What was told of the first window is the window's own: there is nothing else.
    """

    own: Floats
    own_sigma: Floats
    told: Floats
    sigma: Floats
    heard: Floats


def constant_calls(said: Iterable[Said], rng: np.random.Generator) -> list[Call]:
    """Calls of one kind throughout."""
    return [
        Call(kind, [own[at] for at in rng.choice(len(own), WINDOWS, replace=False)])
        for (_, kind), own in by_speaker_and_kind(said).items()
        if len(own) >= WINDOWS
        for _ in range(DRAWS)
    ]


def mixed_calls(said: Iterable[Said], rng: np.random.Generator) -> list[Call]:
    """Calls in which every window is of any kind, in the speaker's own shares."""
    by_speaker = groupby(sorted(said, key=lambda one: one.clip.speaker), key=lambda one: one.clip.speaker)
    every = [list(own) for _, own in by_speaker]
    drawn = [[own[at] for at in rng.permutation(len(own))[:WINDOWS]] for own in every for _ in range(4 * DRAWS)]
    return [Call(windows[-1].clip.heard, windows) for windows in drawn]


def stepping_calls(said: Iterable[Said], rng: np.random.Generator) -> list[Call]:
    """Calls that begin neutral and go on as each of the four kinds, neutral too."""
    every, calls = by_speaker_and_kind(said), []
    for (speaker, kind), own in every.items():
        neutral = every.get((speaker, "neutral"), [])
        if len(own) < AFTER or len(neutral) < BEFORE + (AFTER if kind == "neutral" else 0):
            continue
        for _ in range(DRAWS):
            first = rng.permutation(len(neutral))
            begin = [neutral[at] for at in first[:BEFORE]]
            others = [neutral[at] for at in first[BEFORE:]] if kind == "neutral" else own
            calls.append(Call(kind, [*begin, *(others[at] for at in rng.choice(len(others), AFTER, replace=False))]))
    return calls


def told_of(call: Call, output: str, pause_s: float, course: Course | None = None) -> Told:
    """Run a call through a course, by default the product's."""
    followed = course or Course()
    own: list[Estimate] = [getattr(one, output) for one in call.windows]
    told = []
    for one, end_s, estimate in zip(call.windows, call.ends_s(pause_s), own, strict=True):
        said = followed.take(ToneScore(end_s - one.length_s, end_s, estimate, estimate, "unmet"))
        told.append(said.anger if isinstance(said, ToneScore) else estimate)
    return Told(
        np.array([one.value for one in own]),
        np.array([one.sigma for one in own]),
        np.array([one.value for one in told]),
        np.array([one.sigma for one in told]),
        np.array([getattr(one.clip, output) for one in call.windows]),
    )


def from_own_start(call: Call, windows: int) -> Call:
    """The same call with the mean of its first windows taken away from each, in logits; 0 changes nothing."""
    if not windows:
        return call
    moved: dict[str, Sequence[Estimate]] = {}
    for output in ("activation", "anger"):
        values = np.array([getattr(one, output).value for one in call.windows])
        logits = _logits(values)
        kept = 1.0 / (1.0 + np.exp(logits[:windows].mean() - logits))
        moved[output] = [Estimate(float(value), 0.2) for value in kept]
    return Call(
        call.kind,
        [Said(one.clip, one.length_s, *pair)
         for one, *pair in zip(call.windows, moved["activation"], moved["anger"], strict=True)],
    )  # fmt: skip


def shared_error(said: Iterable[Said], output: str) -> float:
    """Which part of the squared error all windows of one speaker in one tone have in common (one-way analysis of
    variance over speaker and kind).
    """
    groups = [
        np.array([getattr(one, output).value - getattr(one.clip, output) for one in own])
        for own in by_speaker_and_kind(said).values()
        if len(own) > 2
    ]
    within = float(np.mean([group.var(ddof=1) for group in groups]))
    size = float(np.mean([len(group) for group in groups]))
    between = max(0.0, float(np.var([group.mean() for group in groups], ddof=1)) - within / size)
    return between / (between + within)


def half_way(call: Call, pause_s: float, course: Course) -> tuple[float, float] | None:
    """After how many windows and seconds half of a step in anger is told; None where the windows hold no step.

    The step is from the mean of the windows before to that of those after; BEFORE + AFTER windows are all there are.
    """
    told = told_of(call, "anger", pause_s, course)
    low, high = told.own[:BEFORE].mean(), told.own[BEFORE:].mean()
    if high - low < LEAST_STEP:
        return None
    seen = np.flatnonzero(told.told[BEFORE:] > (low + high) / 2)
    if not len(seen):
        return math.inf, math.inf
    ends_s = call.ends_s(pause_s)
    return float(seen[0] + 1), float(ends_s[BEFORE + seen[0]] - ends_s[BEFORE - 1])


def by_speaker_and_kind(said: Iterable[Said]) -> dict[tuple[str, str], list[Said]]:
    def key(one: Said) -> tuple[str, str]:
        return one.clip.speaker, one.clip.heard

    return {pair: list(own) for pair, own in groupby(sorted(said, key=key), key=key)}


def _logits(values: Floats) -> Floats:
    kept = np.clip(values, _CLIPPED, 1.0 - _CLIPPED)
    return np.asarray(np.log(kept / (1.0 - kept)))
