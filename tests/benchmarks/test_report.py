"""What benchmarks tell: a table that can be read, and a file that can be compared."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.report import Limit, Table, machine, publish, verdict


def test_a_table_is_aligned() -> None:
    """Law: a person reads a column from top to bottom; numbers stand under each other, at three digits."""
    table = Table("cost", ["way", "us", "n"], [["ours", 1.23456, 1200], ["theirs", 123.9, 7], ["none", math.nan, 0]])
    assert table.lines() == [
        "cost",
        "  way       us      n",
        "  ours    1.23  1,200",
        "  theirs   124      7",
        "  none       -      0",
    ]


def test_a_row_of_another_length_is_refused() -> None:
    """Law: a figure never stands in another one's column."""
    with pytest.raises(ValueError, match="one cell for each column"):
        Table("cost", ["way", "us"], [["ours"]])


def test_figures_are_written_with_their_machine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a figure on file tells on what machine and when it was measured; nothing measured is null, not 0."""
    file = publish("tried", {"calls": 3, "age_p95_s": math.nan}, [Table("t", ["a"], [[1]])], tmp_path / "out")
    told = json.loads(file.read_text(encoding="utf-8"))
    assert file == tmp_path / "out" / "tried.json"
    assert told["benchmark"] == "tried"
    assert told["figures"] == {"calls": 3, "age_p95_s": None}
    assert told["machine"] == machine()
    assert told["machine"].keys() == {"cores", "cpu", "python", "kernel"}
    assert told["made_at"].endswith("+00:00")
    assert capsys.readouterr().out.startswith("t\n  a\n  1\n")


def test_a_missed_limit_is_told_and_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a limit that is missed makes the command fail and is printed; what was not measured is not met."""
    assert verdict([Limit("cost", 0.5, 0.8), Limit("streams", 9.0, 8, "at least")]) == 0
    assert verdict([Limit("cost", 0.9, 0.8)]) == 1
    assert verdict([Limit("age", math.nan, 2)]) == 1
    assert "MISSED  cost: 0.9, at most 0.8" in capsys.readouterr().out
