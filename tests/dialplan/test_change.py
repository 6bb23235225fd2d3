"""Laws of a plan and its application."""

from pathlib import Path

import pytest

from dialplan import change
from dialplan.change import Conflict, FileChange, InstallRefused, Plan, apply


def one(path: Path, before: bytes | None, after: bytes | None, mode: int = 0o600) -> FileChange:
    return FileChange(path, before, after, mode, path.parent if path.parent.is_dir() else path.parents[1])


def test_files_are_made_changed_and_removed(tmp_path: Path) -> None:
    """Law: after an application every file is as planned, a new one with the mode planned, an old one with its own."""
    old, gone, new = tmp_path / "old", tmp_path / "gone", tmp_path / "sub" / "new"
    old.write_bytes(b"1")
    old.chmod(0o640)
    gone.write_bytes(b"2")
    apply(Plan((one(old, b"1", b"one", 0o7777), one(gone, b"2", None), one(new, None, b"3"))))
    assert (old.read_bytes(), old.stat().st_mode & 0o777) == (b"one", 0o640)
    assert not gone.exists()
    assert (new.read_bytes(), new.stat().st_mode & 0o777) == (b"3", 0o600)


def test_a_secret_file_open_to_others_is_closed(tmp_path: Path) -> None:
    """Law: a file for passwords never keeps a wider mode than planned."""
    file = tmp_path / "secrets"
    file.write_bytes(b"1")
    file.chmod(0o644)
    apply(Plan((one(file, b"1", b"2", 0o600),)))
    assert file.stat().st_mode & 0o777 == 0o600


def test_conflicts_change_nothing(tmp_path: Path) -> None:
    """Law: with a conflict nothing at all is written."""
    file = tmp_path / "file"
    with pytest.raises(InstallRefused, match="rename it") as caught:
        apply(Plan((one(file, None, b"x"),), (Conflict("x", "rename it"),)))
    assert caught.value.reasons == ("rename it",)
    assert not file.exists()


def test_a_file_that_changed_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """Law: between plan and application an admin may save; that wins."""
    file, other = tmp_path / "file", tmp_path / "other"
    file.write_bytes(b"saved just now")
    with pytest.raises(InstallRefused, match="plan again"):
        apply(Plan((one(other, None, b"x"), one(file, b"old", b"new"))))
    assert file.read_bytes() == b"saved just now"
    assert not other.exists()


def test_a_failure_puts_everything_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a disk that fills up in the middle leaves the old files."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"1")
    second.write_bytes(b"2")
    real = change.os.replace

    def full(source: str, target: Path) -> None:
        if target == second:
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(change.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        apply(Plan((one(first, b"1", b"one"), one(second, b"2", b"two"))))
    assert (first.read_bytes(), second.read_bytes()) == (b"1", b"2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """Law: where an admin links a file into a repository, the repository's file is changed."""
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"1")
    link.symlink_to(real)
    apply(Plan((one(link, b"1", b"2"),)))
    assert link.is_symlink()
    assert real.read_bytes() == b"2"


def test_the_diff_shows_text_and_hides_passwords(tmp_path: Path) -> None:
    """Law: no password, ours or the admin's, is printed; a recording is named, not printed."""
    file, sound = tmp_path / "manager.conf", tmp_path / "a.wav"
    plan = Plan(
        (
            one(file, b"[him]\nsecret = his\nread = all\n", b"[him]\nsecret = his\nread = call\npassword=ours\n"),
            one(sound, None, b"RIFF\0\0"),
            one(tmp_path / "t.toml", None, b'ami_password = "ours"\n'),
        )
    )
    text = plan.diff()
    assert "-read = all\n+read = call\n" in text
    assert "his" not in text
    assert "ours" not in text
    assert f"write {sound} (6 bytes)" in text
    assert not plan.is_empty
    assert Plan(()).is_empty


def test_emptied_folders_go_and_others_stay(tmp_path: Path) -> None:
    """Law: a folder of ours is removed only where nothing of anybody else's is in it."""
    ours, shared = tmp_path / "ours", tmp_path / "shared"
    ours.mkdir()
    shared.mkdir()
    (shared / "theirs").write_text("x")
    apply(Plan((), emptied=(ours, shared)))
    assert not ours.exists()
    assert shared.exists()


def test_a_link_planted_by_another_user_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: root, installing into a folder of Asterisk's user, overwrites nobody's file for that user."""
    victim, link = tmp_path / "victim", tmp_path / "ari.conf"
    victim.write_bytes(b"mine")
    link.symlink_to(victim)
    real = Path.lstat
    planter = victim.stat().st_uid + 1

    def lstat(path: Path) -> object:
        known = real(path)
        return change.os.stat_result((*known[:4], planter, *known[5:])) if path == link else known

    monkeypatch.setattr(Path, "lstat", lstat)
    with pytest.raises(InstallRefused, match="link of another user"):
        apply(Plan((one(link, b"mine", b"theirs"),)))
    assert victim.read_bytes() == b"mine"


def test_a_link_of_our_own_stays_a_link(tmp_path: Path) -> None:
    """Law: an admin who keeps a file elsewhere keeps the link, and the file gets the change."""
    kept, link = tmp_path / "kept", tmp_path / "ari.conf"
    kept.write_bytes(b"old")
    link.symlink_to(kept)
    apply(Plan((one(link, b"old", b"new"),)))
    assert link.is_symlink()
    assert kept.read_bytes() == b"new"


def test_secrets_in_xml_and_scripts_are_hidden_too(tmp_path: Path) -> None:
    """Law: the value of a password's attribute in any file, and each long quoted word of a file closed to others."""
    key = "k" * 32
    shown = Plan((
        one(tmp_path / "a.xml", None, f'<param name="esl-password" value="{key}"/>\n'.encode(), 0o644),
        one(tmp_path / "b.xml", None, b'<param name="allow-empty-password" value="false"/>\n', 0o644),
        one(tmp_path / "c.lua", None, f'local key = "{key}"\n'.encode(), 0o640),
        one(tmp_path / "d.json", None, f'"{"f" * 32}"\n'.encode(), 0o644),
    )).diff()  # fmt: skip
    assert key not in shown
    assert shown.count("***") == 2
    assert 'value="false"' in shown
    assert "f" * 32 in shown
