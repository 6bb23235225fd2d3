"""A short run of the fuzzer, and that it sees what it is there for."""

import re
from pathlib import Path

import pytest
from hypothesis import strategies as st

from tests.fuzz import run
from tests.fuzz.__main__ import main
from tests.fuzz.parsers import Parser, parsers
from tests.fuzz.run import MOST_KEPT_KIB, fuzz
from tests.house.places import ROOT, sources


def test_every_parser_survives_a_short_run() -> None:
    """Law: no bytes make a parser raise what it does not state, and nothing of them is kept."""
    report = fuzz(0.0, examples=15)
    assert report.is_clean, "\n".join(report.lines())
    assert min(report.inputs.values()) >= 15
    assert report.kept_kib, "what is kept was looked at"


def test_every_refusal_for_malformed_input_is_tried() -> None:
    """Law: whoever writes a parser with a refusal of its own enters it in the list."""
    stated = {one.refuses.__name__ for one in parsers() if one.refuses}
    written = re.compile(r"^class (Malformed\w+|Broken\w+)\(", re.MULTILINE)
    found = {name for file in sources() for name in written.findall((ROOT / file).read_text(encoding="utf-8"))}
    assert found <= stated


def test_names_are_one_parsers_own() -> None:
    """Law: counts are by name."""
    names = [one.name for one in parsers()]
    assert len(names) == len(set(names))


def _raises(told: int) -> None:
    if told > 1_000:
        raise ArithmeticError(told)
    if told < 0:
        raise ValueError(told)


def test_an_exception_that_was_not_stated_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: the fuzzer fails, and says with what, when a parser raises anything but its one exception."""
    monkeypatch.setattr(run, "parsers", lambda: [Parser("bad", st.integers(), _raises, ValueError)])
    report = fuzz(0.0, examples=200)
    assert not report.is_clean
    assert "ArithmeticError: 1001" in report.failures["bad"]
    assert any("FAILED" in line for line in report.lines())


def test_growth_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Law: the fuzzer fails when lines of the project keep what they were fed."""
    kept: list[bytearray] = []
    source = "def keep(told):\n    kept.append(bytearray(4096))\n"
    place = {"kept": kept}
    exec(compile(source, str(ROOT / "consent" / "hoard.py"), "exec"), place)  # noqa: S102 - as if it were a line there
    monkeypatch.setattr(run, "parsers", lambda: [Parser("hoard", st.integers(), place["keep"])])  # type: ignore[arg-type]
    report = fuzz(0.0, examples=100)
    assert report.most_kept_kib > MOST_KEPT_KIB
    assert not report.is_clean


def test_it_is_one_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a run for a person tells what was tried, and ends with 0 where nothing was found."""
    assert main(["--minutes", "0", "--only", "reference"]) == 0
    assert "reference" in capsys.readouterr().out
