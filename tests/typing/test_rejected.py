"""The first lock: code that would use a voice without a grant does not type-check."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.places import ROOT

HERE = Path(__file__).parent
CASES = sorted(file for file in HERE.glob("*.py") if not file.name.startswith(("test_", "__")))
EXPECTED = re.compile(r"#\s*E:\s*(.+)$")
FOUND = re.compile(r"^(?P<file>[^:]+):(?P<line>\d+): error: (?P<message>.+)$")


@pytest.fixture(scope="module")
def rejections() -> dict[tuple[str, int], str]:
    """What mypy says of the cases, in one run."""
    command = [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", *map(str, CASES)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    found: dict[tuple[str, int], str] = {}
    for line in ran.stdout.splitlines():
        if match := FOUND.match(line):
            place = (Path(match["file"]).name, int(match["line"]))
            found[place] = f"{found.get(place, '')} {match['message']}"
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda one: one.stem)
def test_each_marked_line_is_rejected_and_no_other(case: Path, rejections: dict[tuple[str, int], str]) -> None:
    """Law: mypy rejects each line marked E: with those words, and takes every other line, the right way among them."""
    lines = case.read_text(encoding="utf-8").splitlines()
    expected = {number: match[1] for number, line in enumerate(lines, start=1) if (match := EXPECTED.search(line))}
    assert expected
    told = {line: message for (file, line), message in rejections.items() if file == case.name}
    assert told.keys() == expected.keys(), told
    assert not {number: told[number] for number, words in expected.items() if words not in told[number]}


def test_the_cases_are_all_of_the_errors(rejections: dict[tuple[str, int], str]) -> None:
    """Law: the errors are in the cases and not in the product that they import."""
    assert {file for file, _ in rejections} == {case.name for case in CASES}
