"""The folder of stored reports."""

import os
from pathlib import Path

import pytest

from analysis.emotion.report_folder import MAX_FILES, ReportFolder, ReportNotKept
from analysis.emotion.unlocking import MAX_BYTES, Served
from tests.analysis.emotion.proofs import FILES, LIMITS, SERVED, as_bytes, proof

GOOD = as_bytes(proof())


@pytest.fixture
def folder(tmp_path: Path) -> ReportFolder:
    """A folder with one report."""
    made = ReportFolder(tmp_path / "reports")
    made.put("fr", GOOD)
    return made


def why(folder: ReportFolder, name: str = "fr.json", served: Served = SERVED) -> str:
    """Why a file unlocks nothing; it must be the only thing in the folder."""
    found = folder.read(served)
    assert found.unlocked == {}
    [(place, reason)] = found.refused.items()
    assert place == str(folder.path / name) if name else str(folder.path)
    return reason


def test_what_is_kept_is_owners_alone_and_unlocks(folder: ReportFolder) -> None:
    """Law: folder 0700, file 0600, the bytes as they came; the language is unlocked, and told with its figures."""
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert (folder.path / "fr.json").stat().st_mode & 0o777 == 0o600
    assert (folder.path / "fr.json").read_bytes() == GOOD
    found = folder.read(SERVED)
    assert (found.languages, found.refused) == (frozenset({"fr"}), {})
    assert found.as_note()["fr"]["speakers"] == 10  # type: ignore[index]


def test_without_a_folder_nothing_is_unlocked(tmp_path: Path) -> None:
    """Law: the usual case is no fault."""
    found = ReportFolder(tmp_path / "none").read(SERVED)
    assert (found.unlocked, found.refused) == ({}, {})


def test_a_new_model_locks_again(folder: ReportFolder) -> None:
    """Law: with other files served the same report is refused by name."""
    assert "another model" in why(folder, served=Served(FILES | {"tone.onnx": "00" * 32}, LIMITS))


@pytest.mark.parametrize("mode", [0o602, 0o660, 0o644, 0o606])
def test_a_file_open_to_others_is_not_believed(folder: ReportFolder, mode: int) -> None:
    """Law: what somebody else may have written proves nothing."""
    (folder.path / "fr.json").chmod(mode)
    assert "mode 0600" in why(folder)


def test_a_folder_open_to_others_is_not_believed(folder: ReportFolder) -> None:
    """Law: whoever can write into it can exchange each file."""
    folder.path.chmod(0o777)
    assert "mode 0700" in why(folder, "")


def test_a_file_of_somebody_else_is_not_believed(folder: ReportFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: only the service's own user keeps reports."""
    mine, folders = os.geteuid(), folder.path.stat()
    asked = iter([mine, mine + 1])
    monkeypatch.setattr(os, "geteuid", lambda: next(asked))
    assert folders.st_uid == mine
    assert "the service's user's" in why(folder)


@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_only_plain_files_are_read(folder: ReportFolder, kind: str, tmp_path: Path) -> None:
    """Law: a link, a pipe or a folder is refused at once, and nothing waits for it."""
    place = folder.path / "fr.json"
    place.rename(tmp_path / "elsewhere.json")
    if kind == "link":
        place.symlink_to(tmp_path / "elsewhere.json")
    elif kind == "pipe":
        os.mkfifo(place, 0o600)
    else:
        place.mkdir(0o700)
    assert why(folder)


@pytest.mark.parametrize("content", [b"", b"{}", GOOD[:-40], b" " * (MAX_BYTES + 1)])
def test_a_broken_file_is_refused_and_the_others_count(folder: ReportFolder, content: bytes) -> None:
    """Law: fail closed on that language alone."""
    folder.put("es", content)
    found = folder.read(SERVED)
    assert found.languages == {"fr"}
    assert list(found.refused) == [str(folder.path / "es.json")]


@pytest.mark.parametrize("name", ["report.json", "fr.JSON", "fr.json~", "FR.json", "fr_CA.json"])
def test_the_name_says_the_language(folder: ReportFolder, name: str) -> None:
    """Law: nothing is guessed from a name that is none."""
    (folder.path / "fr.json").rename(folder.path / name)
    assert "named after no language" in why(folder, name)


def test_a_report_under_another_languages_name_unlocks_nothing(folder: ReportFolder) -> None:
    """Law: a French report renamed to Turkish shows nothing about Turkish."""
    (folder.path / "fr.json").rename(folder.path / "tr.json")
    assert "no clip in tr" in why(folder, "tr.json")


def test_a_folder_of_something_else_is_not_read_through(folder: ReportFolder) -> None:
    """Law: a wrong folder in the settings costs no start minutes."""
    for number in range(MAX_FILES):
        (folder.path / f"{number}.txt").touch()
    assert "no folder of reports" in why(folder, "")


def test_locking_takes_the_report_away(folder: ReportFolder) -> None:
    """Law: what was unlocked can be locked; twice is told."""
    assert folder.remove("fr") is True
    assert folder.remove("fr") is False
    assert folder.read(SERVED).languages == frozenset()


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    """Law: an unlocking that was not kept is no unlocking."""
    (tmp_path / "file").touch()
    with pytest.raises(ReportNotKept, match="cannot be written"):
        ReportFolder(tmp_path / "file").put("fr", GOOD)
    with pytest.raises(ReportNotKept, match="cannot be written"):
        ReportFolder(tmp_path / "file").remove("fr")
