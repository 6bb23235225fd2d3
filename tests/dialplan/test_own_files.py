"""Laws of files that are all ours."""

from pathlib import Path

from dialplan import recordings
from dialplan.change import FileChange
from dialplan.manifest import Manifest, digest
from dialplan.own_files import PUBLIC, SHIPPED, nearest, prompt_changes, remembered, removals, secrets_change
from dialplan.passwords import SECRETS_HEADER


def made(path: Path, data: bytes) -> FileChange:
    return FileChange(path, None, data, PUBLIC, path.parent)


def test_a_new_file_takes_the_owner_of_the_deepest_folder_that_is_there(tmp_path: Path) -> None:
    """Law: folders that are still to be made have no owner."""
    assert nearest(tmp_path / "a" / "b" / "c.wav") == tmp_path
    assert secrets_change(tmp_path / "a" / "secrets.toml", b"x").owner_like == tmp_path


def test_every_prompt_of_every_language(tmp_path: Path) -> None:
    """Law: each once, where it was said to lie."""
    changes = list(prompt_changes(("en", "fr"), SHIPPED, lambda language, name: tmp_path / language / name))
    assert len({change.path for change in changes}) == 2 * len(recordings.NAMES)
    assert changes[0].after == recordings.recording("en", recordings.NAMES[0])


def test_what_earlier_installs_wrote_is_remembered_while_it_is_there(tmp_path: Path) -> None:
    """Law: a file that is no longer wanted is known until it is gone; folders that were made stay known."""
    old = tmp_path / "old.wav"
    old.write_bytes(b"old")
    earlier = Manifest({}, {str(old): "1", str(tmp_path / "gone.wav"): "2"}, (str(tmp_path / "x"),))
    new = tmp_path / "new" / "new.wav"
    kept = remembered(earlier, {"a": None}, [made(new, b"new")])
    assert kept.written == {str(old): "1", str(new): digest(b"new")}
    assert kept.folders == (str(tmp_path / "new"), str(tmp_path / "x"))
    assert kept.originals == {"a": None}


def test_only_what_is_ours_is_removed(tmp_path: Path) -> None:
    """Law: what is not ours stays and is told; a link is never followed; a secrets file is known by its head."""
    ours, edited, other, secrets, link = (tmp_path / name for name in ("ours", "edited", "other", "secrets", "link"))
    for file in (ours, edited, other):
        file.write_bytes(b"data")
    secrets.write_bytes(SECRETS_HEADER + b"\n")
    link.symlink_to(ours)
    files = (ours, edited, other, secrets, link, tmp_path / "gone")
    known = {str(file): digest(b"then" if file is edited else b"data") for file in files}
    known[str(secrets)] = digest(secrets.read_bytes())
    remarks: list[str] = []
    changes = removals(Manifest({}, known), lambda path, _: path != other, tmp_path, remarks)
    assert [change.path for change in changes] == [ours, edited, secrets]
    assert len(remarks) == 3
