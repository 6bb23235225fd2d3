"""Laws of the figures of screens."""

from __future__ import annotations

from datetime import UTC, datetime

from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.screen_tally import ScreenTally
from ari_bridge.run.screen_figures import ScreenFigures
from ari_bridge.screens.families import FAMILIES


def _read(figures: ScreenFigures, tally: ScreenTally, failures: int = 0) -> dict[tuple[str, str], float]:
    return {
        (one.name, sample.labels.get("family", "")): sample.value
        for one in figures.of(tally, failures)
        for sample in one.samples
    }


def test_every_family_has_its_lines_from_the_start() -> None:
    """Law: the page of an idle service has the same lines as that of a busy one, so that no line is news of anybody."""
    told = _read(ScreenFigures(), ScreenTally(2, 2))
    assert {family for _, family in told if family} == set(FAMILIES)
    assert set(told.values()) == {0}


def test_counts_stand_still_until_they_are_of_several() -> None:
    """Law: a scrape between two tellings sees the old figures; guesses and faults of ours are told at once."""
    figures, tally = ScreenFigures(), ScreenTally(2, 2)
    tally.sent["yealink"] += 7
    tally.not_found += 1
    before = _read(figures, tally, failures=2)
    assert before["ouidire_screens_sent", "yealink"] == 0
    assert (before["ouidire_screens_not_found", ""], before["ouidire_views_not_shown", ""]) == (1, 2)
    for call_id in ("1", "2"):
        view = CallView(call_id, Stage.GRANTED, datetime.now(UTC), "en", ("1001", "1002"), None, None)
        tally.see(view, lambda endpoint: "yealink")
    assert _read(figures, tally)["ouidire_screens_sent", "yealink"] == 7
    tally.sent["yealink"] += 1
    assert _read(figures, tally)["ouidire_screens_sent", "yealink"] == 7
