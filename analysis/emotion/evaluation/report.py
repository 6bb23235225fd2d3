"""From judgements to the report that is stored, shown, and asked whether a language may be unlocked."""

from collections.abc import Sequence
from typing import Any, Final

from analysis.emotion.evaluation.cell import PREVALENCE, cell, speakers
from analysis.emotion.evaluation.curves import curves
from analysis.emotion.evaluation.gaps import WIDEST, gaps
from analysis.emotion.evaluation.human import PUBLISHED, single_listener
from analysis.emotion.evaluation.intervals import MIN_CLIPS, MIN_SPEAKERS
from analysis.emotion.evaluation.judgement import Judgement
from analysis.emotion.evaluation.robustness import changes
from analysis.emotion.evaluation.table import AGES, OLDEST, UNKNOWN, Table, table_of

ALL: Final = "all"
KINDS: Final = ("corpus", "language", "sex", "race", "age", "heard")
"""By what the clips are grouped."""
LINES: Final = ("as-is", "phone", "clean", "bad")
"""In which order they are told: what a call sounds like first."""
_BANDS: Final = (*(band for _, band in AGES), OLDEST, UNKNOWN)

DEFINITIONS: Final = {
    "classes": "anger, happy, neutral, sad. Boredom and calm count as neutral. By listeners' majority where there are "
    "votes, as labelled elsewhere. What most heard as something else, or where they tied, counts only under other.",
    "anger": "anger against the other three",
    "activation": "anger or happy against neutral or sad",
    "lines": "clean: as recorded. phone: 300-3400 Hz, 8 kHz mu-law. bad: room, noise, a narrower band. as-is: the "
    "recordings of a site's own line, untouched.",
    "auc": "over all clips of the four classes on which the network was run",
    "coverage": "share of clips of the four classes on which a live call would have got a score",
    "false_alarms": "share of clips that are not angry, of those judged, that raised an alarm",
    "hits": "share of angry clips, of those judged, that raised an alarm",
    "precision": f"share of alarms that would be right where {PREVALENCE:.0%} of utterances are angry, from both rates",
    "ece": "expected calibration error of the clips judged: ten equal bins; against the share of listeners where there "
    "are votes, against the label elsewhere",
    "interval": "95 %, by drawing speakers anew 1000 times (expanded percentiles); of a rate, a gap and the precision "
    "the wider one, at either end, of that and of the exact binomial. A figure needs "
    f"{MIN_CLIPS} clips of each kind, an interval {MIN_SPEAKERS} speakers.",
    "gaps": "difference in false alarms between two groups; not shown where the interval reaches more than "
    + " or ".join(f"{100 * widest:g} points ({kind})" for kind, widest in WIDEST.items()) + " to either side",
    "risk": "share of wrong decisions when the least certain clips are left out: alarm or none, and activation above "
    "or below one half",
}  # fmt: skip


def report_of(judgements: Sequence[Judgement]) -> dict[str, Any]:
    """Return every figure of these judgements, ready for JSON: no file, no speaker, and no value of one clip.

    Keys: definitions; counts; groups[kind][name][line] = `cell` (kind is "all", whose one name is "all", or one of
    `KINDS`); gaps["sex" | "race"][corpus or "all"][line]["f - m"]; robustness[corpus or "all"]; curves[line]; human.
    """
    table = table_of(judgements)
    lines = sorted(_names(table, "line"), key=_place)
    corpora = _names(table, "corpus")
    groups: dict[str, Any] = {ALL: {ALL: _by_line(table, lines)}}
    for kind in KINDS:
        groups[kind] = {
            name: _by_line(table.where(getattr(table, kind) == name), lines) for name in _names(table, kind)
        }
    return {
        "definitions": DEFINITIONS,
        "counts": {
            "clips": len(set(table.clip.tolist())),
            "clips_of_four_classes": len(set(table.clip[table.is_judged].tolist())),
            "speakers": speakers(table.where(table.is_judged)),
            "lines": lines,
        },
        "groups": groups,
        "gaps": {kind: _gaps(table, kind, lines, corpora) for kind in WIDEST},
        "robustness": changes(table, corpora),
        "curves": {line: curves(table.where(table.line == line)) for line in lines},
        "human": {"published": PUBLISHED, "single_listener": single_listener(table)},
    }


def _by_line(group: Table, lines: Sequence[str]) -> dict[str, Any]:
    """Return the cell of each line over which the group was judged."""
    parts = ((line, group.where(group.line == line)) for line in lines)
    return {line: cell(part) for line, part in parts if len(part)}


def _gaps(table: Table, kind: str, lines: Sequence[str], corpora: Sequence[str]) -> dict[str, Any]:
    """Return the gaps of all and of each corpus in which two groups are known."""
    found: dict[str, Any] = {}
    for name in (ALL, *corpora):
        group = table if name == ALL else table.where(table.corpus == name)
        by_line = {line: gaps(group.where(group.line == line), kind) for line in lines}
        if any(by_line.values()):
            found[name] = by_line
    return found


def _place(line: str) -> tuple[int, str]:
    return (LINES.index(line) if line in LINES else len(LINES)), line


def _names(table: Table, kind: str) -> list[str]:
    return sorted(set(getattr(table, kind).tolist()), key=_BANDS.index if kind == "age" else None)
