"""What must stand in no file of the project."""

import re

import pytest

from tests.house.places import ROOT, texts

UNFINISHED = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error", "mark." + "skip", "mark." + "xfail")
OTHER_MACHINES = re.compile(r"(?<![\w/.:-])/home/(?!USER|ouidire)[a-z]\w*/")
VAGUE = re.compile(r"(^|_)(utils?|helpers?|managers?|misc|common|stuff)(_|$)")


@pytest.mark.parametrize("file", list(texts()), ids=str)
def test_nothing_is_left_open_and_no_machine_is_named(file: object) -> None:
    """Law: no file holds a promise instead of code, or a path of the machine on which it was written."""
    text = (ROOT / str(file)).read_text(encoding="utf-8")
    assert not [word for word in UNFINISHED if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)]
    assert not OTHER_MACHINES.search(text)
    here = f"{ROOT}/"
    assert here not in text
    above = f"{ROOT.parent}/"
    if ROOT.parent.parent != ROOT.parent and above not in ("/tmp/", "/root/", "/srv/", "/opt/"):
        assert above not in text


def test_no_name_is_vague() -> None:
    """Law: a module is a noun for what it holds."""
    assert not [file for file in texts() if file.suffix == ".py" and VAGUE.search(file.stem)]


def test_files_stay_short() -> None:
    """Law: a source file is one thing; 400 lines are the most that one thing takes."""
    long = {
        file: lines
        for file in texts()
        if file.suffix == ".py" and (lines := (ROOT / file).read_text().count("\n")) > 400
    }
    assert not long
