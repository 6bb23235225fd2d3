"""The file of confirmations."""

import json
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.foreign.trust import NotTrusted, TrustedFolder
from analysis.emotion.foreign.trust_file import MAX_BYTES, TrustFile, as_bytes, parse
from consent.errors import InvalidValue

DAY = date(2026, 1, 5)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
NAMES = st.text("abc/._-é ", min_size=1, max_size=8).filter(
    lambda name: not name.startswith("/") and all(part not in ("", ".", "..") for part in name.split("/"))
)


def folder(tmp_path: Path, name: str = "model", sha256: str = "ab" * 32) -> TrustedFolder:
    """A confirmation."""
    return TrustedFolder(tmp_path / name, {"hyperparams.yaml": sha256}, DAY)


def test_what_was_put_is_found_and_can_be_removed(tmp_path: Path) -> None:
    """Law: a confirmation lasts until it is taken back, beside those of other folders."""
    file = TrustFile(tmp_path / "trust.json")
    assert file.read() == {}
    one, other = folder(tmp_path), folder(tmp_path, "other", "cd" * 32)
    file.put(one)
    file.put(other)
    assert file.find(tmp_path / "model") == one
    assert file.read() == {one.folder: one, other.folder: other}
    assert file.remove(one.folder)
    assert not file.remove(one.folder)
    assert file.read() == {other.folder: other}
    with pytest.raises(NotTrusted, match=r"nobody has confirmed .*model"):
        file.find(one.folder)


def test_a_new_confirmation_takes_the_old_ones_place(tmp_path: Path) -> None:
    """Law: of one folder one state is trusted, the last confirmed one."""
    file = TrustFile(tmp_path / "trust.json")
    file.put(folder(tmp_path))
    file.put(newer := folder(tmp_path, sha256="cd" * 32))
    assert file.read() == {newer.folder: newer}


def test_it_is_its_owners_alone(tmp_path: Path) -> None:
    """Law: it is written with mode 0600, and not believed with any wider one, nor through a link."""
    file = TrustFile(tmp_path / "trust.json")
    old_mask = os.umask(0)
    try:
        file.put(folder(tmp_path))
    finally:
        os.umask(old_mask)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["trust.json"]
    for mode in (0o640, 0o604, 0o660, 0o602):
        file.path.chmod(mode)
        with pytest.raises(NotTrusted, match=r"mode 0600"):
            file.read()
    file.path.chmod(0o600)
    (tmp_path / "link.json").symlink_to(file.path)
    with pytest.raises(NotTrusted, match=r"link\.json cannot be read"):
        TrustFile(tmp_path / "link.json").read()


def test_a_change_by_hand_is_seen(tmp_path: Path) -> None:
    """Law: a file list that does not give its own digest is damaged, and nothing in the file is believed."""
    file = TrustFile(tmp_path / "trust.json")
    file.put(folder(tmp_path))
    file.path.write_bytes(file.path.read_bytes().replace(b"ab" * 32, b"cd" * 32))
    with pytest.raises(NotTrusted, match=r"is damaged .*trust each folder again"):
        file.read()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Law: a folder that is missing is told, and leaves nothing behind."""
    with pytest.raises(NotTrusted, match=r"cannot be written"):
        TrustFile(tmp_path / "none" / "trust.json").put(folder(tmp_path))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """Law: no more is read than the largest file that this program would write."""
    (tmp_path / "trust.json").write_bytes(b" " * (MAX_BYTES + 1))
    (tmp_path / "trust.json").chmod(0o600)
    with pytest.raises(NotTrusted, match=f"more than {MAX_BYTES} bytes"):
        TrustFile(tmp_path / "trust.json").read()
    with pytest.raises(InvalidValue):
        parse(b"[" * 100_000)


@given(st.binary(max_size=300) | JSON.map(lambda told: json.dumps(told).encode()))
def test_any_bytes_are_no_confirmation(content: bytes) -> None:
    """Law: broken files and wrong types give a sentence, never a traceback and never a confirmation."""
    with pytest.raises(InvalidValue):
        parse(content)


@given(JSON)
def test_wrong_types_inside_are_no_confirmation(told: object) -> None:
    """Law: as above, for each field of a folder."""
    for one in (told, {"files": told}, {"files": {"a": told}, "trusted_on": "2026-01-05", "digest": ""}):
        with pytest.raises(InvalidValue):
            parse(json.dumps({"version": 1, "folders": {"/srv": one}}).encode())


@given(st.dictionaries(NAMES, st.text("0123456789abcdef", min_size=64, max_size=64), min_size=1, max_size=5))
def test_what_was_written_is_read(files: dict[str, str]) -> None:
    """Law: the file gives back what was put in, to the letter."""
    one = TrustedFolder(Path("/srv/modèle"), files, DAY)
    assert parse(as_bytes({one.folder: one})) == {one.folder: one}
