"""What is it worth to tell a call's tone over several windows? Made-up calls of real speakers, by phone.

    python -m benchmarks.course DATA_FOLDER                    # 34 speakers; a quarter of an hour for the trials
    python -m benchmarks.course DATA_FOLDER --cache FOLDER     # of a training: a minute

A call is one speaker's clips in a random order, each a window: of one kind, of all kinds, or neutral and then another.
What is said of each window comes from a model that had never met the speaker, or nobody of the whole corpus
(`unmet_speakers`); what is told comes from the product's own `Course`. What the figures mean: docs/benchmarks.md. The
exit code is 1 where a limit is missed.
"""

from __future__ import annotations

import math
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from analysis.emotion.course import MEMORY_S, SHARED, Course
from analysis.emotion.evaluation.figures import auc, calibration_error, covered
from analysis.emotion.training.material import CACHE
from benchmarks.report import Limit, Table, publish, verdict
from benchmarks.tone_calls import (
    WINDOWS,
    Call,
    constant_calls,
    from_own_start,
    half_way,
    mixed_calls,
    shared_error,
    stepping_calls,
    told_of,
)
from benchmarks.unmet_speakers import CORPORA, Flags, Floats, Said, Unmet, said_of, trials_of

SPEAKERS: Final = 24
"""Of each corpus, at most."""
PAUSES_S: Final = {"on": 0.5, "turns": 8.0}
"""Between windows: the caller talks on, or the agent answers."""
STEP_S: Final = {"on": 15.0, "turns": 25.0}
"""Within which half of a step is to be told: four windows, or two with the agent's answers between them."""
MEMORIES_S: Final = (4.0, 8.0, MEMORY_S, 30.0, 60.0)
OWN_STARTS: Final = (0, 1, 2, 4)
THRESHOLD: Final = 0.5
HONEST: Final = 0.65
"""Share of what is told that is to lie within one sigma; of normal errors .68 do."""
MARGIN: Final = 0.05
_SEED: Final = 1867


def measure(said: dict[Unmet, list[Said]]) -> int:
    """All tables; the exit code."""
    figures: dict[str, float] = {}
    tables = [
        _worth(said, figures), _calibration(said, figures), _sigma(said, figures),
        _warming_up(said, figures), _memories(said, figures), _starts(said, figures),
    ]  # fmt: skip
    publish("course", figures, tables)
    return verdict(_limits(figures))


def _limits(figures: dict[str, float]) -> list[Limit]:
    limits = []
    for unmet in ("speaker", "corpus"):
        for corpus in CORPORA:
            key = f"{unmet}_{corpus}_on"
            gained = figures[f"anger_auc_told_{key}"] - figures[f"anger_auc_own_{key}"]
            limits.append(Limit(f"anger AUC told minus of windows, {unmet} unmet, {corpus}", gained, 0.0, "at least"))
            for output in ("activation", "anger"):
                share = figures[f"{output}_covered_told_{unmet}_{corpus}"]
                # Of a corpus never met a window's own sigma is off already: told over a call it must get no worse.
                own = figures[f"{output}_covered_own_{unmet}_{corpus}"]
                least = HONEST if unmet == "speaker" else min(HONEST, own) - MARGIN
                limits.append(Limit(f"{output} within one sigma, {unmet} unmet, {corpus}", share, least, "at least"))
    for pause, bound_s in STEP_S.items():
        limits += [Limit(f"half of a step told, s (median), {pause}", figures[f"step_s_{pause}"], bound_s)]
    return limits


def _worth(said: dict[Unmet, list[Said]], figures: dict[str, float]) -> Table:
    rows: list[list[object]] = []
    for unmet, corpus, calls in _calls(said, constant_calls):
        quiet = np.array([call.kind != "anger" for call in calls])
        for pause, pause_s in PAUSES_S.items():
            row: list[object] = [f"{unmet} unmet, {corpus}, {pause}"]
            for output in ("anger", "activation"):
                told = [told_of(call, output, pause_s) for call in calls]
                positive = np.repeat([_is(call, output) for call in calls], WINDOWS - 1)
                for name in ("own", "told"):
                    values, key = np.array([getattr(one, name)[1:] for one in told]), f"{name}_{unmet}_{corpus}_{pause}"
                    figures[f"{output}_auc_{key}"] = auc(values.ravel(), positive)
                    row.append(figures[f"{output}_auc_{key}"])
                    if output == "anger":
                        alarms = _percent((values[quiet] > THRESHOLD).any(axis=1))
                        figures[f"false_alarm_calls_percent_{key}"] = alarms
                        row.append(alarms)
            rows.append(row)
    heads = ("calls of one kind", "anger: AUC of windows", "calls with a false alarm, %", "AUC told",
             "calls with a false alarm, %", "activation: AUC of windows", "AUC told")  # fmt: skip
    return Table("Windows by themselves, and what is told over the call (from the second window on)", heads, rows)


