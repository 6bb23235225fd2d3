"""Laws of the list of phones whose agents hide the cues."""

from __future__ import annotations

from pathlib import Path

import pytest

from ari_bridge.calls.hidden_cues import KEY_BYTES, NAME, TAG_BYTES, HiddenCues


def test_a_choice_outlives_a_restart(tmp_path: Path) -> None:
    """Law: for good is for good: until it is taken back, also by another bridge on the same folder."""
    HiddenCues(tmp_path / NAME).hide("1001")
    again = HiddenCues(tmp_path / NAME)
    assert "1001" in again
    assert "1002" not in again
    again.show("1001")
    assert "1001" not in HiddenCues(tmp_path / NAME)


def test_the_file_names_nobody(tmp_path: Path) -> None:
    """Law: it holds a key and hashes under it, in no order of time; it is its owner's alone, and undated."""
    path = tmp_path / NAME
    hidden, turned = HiddenCues(path), HiddenCues(tmp_path / "turned")
    for endpoint in ("1001", "Camille.Martin", "1002"):
        hidden.hide(endpoint)
    written = path.read_bytes()
    assert b"1001" not in written
    assert b"Martin" not in written
    tags = [written[at : at + TAG_BYTES] for at in range(KEY_BYTES, len(written), TAG_BYTES)]
    assert tags == sorted(tags)
    assert len(tags) == 3
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_mtime == 0
    turned.hide("1001")
    assert not set(tags) & {(tmp_path / "turned").read_bytes()[KEY_BYTES:]}


def test_to_hide_twice_is_to_hide(tmp_path: Path) -> None:
    """Law: the file says whether, and never how often."""
    hidden = HiddenCues(tmp_path / NAME)
    hidden.hide("1001")
    before = (tmp_path / NAME).read_bytes()
    hidden.hide("1001")
    assert (tmp_path / NAME).read_bytes() == before


def test_nobody_has_hidden_anything_before_the_first(tmp_path: Path) -> None:
    """Law: no file is made by looking."""
    assert "1001" not in HiddenCues(tmp_path / NAME)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("written", [b"", b"short", bytes(KEY_BYTES + 1), bytes(KEY_BYTES + TAG_BYTES * 10_001)])
def test_a_broken_file_is_not_taken_for_an_empty_one(written: bytes, tmp_path: Path) -> None:
    """Law: cues that somebody hid do not come back by a fault: every phone's stay hidden, the file stays as it is for a
    person to see, and the service starts.
    """
    (tmp_path / NAME).write_bytes(written)
    hidden = HiddenCues(tmp_path / NAME)
    assert "no list of hidden cues" in hidden.trouble
    assert "1001" in hidden
    for change in (hidden.hide, hidden.show):
        with pytest.raises(OSError, match="no list"):
            change("1001")
    assert (tmp_path / NAME).read_bytes() == written


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Law: the same where the file is there and not to be had."""
    (tmp_path / NAME).mkdir()
    hidden = HiddenCues(tmp_path / NAME)
    assert "cannot be read" in hidden.trouble
    assert "1001" in hidden


def test_what_cannot_be_kept_does_not_hold(tmp_path: Path) -> None:
    """Law: a choice that would be gone with a restart is not made."""
    hidden = HiddenCues(tmp_path / "missing" / NAME)
    with pytest.raises(OSError, match="missing"):
        hidden.hide("1001")
    assert "1001" not in hidden
