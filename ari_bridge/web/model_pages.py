"""The pages about the tone model: a report's figures as tables and plots, in one file that asks nobody for anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from ari_bridge.web.pages import STYLE, draw

MUST_NOT: Final = (
    "It must not decide anything about a person: no price, no queue, no credit, no contract.",
    "It must not be used on staff, at work or in education: the European AI Act forbids it (article 5.1 f), and the "
    "bridge never gives it an agent's voice.",
    "It must not be used on a caller who has not said yes, nor to tell who somebody is, how ill, or whether they lie.",
    "It must not be shown as an emotion: it says how tense a voice sounds and how likely listeners would call it "
    "angry, with its doubt, or that it does not know.",
    "It must not be used in a language in which it was not tried, nor on children.",
)
COLUMNS: Final = (
    ("anger_auc", "Anger AUC"),
    ("activation_auc", "Activation AUC"),
    ("anger_ece", "Anger ECE"),
    ("activation_ece", "Activation ECE"),
    ("coverage", "Judged"),
    ("false_alarms", "False alarms"),
    ("hits", "Hits"),
    ("precision", "Precision at 10 %"),
)
_SHARES: Final = frozenset({"coverage", "false_alarms", "hits", "precision", "alarms", "alarm_unchanged",
                            "activation_unchanged", "still_told", "agrees"})  # fmt: skip
_KINDS: Final = {"all": "All", "corpus": "Corpus", "language": "Language", "sex": "Sex", "race": "Race",
                 "age": "Age", "heard": "Heard as"}  # fmt: skip
_CHANGES: Final = {"alarm_unchanged": "Alarm or none: unchanged", "activation_unchanged": "Activation: unchanged",
                   "still_told": "Still judged by phone", "anger_auc_lost": "Anger AUC, clean minus phone",
                   "activation_auc_lost": "Activation AUC, clean minus phone"}  # fmt: skip
_OF_ONE_CLASS: Final = frozenset({"anger_auc", "activation_auc", "precision", "hits"})
_MEANINGLESS: Final = {"anger": _OF_ONE_CLASS - {"hits"} | {"false_alarms"}}
"""What cannot be told where all clips are of one class."""
_CALL_LINES: Final = ("phone", "as-is")
_MOST_ROWS: Final = 30
"""Of a plot: a page with a thousand groups helps nobody; the table below has them all."""


class Row(NamedTuple):
    """One line of a table: its name, and what stands under each column."""

    name: str
    cells: list[str]


class Body(NamedTuple):
    """Lines of one kind, under a heading of their own."""

    title: str
    rows: list[Row]


class Reasons:
    """Why figures are not shown, each said once under the table and numbered."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def number(self, sentence: str) -> int:
        """Its number, from 1."""
        if sentence not in self.sentences:
            self.sentences.append(sentence)
        return self.sentences.index(sentence) + 1


def shown(figure: Mapping[str, Any], key: str, reasons: Reasons) -> str:
    """One figure in words: "3.1 % (2.0 to 4.8)", "0.981 (0.970 to 0.990)", or "not shown" and the reason's number."""
    value = figure["value"]
    if isinstance(value, str):
        return f"{value} [{reasons.number(figure['why'])}]"
    is_share = key in _SHARES
    text = _number(value, is_share) + (" %" if is_share else "")
    if "low" in figure:
        text += f" ({_number(figure['low'], is_share)} to {_number(figure['high'], is_share)})"
    return text if "why" not in figure else f"{text} [{reasons.number(figure['why'])}]"


def _number(value: float, is_share: bool) -> str:
    return f"{100 * value:.1f}" if is_share else f"{value:.3f}"


def evaluation_page(stored: Mapping[str, Any], verdicts: Mapping[str, list[str]]) -> str:
    """The page of one evaluation.

    Args:
        stored: what `StoredReport.to_json` wrote, read again.
        verdicts: language -> what it still lacks to be unlocked; nothing where it meets every limit.
    """
    told = report_view(stored["report"], "e")
    return draw("model_evaluation", "en", style=STYLE, stored=stored, told=told, verdicts=verdicts, must_not=MUST_NOT)


def card_page(card: Mapping[str, Any]) -> str:
    """The model card as a page. What a card does not tell (an older one) is left out."""
    measured = dict(card.get("measured", {}))
    views = [(title, report_view(measured.pop(name), name))
             for name, title in (("speakers_held_out", "On speakers never heard"),
                                 ("corpus_held_out", "On a corpus never heard"))
             if "groups" in measured.get(name, {})]  # fmt: skip
    rest = list(flat({name: part for name, part in measured.items() if name != "definitions"}))
    return draw("model_card", "en", style=STYLE, card=card, views=views, rest=rest, must_not=MUST_NOT)