def _calibration(said: dict[Unmet, list[Said]], figures: dict[str, float]) -> Table:
    rows: list[list[object]] = []
    for name, make in (("one_kind", constant_calls), ("all_kinds", mixed_calls)):
        for unmet, corpus, calls in _calls(said, make):
            for output in ("anger", "activation"):
                told = [told_of(call, output, PAUSES_S["on"]) for call in calls]
                # Each call as often as its kind is met, so that the mean is what the heads were calibrated to.
                shares = _natural(said[unmet], corpus, calls) if name == "one_kind" else np.ones(len(calls))
                weights = np.repeat(shares, WINDOWS - 1)
                heard = np.repeat([one.heard.mean() for one in told], WINDOWS - 1)
                row: list[object] = [f"{unmet} unmet, {corpus}, {output}, {name.replace('_', ' ')}"]
                for which in ("own", "told"):
                    values = np.concatenate([getattr(one, which)[1:] for one in told])
                    key = f"{output}_ece_{which}_{unmet}_{corpus}_{name}"
                    figures[key] = calibration_error(values, heard, weights / weights.mean())
                    row += [figures[key], _rms(values - heard)]
                rows.append(row)
    heads = ("against what listeners said over the call", "ECE of windows", "error (rms)", "ECE told", "error (rms)")
    return Table("Calibration over a call: one kind throughout, or all kinds in turn", heads, rows)


def _sigma(said: dict[Unmet, list[Said]], figures: dict[str, float]) -> Table:
    rows: list[list[object]] = []
    for unmet, corpus, calls in _calls(said, constant_calls):
        for output in ("anger", "activation"):
            told = [told_of(call, output, PAUSES_S["on"]) for call in calls]
            lone = [told_of(call, output, PAUSES_S["on"], Course(shared=0.0)) for call in calls]
            heard = np.repeat([one.heard.mean() for one in told], WINDOWS - 1)
            ones = np.ones(heard.size)
            last = {name: np.concatenate([getattr(one, name)[1:] for one in told])
                    for name in ("told", "sigma", "own", "own_sigma")}  # fmt: skip
            alone = np.concatenate([one.sigma[1:] for one in lone])
            key = f"{unmet}_{corpus}"
            figures[f"{output}_shared_error_{key}"] = shared_error(
                [one for one in said[unmet] if one.clip.corpus == corpus], output
            )
            figures[f"{output}_rms_error_{key}"] = _rms(last["told"] - heard)
            figures[f"{output}_rms_sigma_{key}"] = _rms(last["sigma"])
            figures[f"{output}_covered_told_{key}"] = covered(last["told"], last["sigma"], heard, ones)
            figures[f"{output}_covered_own_{key}"] = covered(last["own"], last["own_sigma"], heard, ones)
            figures[f"{output}_covered_if_independent_{key}"] = covered(last["told"], alone, heard, ones)
            names = ("shared_error", "rms_error", "rms_sigma", "covered_told", "covered_own",
                     "covered_if_independent")  # fmt: skip
            rows.append([f"{unmet} unmet, {corpus}, {output}", *(figures[f"{output}_{name}_{key}"] for name in names)])
    heads = ("calls of one kind", "error that is shared", "error (rms)", "sigma (rms)", "within one sigma",
             "windows by themselves", "the same if none were shared")  # fmt: skip
    return Table(f"Sigma: against what listeners said over the call, with {SHARED:g} shared", heads, rows)


def _warming_up(said: dict[Unmet, list[Said]], figures: dict[str, float]) -> Table:
    rows: list[list[object]] = []
    for unmet, corpus, calls in _calls(said, constant_calls):
        told = np.array([told_of(call, "anger", PAUSES_S["on"]).told for call in calls])
        angry = np.array([_is(call, "anger") for call in calls])
        found = {
            "auc": [auc(told[:, at], angry) for at in range(WINDOWS)],
            "false_alarms_percent": [_percent(told[~angry, at] > THRESHOLD) for at in range(WINDOWS)],
        }
        for name, values in found.items():
            figures |= {f"anger_{name}_window_{at}_{unmet}_{corpus}": value for at, value in enumerate(values, 1)}
            rows.append([f"{unmet} unmet, {corpus}, {name.replace('_', ' ')}", *values])
    heads = ("what would be told of anger after", *(f"{at + 1} windows" for at in range(WINDOWS)))
    return Table("Warm-up: how much each further window brings", heads, rows)


