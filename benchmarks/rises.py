"""How true is the cue that the caller's tone is tenser than at the start? Made-up calls of real speakers, by phone.

    python -m benchmarks.rises DATA_FOLDER                    # 34 speakers; a quarter of an hour for the trials
    python -m benchmarks.rises DATA_FOLDER --cache FOLDER     # of a training: a minute

Calls, speakers and heads are those of `benchmarks.course`: what is said of each window comes from heads that had never
met the speaker, or nobody of the whole corpus. Each goes through the product's own `Course` and then its own
`CallCues`. In a call of one kind nothing rises, and a cue is false. In a call that begins neutral and goes on as anger
or happiness (both are tense, for listeners) a cue is right, and only after the step. The exit code is 1 where a limit
is missed.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from analysis.emotion.course import Course
from analysis.emotion.score import ToneScore
from analysis.emotion.training.material import CACHE
from ari_bridge.calls.cue_file import shipped
from ari_bridge.calls.cues import CallCues, CueCounts
from benchmarks.course import SPEAKERS
from benchmarks.report import Limit, Table, publish, verdict
from benchmarks.tone_calls import BEFORE, Call, constant_calls, stepping_calls
from benchmarks.unmet_speakers import CORPORA, Said, Unmet, said_of, trials_of

PAUSE_S: Final = 8.0
"""Between windows: the agent answers. A call of one kind lasts a minute so, one with a step nearly two."""
TENSE: Final = ("anger", "happy")
MOST_FALSE_PERCENT: Final = 5.0
"""Of calls in which nothing rises."""
_SEED: Final = 1867


def cues_s(call: Call) -> list[float]:
    """When a rise was said, in the call's sound time."""
    course, cues, found = Course(), CallCues(shipped(), CueCounts()), []
    for one, end_s in zip(call.windows, call.ends_s(PAUSE_S), strict=True):
        told = course.take(ToneScore(end_s - one.length_s, end_s, one.activation, one.anger, "unmet"))
        if cues.judge(told, end_s) is not None:
            found.append(float(end_s))
    return found


def false_percent(calls: Sequence[Call]) -> float:
    """How many calls of a hundred have a cue although nothing rises."""
    return 100.0 * float(np.mean([bool(cues_s(call)) for call in calls])) if calls else float("nan")


def found_percent(calls: Sequence[Call]) -> float:
    """How many calls of a hundred have their cue after the step, and none before."""
    found = []
    for call in calls:
        said, step_s = cues_s(call), call.ends_s(PAUSE_S)[BEFORE - 1]
        found.append(bool(said) and said[0] > step_s)
    return 100.0 * float(np.mean(found)) if found else float("nan")


def measure(said: dict[Unmet, list[Said]]) -> int:
    """The table; the exit code."""
    figures: dict[str, float] = {}
    rows: list[list[object]] = []
    for unmet, every in said.items():
        for corpus in CORPORA:
            own = [one for one in every if one.clip.corpus == corpus]
            constant = constant_calls(own, np.random.default_rng(_SEED))
            stepping = stepping_calls(own, np.random.default_rng(_SEED))
            key = f"{unmet}_{corpus}"
            figures |= {
                f"false_percent_{key}": false_percent(constant),
                f"false_percent_neutral_{key}": false_percent([one for one in stepping if one.kind == "neutral"]),
            }
            for kind in TENSE:
                figures[f"found_percent_{kind}_{key}"] = found_percent([one for one in stepping if one.kind == kind])
            names = ("false_percent", "false_percent_neutral", *(f"found_percent_{kind}" for kind in TENSE))
            rows.append([f"{unmet} unmet, {corpus}", len(constant), *(figures[f"{name}_{key}"] for name in names)])
    heads = ("calls", "of one kind", "a cue all the same, %", "neutral to neutral, a cue, %",
             "neutral to anger, found, %",
             "neutral to happy, found, %")  # fmt: skip
    publish("rises", figures, [Table("Rises of the caller's tone over the start", heads, rows)])
    return verdict(
        [Limit(f"{name.replace('_', ' ')}", value, MOST_FALSE_PERCENT)
         for name, value in figures.items() if name.startswith("false")]
    )  # fmt: skip


def main(words: list[str] | None = None) -> int:
    """Measure, print and write benchmarks/out/rises.json."""
    parser = ArgumentParser(
        prog="python -m benchmarks.rises", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="the folder of recordings with its manifest.csv")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of what a training keeps (default: its own)")
    arguments = parser.parse_args(words)
    return measure(said_of(trials_of(arguments.folder, arguments.cache), SPEAKERS))


if __name__ == "__main__":
    sys.exit(main())
