"""Plots as SVG."""

import re

import pytest
from lxml import etree

from analysis.emotion.evaluation.curves import curves
from analysis.emotion.evaluation.plots import INK, calibration_plot, interval_plot, risk_plot
from analysis.emotion.evaluation.table import table_of
from tests.analysis.emotion.evaluation.judged import calm_and_angry

CURVES = curves(table_of(calm_and_angry(40, 20, false_alarms=2, hits=15)))
HOSTILE = "<script>alert(1)</script> $\\frac{$ &"
ROWS = [(HOSTILE, {"value": 0.1, "low": 0.0, "high": 0.2}), ("b", {"value": "not shown", "why": "few"})]


def drawn(name: str) -> list[str]:
    """One of each kind."""
    return [
        calibration_plot(f"{name}-c", CURVES["calibration"], f"said {HOSTILE}"),
        risk_plot(f"{name}-r", CURVES["risk_coverage"], "risk"),
        interval_plot(f"{name}-i", ROWS, "groups", "%"),
    ]


@pytest.mark.parametrize("svg", drawn("x"))
def test_a_plot_asks_nobody_and_runs_nothing(svg: str) -> None:
    """Law: no script, no address but its own parts, no date, and no colour for ink but the page's."""
    root = etree.fromstring(svg.encode())
    tags = {etree.QName(one).localname for one in root.iter() if isinstance(one.tag, str)}
    assert not tags & {"script", "image", "foreignObject", "a", "metadata"}
    links = [value for one in root.iter() for name, value in one.attrib.items() if name.endswith("href")]
    assert all(link.startswith("#") for link in links)
    assert not re.search(r"url\((?!#)", svg)
    assert "currentColor" in svg
    assert INK not in svg


@pytest.mark.parametrize("svg", drawn("x"))
def test_a_plot_is_told_in_words(svg: str) -> None:
    """Law: who cannot see it hears what it is."""
    root = etree.fromstring(svg.encode())
    assert root.get("role") == "img"
    assert root.get("aria-label")


def test_a_hostile_name_is_text() -> None:
    """Law: a group may be called anything."""
    svg = interval_plot("x", ROWS, HOSTILE, "%")
    root = etree.fromstring(svg.encode())
    assert root.get("aria-label") == HOSTILE
    assert any((one.text or "").startswith("<script>alert(1)") for one in root.iter())


def test_ids_of_two_plots_differ() -> None:
    """Law: on one page no part of a plot is taken for another's."""
    ids = [set(re.findall(r'\bid="([^"]+)"', svg)) for svg in (*drawn("x"), *drawn("y"))]
    assert sum(map(len, ids)) == len(set().union(*ids))


def test_the_same_figures_give_the_same_plot() -> None:
    """Law: a card can be made again to the byte; nothing at all can be drawn too."""
    assert drawn("x") == drawn("x")
    nothing = curves(table_of([]))
    assert "<svg" in calibration_plot("n", nothing["calibration"], "none")
    assert "<svg" in risk_plot("n", nothing["risk_coverage"], "none")
    assert "<svg" in interval_plot("n", [], "none", "%")
