"""A folder is looked at before it is trusted."""

import hashlib
import os
from pathlib import Path

import pytest

from analysis.emotion.foreign import survey as survey_module
from analysis.emotion.foreign.survey import names_in, survey
from analysis.emotion.foreign.trust import MAX_FILES, NotTrusted
from tests.analysis.emotion.foreign.test_pickles import saved
from tests.analysis.emotion.foreign.tiny_speechbrain import MakesAFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An owner-only folder with two files, one of them below."""
    made = tmp_path / "model"
    (made / "sub").mkdir(parents=True, mode=0o700)
    made.chmod(0o700)
    (made / "a.yaml").write_text("a: 1\n")
    (made / "sub" / "b.txt").write_text("b")
    return made


def test_every_file_is_listed(folder: Path) -> None:
    """Law: the admin sees each file with its size and sha256, also in folders below."""
    found = survey(folder)
    assert found.folder == folder.resolve()
    assert {name: file.size_bytes for name, file in found.files.items()} == {"a.yaml": 5, "sub/b.txt": 1}
    assert found.files["sub/b.txt"].sha256 == hashlib.sha256(b"b").hexdigest()


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o701, 0o770])
def test_a_folder_open_to_others_is_refused(folder: Path, mode: int) -> None:
    """Law: a model's folder is its owner's alone."""
    folder.chmod(mode)
    with pytest.raises(NotTrusted, match=r"chmod 700"):
        survey(folder)


@pytest.mark.parametrize("inner", ["a.yaml", "sub", "sub/b.txt"])
@pytest.mark.parametrize("mode", [0o020, 0o002])
def test_what_others_may_write_is_refused_by_name(folder: Path, inner: str, mode: int) -> None:
    """Law: not a file, not a folder below may be changed by others."""
    path = folder / inner
    path.chmod(path.stat().st_mode | mode)
    with pytest.raises(NotTrusted, match=f"{inner} has mode"):
        survey(folder)


def test_a_folder_above_that_others_may_change_is_refused(folder: Path) -> None:
    """Law: who may exchange the folder itself may exchange every file in it; a sticky folder forbids that."""
    folder.parent.chmod(0o777)
    with pytest.raises(NotTrusted, match=r"above it, can be changed by others"):
        survey(folder)
    folder.parent.chmod(0o1777)
    assert survey(folder).files


def test_another_users_folder_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: only the service's user, who runs what is in the folder, may own it."""
    monkeypatch.setattr(survey_module.os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(NotTrusted, match=r"belongs to another user"):
        survey(folder)


def test_links_are_refused(folder: Path, tmp_path: Path) -> None:
    """Law: nothing in the folder leads out of it, and all in it are plain files and folders."""
    (tmp_path / "outside").mkdir()
    for make in (
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to(tmp_path / "outside", target_is_directory=True),
        os.mkfifo,
    ):
        make(folder / "odd")
        with pytest.raises(NotTrusted, match=r"odd is a link or no plain file"):
            survey(folder)
        (folder / "odd").unlink()


def test_a_program_is_refused_by_name(folder: Path, tmp_path: Path) -> None:
    """Law: a folder with a pickle that runs something is not even asked about."""
    (folder / "model.ckpt").write_bytes(saved(MakesAFile(tmp_path / "made")))
    with pytest.raises(NotTrusted, match=r"model\.ckpt would run"):
        survey(folder)
    assert not (tmp_path / "made").exists()


def test_no_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    """Law: a missing, an empty and an endless folder, and a file, are told apart from a model."""
    (tmp_path / "empty").mkdir(mode=0o700)
    for path, said in ((tmp_path / "none", "cannot be read"), (tmp_path / "empty", "holds no file")):
        with pytest.raises(NotTrusted, match=said):
            survey(path)
    with pytest.raises(NotTrusted, match=r"is no folder"):
        survey(folder / "a.yaml")
    for at in range(MAX_FILES):
        (folder / f"{at}").touch()
    with pytest.raises(NotTrusted, match=f"more than {MAX_FILES} files"):
        list(names_in(folder))