def _memories(said: dict[Unmet, list[Said]], figures: dict[str, float]) -> Table:
    rng = np.random.default_rng(_SEED)
    every = [one for unmet in said.values() for one in unmet]
    constant, stepping = (make(every, rng) for make in (constant_calls, stepping_calls))
    angry = np.array([_is(call, "anger") for call in constant])
    rows: list[list[object]] = []
    for memory_s in MEMORIES_S:
        for pause, pause_s in PAUSES_S.items():
            told = np.array([told_of(call, "anger", pause_s, Course(memory_s)).told[1:] for call in constant])
            ranked = auc(told.ravel(), np.repeat(angry, WINDOWS - 1))
            alarms = _percent((told[~angry] > THRESHOLD).any(axis=1))
            steps = [half_way(call, pause_s, Course(memory_s)) for call in stepping if call.kind == "anger"]
            windows, seconds = np.array([step for step in steps if step is not None]).T
            half = float(np.median(windows)), float(np.median(seconds))
            rows.append([f"{memory_s:g} s, {pause}", ranked, alarms, *half])
            key = f"{memory_s:g}_s_{pause}"
            figures |= {f"anger_auc_memory_{key}": ranked, f"false_alarm_calls_percent_memory_{key}": alarms}
            if memory_s == MEMORY_S:
                figures |= {f"step_windows_{pause}": half[0], f"step_s_{pause}": half[1]}
    heads = ("memory, pauses", "anger AUC", "calls with a false alarm, %", "half of a step after windows", "s")
    return Table("Memory: what it spares, and how long it hides a step (median)", heads, rows)


def _starts(said: dict[Unmet, list[Said]], figures: dict[str, float]) -> Table:
    rows: list[list[object]] = []
    for unmet, corpus, constant in _calls(said, constant_calls):
        own = [one for one in said[unmet] if one.clip.corpus == corpus]
        stepping = stepping_calls(own, np.random.default_rng(_SEED))
        for output in ("anger", "activation"):
            for name, calls in (("one kind", constant), ("neutral first", stepping), ("both", [*constant, *stepping])):
                found = [_ranked([from_own_start(call, windows) for call in calls], output) for windows in OWN_STARTS]
                rows.append([f"{unmet} unmet, {corpus}, {output}, {name}", *found])
                key = f"{output}_{unmet}_{corpus}_{name.replace(' ', '_')}"
                figures |= {f"auc_own_start_{w}_{key}": v for w, v in zip(OWN_STARTS, found, strict=True)}
    heads = ("AUC of the windows after the fourth", "as it is", "less the first", "less two", "less four")
    return Table("Against the speaker's own start", heads, rows)


def _ranked(calls: Sequence[Call], output: str) -> float:
    told = [told_of(call, output, PAUSES_S["on"]).told[max(OWN_STARTS) :] for call in calls]
    positive = [_is(call, output) for call in calls for _ in call.windows[max(OWN_STARTS) :]]
    return auc(np.concatenate(told), np.array(positive))


def _calls(
    said: dict[Unmet, list[Said]], make: Callable[[Iterable[Said], np.random.Generator], list[Call]]
) -> Iterable[tuple[Unmet, str, list[Call]]]:
    for unmet, every in said.items():
        for corpus in CORPORA:
            own = [one for one in every if one.clip.corpus == corpus]
            yield unmet, corpus, make(own, np.random.default_rng(_SEED))


def _natural(said: Iterable[Said], corpus: str, calls: Sequence[Call]) -> Floats:
    """How often the kind of each call is met in the corpus, against how often it was drawn."""
    kinds, drawn = [one.clip.heard for one in said if one.clip.corpus == corpus], [call.kind for call in calls]
    return np.array([kinds.count(kind) / drawn.count(kind) for kind in drawn])


def _is(call: Call, output: str) -> bool:
    return call.kind == "anger" or (output == "activation" and call.kind == "happy")


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _percent(flags: Flags) -> float:
    return 100.0 * float(np.mean(flags)) if flags.size else math.nan


def main(words: list[str] | None = None) -> int:
    """Measure, print and write benchmarks/out/course.json."""
    parser = ArgumentParser(prog="python -m benchmarks.course", description=__doc__.partition("\n")[0],
                            epilog="example: python -m benchmarks.course ~/recordings")  # fmt: skip
    parser.add_argument("folder", type=Path, help="the folder of recordings with its manifest.csv")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of what a training keeps (default: its own)")
    arguments = parser.parse_args(words)
    return measure(said_of(trials_of(arguments.folder, arguments.cache), SPEAKERS))


if __name__ == "__main__":
    sys.exit(main())
