"""`ouidire model drift`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.emotion.drift import Reference
from analysis.emotion.onnx_model import OnnxToneModel
from ari_bridge.cli.models.drift import bars, table
from ari_bridge.cli.parser import main
from ari_bridge.run.drift_watch import drifts_beside
from ari_bridge.run.settings import load
from tests.ari_bridge.cli.served import Site
from tests.fakes.sums import CALM, TENSE, Clock, fill

SHARES = (0.4, 0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def served(settings_file: Path, *scores: tuple[int, ...]) -> str:
    """The settings of a site on which the shipped model said such things, week by week until now."""
    site, model_id = Site(settings_file), OnnxToneModel().model_id
    site.do(lambda ledger: fill(ledger.database, model_id, *scores))
    return site.file


def test_the_weeks_are_told_and_how_the_newest_stands(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a line a week, with pictures, and sentences that say of what it is a shift and that nothing was adapted."""
    file = served(settings_file, CALM, CALM, CALM, CALM, CALM, TENSE)
    assert main(["model", "drift", "--settings", file]) == 0
    told = capsys.readouterr().out
    weeks = [line for line in told.splitlines() if line.startswith("20") and "  200  " in line]
    assert len(weeks) == 6
    assert [line.endswith("one of the first") for line in weeks] == [True] * 4 + [False] * 2
    assert weeks[4].endswith("steady")
    assert weeks[5].endswith("SHIFTED")
    assert "10%" in weeks[0]
    assert "Nothing was adapted" in told
    assert "made up of actors' sentences" in told


def test_before_there_are_weeks_it_says_what_is_needed(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: no week is no all-clear: how many calls of how many agents are needed is said."""
    assert main(["model", "drift", "--settings", served(settings_file)]) == 0
    told = capsys.readouterr().out
    assert "50 calls" in told
    assert "5 agents" in told


def test_a_machine_gets_the_same(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the JSON holds each week's sums and comparisons, and nothing that is no number of JSON."""
    file = served(settings_file, CALM, CALM, CALM, CALM, TENSE)
    assert main(["model", "drift", "--json", "--settings", file]) == 0
    told = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(word))
    assert told["model_id"] == OnnxToneModel().model_id
    assert [one["outcome"] for one in told["weeks"]] == ["too_few"] * 4 + ["shifted"]
    last = told["weeks"][-1]
    assert last["calls"] == sum(last["verdicts"].values()) == 200
    assert {one["output"] for one in last["since_start"]} == {"activation", "anger", "abstained"}


def test_a_file_that_is_not_there_is_said(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: nothing to read is a problem with a sentence, not an empty table."""
    assert main(["model", "drift", "--settings", str(settings_file)]) == 1
    assert "ouidire.sqlite" in capsys.readouterr().err


def test_a_picture_is_as_tall_as_its_largest() -> None:
    """Law: a bin with a call in it is never a blank, an empty one always is."""
    assert bars((0, 1, 100, 0, 0, 0, 0, 0, 0, 50)) == " ▁█      ▄|"
    assert bars((0,) * 10) == " " * 10 + "|"


def test_the_card_has_its_own_line(settings_file: Path) -> None:
    """Law: what the weeks are compared with stands above them."""
    site = Site(settings_file)
    site.do(lambda ledger: fill(ledger.database, OnnxToneModel().model_id, CALM))
    found = drifts_beside(load(settings_file), Clock()().replace(year=2099))
    lines = list(table(found, Reference(SHARES, SHARES, 0.25)))
    assert lines[1].startswith("the card")
    assert bars(SHARES) in lines[1]
    assert lines[0].endswith("unfamiliar   contested")
    assert (lines[1].endswith("  25%"), lines[1].count("%")) == (True, 1)
    assert lines[2].split("|")[-1].split()[:3] == ["10%", "10%", "0%"]
