"""References as recordings."""

import re
from datetime import date
from pathlib import Path

import pytest

from ari_bridge.lines.spoken import PAUSE_MS, NotSpoken, Spoken, said
from ari_bridge.lines.wav_wire import joined, silence
from consent.errors import InvalidValue
from consent.reference import Reference
from dialplan.recordings import recording

REFERENCE = Reference.fresh(date(2026, 11, 22)).digits


def test_a_reference_is_said_in_groups() -> None:
    """Law: "your reference is", the day, and short groups with a pause before each."""
    expected = [recording("fr", "reference")]
    for group in (REFERENCE[:4], REFERENCE[4:7], REFERENCE[7:10], REFERENCE[10:13], REFERENCE[13:]):
        expected += [silence(PAUSE_MS), *(recording("fr", digit) for digit in group)]
    assert said(recording, "fr", REFERENCE) == joined(expected)


def test_the_name_says_nothing(tmp_path: Path) -> None:
    """Law: a random name, another each time; the PBX may read the file, and may not list the folder."""
    spoken = Spoken(tmp_path / "say", recording)
    spoken.prepare()
    first, second = (spoken.put_together("en", REFERENCE) for _ in range(2))
    assert first != second
    assert re.fullmatch(r"[0-9a-f]{32}", first.name)
    assert Path(f"{first}.wav").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "say").stat().st_mode & 0o777 == 0o711
    assert not any(REFERENCE in str(file) for file in (tmp_path / "say").iterdir())
    spoken.forget(first)
    spoken.forget(first)
    assert [file.stem for file in (tmp_path / "say").iterdir()] == [second.name]


def test_what_an_earlier_bridge_left_is_swept(tmp_path: Path) -> None:
    """Law: no recording of a reference outlives the bridge that made it by more than a start; others' files stay."""
    spoken = Spoken(tmp_path, recording)
    (tmp_path / f"{'0a' * 16}.wav").touch()
    (tmp_path / "notes.wav").touch()
    assert spoken.prepare() == 1
    assert [file.name for file in tmp_path.iterdir()] == ["notes.wav"]


@pytest.mark.parametrize("odd", ["", REFERENCE[:-1], REFERENCE[:-1] + str((int(REFERENCE[-1]) + 1) % 10), "x" * 14])
def test_only_a_reference_is_said(tmp_path: Path, odd: str) -> None:
    """Law: a caller never hears a number that would not be found again."""
    with pytest.raises(InvalidValue):
        Spoken(tmp_path, recording).put_together("en", odd)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """Law: a folder that is a file, or is gone, is a sentence without the reference in it."""
    (tmp_path / "file").touch()
    with pytest.raises(NotSpoken):
        Spoken(tmp_path / "file", recording).prepare()
    with pytest.raises(NotSpoken) as error:
        Spoken(tmp_path / "gone", recording).put_together("en", REFERENCE)
    assert REFERENCE not in str(error.value)
