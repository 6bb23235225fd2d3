"""Laws of the pictures."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from tests.demo import picture
from tests.demo.call_report import CallReport
from tests.demo.made_up import KILLED, NO, WITHDRAWN, YES


def _words(path: Path) -> str:
    return " ".join(text.strip() for text in ElementTree.parse(path).getroot().itertext())


@pytest.mark.parametrize("report", [YES, NO, WITHDRAWN, KILLED])
def test_a_picture_is_svg_that_names_its_call(report: CallReport, tmp_path: Path) -> None:
    """It parses as XML, is SVG, and stays within its frame."""
    root = ElementTree.parse(picture.write(report, tmp_path)).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.findtext("{http://www.w3.org/2000/svg}title") or "").startswith(f"Call {report.performance.name}")
    for shape in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert 0 <= float(shape.get("x", "0")) <= picture.WIDTH
        assert float(shape.get("width", "0")) >= 0
        assert float(shape.get("height", "0")) >= 0


def test_tone_is_drawn_with_its_uncertainty_and_abstentions_with_their_reason(tmp_path: Path) -> None:
    """Silence of the model never looks like calm: it is drawn as what it is."""
    words = _words(picture.write(YES, tmp_path))
    assert "activation 0.30 ± 0.10" in words
    assert "not measured: both speak" in words


def test_the_marks_of_each_call_are_drawn(tmp_path: Path) -> None:
    """Keys, withdrawal, kill, lease and hang-up stand on the time line."""
    assert {"key 1", "agent answers", "hangs up"} <= set(_texts(picture.write(YES, tmp_path)))
    assert "*9" in _texts(picture.write(WITHDRAWN, tmp_path))
    assert {"SIGKILL", "one lease (8 s)"} <= set(_texts(picture.write(KILLED, tmp_path)))


def test_nothing_heard_is_said(tmp_path: Path) -> None:
    """An empty tone lane says why it is empty."""
    assert "nothing was heard" in _words(picture.write(NO, tmp_path))
    assert "3 scores had been made" in _words(picture.write(WITHDRAWN, tmp_path))
    assert "nothing was heard" in _words(picture.write(replace(YES, evidence=None), tmp_path))


def _texts(path: Path) -> list[str]:
    return [text.text or "" for text in ElementTree.parse(path).getroot().iter("{http://www.w3.org/2000/svg}text")]
