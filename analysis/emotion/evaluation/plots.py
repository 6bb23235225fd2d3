"""Plots of a report as SVG: no script, nothing from elsewhere, ink in the colour of the page's own text.

The one door to matplotlib, which a bridge does not need: `pip install 'ouidire[reports]'`.
"""

import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Drawing

INK: Final = "#010203"
"""Stands for the page's text colour, whatever that is: light and dark."""
_COLOURS: Final = ("#2f80c2", "#d9770f", "#4f9a5b")
"""Blue, orange and green of the middle, to be seen on white and on black."""
_MARKERS: Final = ("o", "s", "^")
_STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ouidire",
    "text.parse_math": False,  # a corpus may be called $x$
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}
_WIDTH_IN: Final = 3.4
"""Narrow, so that its letters stay legible on a screen of 320 pixels."""
_LONGEST_NAME: Final = 22


def calibration_plot(name: str, curves: Mapping[str, Sequence[Mapping[str, float]]], title: str) -> str:
    """Draw what was said against what was heard, one line for each output, as an `<svg>` element.

    Args:
        name: letters and digits, unlike that of any other plot of the page.
        curves: output -> points of `curves.calibration_curve`.
        title: what it shows, in words.
    """
    with matplotlib.rc_context(_STYLE):
        drawing, axes = _square("said", "heard")
        axes.plot([0, 1], [0, 1], color=INK, linewidth=0.8, linestyle=":", label="as it should be")
        for (output, points), colour, marker in zip(curves.items(), _COLOURS, _MARKERS, strict=False):
            said, heard = ([point[key] for point in points] for key in ("said", "heard"))
            axes.plot(said, heard, color=colour, marker=marker, markersize=4, label=output)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.legend(loc="upper left")
        return _svg(drawing, name, title)


def risk_plot(name: str, curves: Mapping[str, Any], title: str) -> str:
    """Draw the risk against the coverage, of `curves.curves`' risk_coverage, as an `<svg>` element."""
    with matplotlib.rc_context(_STYLE):
        drawing, axes = _square("coverage", "wrong decisions")
        highest = 0.05
        for output, colour, marker in zip(("alarm", "activation"), _COLOURS, _MARKERS, strict=False):
            coverage, risk = ([point[key] for point in curves[output]] for key in ("coverage", "risk"))
            axes.plot(coverage, risk, color=colour, marker=marker, markersize=3, label=output)
            highest = max([highest, *risk])
        never = curves.get("alarm_never")
        if never is not None:
            axes.axhline(never, color=INK, linewidth=0.8, linestyle=":", label="never an alarm")
            highest = max(highest, never)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, min(1.0, 1.45 * highest))
        axes.legend(loc="upper left")
        return _svg(drawing, name, title)


def interval_plot(name: str, rows: Sequence[tuple[str, Mapping[str, Any]]], title: str, unit: str) -> str:
    """Draw one figure of several groups, each with its interval, in percent, as an `<svg>` element.

    Args:
        name: letters and digits, unlike that of any other plot of the page.
        rows: group and figure, top first; a figure without a value is told in words.
        title: what it shows, in words.
        unit: what the axis says.
    """
    with matplotlib.rc_context(_STYLE):
        drawing, axes = _axes(0.7 + 0.24 * max(len(rows), 2), unit)
        for place, (_, figure) in enumerate(rows):
            if isinstance(figure["value"], str):
                axes.text(0, place, figure["value"], va="center", alpha=0.75)
                continue
            value = 100 * figure["value"]
            if "low" in figure:
                axes.plot([100 * figure["low"], 100 * figure["high"]], [place, place], color=_COLOURS[0], linewidth=2)
            axes.plot([value], [place], color=_COLOURS[0], marker="o", markersize=4.5)
        axes.set_yticks(range(len(rows)), [_short(group) for group, _ in rows])
        axes.set_ylim(max(len(rows), 2) - 0.5, -0.5)
        axes.set_xlim(left=0)
        axes.grid(axis="x", color=INK, alpha=0.15, linewidth=0.6)
        return _svg(drawing, name, title)


def _square(below: str, beside: str) -> tuple[Drawing, Axes]:
    drawing, axes = _axes(3.0, below)
    axes.set_ylabel(beside)
    axes.grid(color=INK, alpha=0.15, linewidth=0.6)
    return drawing, axes


def _axes(height_in: float, below: str) -> tuple[Drawing, Axes]:
    drawing = Drawing(figsize=(_WIDTH_IN, height_in), layout="constrained")
    drawing.patch.set_alpha(0.0)
    axes = drawing.add_subplot()
    axes.patch.set_alpha(0.0)
    axes.set_xlabel(below)
    return drawing, axes


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"


def _svg(drawing: Drawing, name: str, title: str) -> str:
    """Return the `<svg>` element alone: named in words, its ids unlike those of other plots, its ink the page's."""
    out = io.BytesIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    drawing.savefig(out, format="svg", metadata=nothing)
    found = out.getvalue().decode("utf-8")
    found = re.sub(r"<metadata>.*?</metadata>", "", found[found.index("<svg") :], flags=re.DOTALL)
    found = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", found)
    opening = f'<svg role="img" aria-label="{escape(title, quote=True)}"'
    return found.replace(INK, "currentColor").replace("<svg", opening, 1)
