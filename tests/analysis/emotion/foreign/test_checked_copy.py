"""What is used is what was checked."""

import os
from pathlib import Path

import pytest

from analysis.emotion.foreign import checked_copy
from analysis.emotion.foreign.checked_copy import copy_checked
from analysis.emotion.foreign.trust import NotTrusted, TrustedFolder
from tests.analysis.emotion.foreign.tiny_speechbrain import confirmed
from tests.analysis.emotion.model_copies import flip_bit


@pytest.fixture
def trusted(tmp_path: Path) -> TrustedFolder:
    """A confirmed folder with two files."""
    folder = tmp_path / "model"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.yaml").write_text("a: 1\n")
    (folder / "sub" / "b.ckpt").write_bytes(bytes(3_000_000))
    return confirmed(folder)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """Where the copy goes."""
    made = tmp_path / "copy"
    made.mkdir()
    return made


def test_the_copy_is_whole(trusted: TrustedFolder, target: Path) -> None:
    """Law: an unchanged folder is copied as it is."""
    copy_checked(trusted, target)
    assert confirmed(target).files == trusted.files


@pytest.mark.parametrize("name", ["a.yaml", "sub/b.ckpt"])
def test_one_flipped_bit_is_refused_by_name(trusted: TrustedFolder, target: Path, name: str) -> None:
    """Law: a file that is not the confirmed one to the last bit is refused, and named."""
    flip_bit(trusted.folder / name)
    with pytest.raises(NotTrusted, match=f"{name} is not the file that was trusted"):
        copy_checked(trusted, target)


def test_what_was_added_or_lost_is_refused_by_name(trusted: TrustedFolder, target: Path) -> None:
    """Law: one file more or less is another model; nothing of it is copied."""
    (trusted.folder / "custom.py").touch()
    with pytest.raises(NotTrusted, match=r"custom\.py was added"):
        copy_checked(trusted, target)
    (trusted.folder / "custom.py").unlink()
    (trusted.folder / "a.yaml").unlink()
    with pytest.raises(NotTrusted, match=r"a\.yaml is missing"):
        copy_checked(trusted, target)
    assert not list(target.iterdir())


def test_a_link_in_a_files_place_is_refused(trusted: TrustedFolder, target: Path, tmp_path: Path) -> None:
    """Law: the very same content behind a link is not taken either."""
    os.rename(trusted.folder / "a.yaml", tmp_path / "a.yaml")
    (trusted.folder / "a.yaml").symlink_to(tmp_path / "a.yaml")
    with pytest.raises(NotTrusted, match=r"a\.yaml"):
        copy_checked(trusted, target)


def test_a_file_exchanged_while_it_is_looked_at_never_gets_through(
    trusted: TrustedFolder, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: the hash is that of the bytes that were copied, not of what lay there a moment before."""

    def exchanged(folder: Path) -> list[str]:
        names = list(trusted.files)
        (folder / "a.yaml").write_text("a: 2\n")
        return names

    monkeypatch.setattr(checked_copy, "names_in", exchanged)
    with pytest.raises(NotTrusted, match=r"a\.yaml is not the file"):
        copy_checked(trusted, target)


def test_a_lost_folder_is_told(trusted: TrustedFolder, target: Path) -> None:
    """Law: a folder that cannot be read is refused with a sentence."""
    lost = TrustedFolder(trusted.folder.parent / "lost", trusted.files, trusted.trusted_on)
    with pytest.raises(NotTrusted, match=r"lost cannot be read"):
        copy_checked(lost, target)