def report_view(report: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What the templates need of a report of `report_of`: tables of strings, and plots."""
    lines = report["counts"]["lines"]
    reasons = Reasons()
    return {
        "counts": report["counts"],
        "definitions": report["definitions"],
        "columns": [title for _, title in COLUMNS],
        "tables": [(line, _bodies(report["groups"], line, reasons)) for line in lines],
        "gaps": [Row(f"{kind}, {where}, {line}: {pair}", [_points(figure, reasons)])
                 for kind, places in report["gaps"].items() for where, by_line in places.items()
                 for line, pairs in by_line.items() for pair, figure in pairs.items()],
        "changes": [Row(where, [shown(figures[key], key, reasons) for key in _CHANGES])
                    for where, figures in report["robustness"].items()],
        "change_titles": list(_CHANGES.values()),
        "human": _human(report, lines, reasons),
        "published": report["human"]["published"],
        "plots": list(_plots(report, lines, name)),
        "reasons": reasons.sentences,
    }  # fmt: skip


def _bodies(groups: Mapping[str, Any], line: str, reasons: Reasons) -> list[Body]:
    found = []
    for kind, title in _KINDS.items():
        rows = [
            Row(name, _cells(cell, _MEANINGLESS.get(name, _OF_ONE_CLASS) if kind == "heard" else frozenset(), reasons))
            for name, by_line in groups[kind].items()
            if (cell := by_line.get(line)) is not None and (cell["clips"] or kind == "corpus")
        ]
        if rows:
            found.append(Body(title, rows))
    return found


def _cells(cell: Mapping[str, Any], meaningless: frozenset[str], reasons: Reasons) -> list[str]:
    figures = ("–" if key in meaningless else shown(cell[key], key, reasons) for key, _ in COLUMNS)
    why = ", ".join(f"{reason.replace('_', ' ')} {count}" for reason, count in cell["abstained"].items())
    return [str(cell["clips"]), str(cell["speakers"]), *figures, why]


def _points(figure: Mapping[str, Any], reasons: Reasons) -> str:
    value = figure["value"]
    if isinstance(value, str):
        return f"{value} [{reasons.number(figure['why'])}]"
    return f"{100 * value:+.1f} points ({100 * figure['low']:+.1f} to {100 * figure['high']:+.1f})"


def _human(report: Mapping[str, Any], lines: list[str], reasons: Reasons) -> list[Row]:
    """One listener beside the model, on the same question; the model's clips are all, not only those with votes."""
    told = [("One listener", report["human"]["single_listener"])]
    told += [(f"The model, {line}", report["groups"]["all"]["all"][line]) for line in lines]
    return [Row(name, [shown(of[key], key, reasons) for key in ("hits", "false_alarms")]) for name, of in told]


def _plots(report: Mapping[str, Any], lines: list[str], name: str) -> Iterator[tuple[str, str]]:
    """Each plot and the sentence under it."""
    if not lines:
        return
    from analysis.emotion.evaluation.plots import calibration_plot, interval_plot, risk_plot

    line = next((line for line in _CALL_LINES if line in lines), lines[0])
    curves = report["curves"][line]
    said = f"Calibration ({line}): what was said against what was heard. On the dotted line they are one."
    yield calibration_plot(f"{name}-calibration", curves["calibration"], said), said
    said = f"Risk against coverage ({line}): the share of wrong decisions when the least certain clips are left out."
    yield risk_plot(f"{name}-risk", curves["risk_coverage"], said), said
    for key, title in (("false_alarms", "False anger alarms"), ("coverage", "Clips judged")):
        rows = [(group, by_line[line][key])
                for kind in ("all", "corpus", "language", "sex", "race", "age")
                for group, by_line in report["groups"][kind].items()
                if line in by_line and by_line[line]["clips"] and group != "unknown"]  # fmt: skip
        if rows:
            said = f"{title} by group ({line}), with 95 % intervals; every number stands in the tables."
            yield interval_plot(f"{name}-{key.replace('_', '-')}", rows[:_MOST_ROWS], said, "%"), said


def flat(told: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and values of nested figures, one a line: ("a, b", "0.9")."""
    for name, value in told.items():
        whole = f"{before}, {name}" if before else str(name)
        if isinstance(value, Mapping):
            yield from flat(value, whole)
        else:
            yield whole.replace("_", " "), str(value)
