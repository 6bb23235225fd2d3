"""The keys of a site."""

from __future__ import annotations

import json
import os
import stat
from hashlib import sha1
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import InvalidValue, KeysMissing
from consent.keys import CHECKPOINT, FILES, LOOKUP, NUMBERS, SIGNING, NumberKey, make_keys, read_keys, rotate_numbers

DIGITS = st.text("0123456789", min_size=1, max_size=15)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with fresh keys."""
    made = tmp_path / "keys"
    make_keys(made)
    return made


def test_keys_are_private(folder: Path) -> None:
    """Law: a curious colleague reads no key: the folder is its owner's alone, each file too."""
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {name: stat.S_IMODE((folder / name).stat().st_mode) for name in FILES} == dict.fromkeys(FILES, 0o600)


def test_a_key_that_is_there_is_never_made_anew(folder: Path) -> None:
    """Law: a second start makes nothing; a key that is missing is told by name."""
    before = {name: (folder / name).read_bytes() for name in FILES}
    assert make_keys(folder) == ()
    (folder / SIGNING).unlink()
    assert make_keys(folder) == (SIGNING,)
    assert all((folder / name).read_bytes() == before[name] for name in FILES if name != SIGNING)


@pytest.mark.parametrize("name", FILES)
def test_a_lost_key_is_said(folder: Path, name: str) -> None:
    """Law: without any one of the keys nothing starts, and the sentence names the file and what to do."""
    (folder / name).unlink()
    with pytest.raises(KeysMissing, match=f"{name}.*put it back"):
        read_keys(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o777])
def test_a_key_that_others_may_read_is_refused(folder: Path, name: str, mode: int) -> None:
    """Law: a key that is open to others is no key, until somebody closes it."""
    (folder / name).chmod(mode)
    with pytest.raises(KeysMissing, match="chmod 600"):
        read_keys(folder)


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_a_folder_that_is_open_to_others_is_refused(folder: Path, mode: int) -> None:
    """Law: who may write into the folder could put another key there."""
    folder.chmod(mode)
    with pytest.raises(KeysMissing, match="chmod 700"):
        read_keys(folder)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("text", ["", "[]", "{}", "00", "[[1, 2]]", '[["a"]]', "null", "[[]]", "é"])
def test_a_broken_key_is_said(folder: Path, name: str, text: str) -> None:
    """Law: a half-written key starts nothing, and is not written over."""
    (folder / name).write_text(text)
    with pytest.raises(KeysMissing):
        read_keys(folder)
    assert make_keys(folder) == ()


def test_no_secret_is_in_a_repr(folder: Path) -> None:
    """Law: a log line that names the keys tells nothing."""
    keys, lookup = read_keys(folder), (folder / LOOKUP).read_text().strip()
    shown = f"{keys!r} {keys.numbers[0]!r} {keys}"
    secrets = [lookup, (folder / SIGNING).read_text().strip(), keys.numbers[0].inner, keys.numbers[0].outer]
    assert not any(secret in shown for secret in secrets)
    assert repr(bytes.fromhex(lookup)) not in shown


def test_rotation_keeps_the_old_key_for_what_it_hashed(folder: Path) -> None:
    """Law: after a rotation what the key before hashed is still found; after two of them the first key is gone."""
    first = read_keys(folder)
    tag = first.numbers[0].tag("12", "+33123456789")
    rotate_numbers(folder)
    second = read_keys(folder)
    assert second.numbers[1] == first.numbers[0]
    assert second.numbers[0] != first.numbers[0]
    assert second.matches(tag, "+33123456789")
    assert stat.S_IMODE((folder / NUMBERS).stat().st_mode) == 0o600
    rotate_numbers(folder)
    third = read_keys(folder)
    assert len(third.numbers) == 2
    assert not third.matches(tag, "+33123456789")
    assert (third.lookup, third.mac("call", "1.1")) == (first.lookup, first.mac("call", "1.1"))


def test_a_rotation_that_was_cut_off_can_be_done_again(folder: Path) -> None:
    """Law: what a crash left of a rotation is in nobody's way, and until it is done the old key holds."""
    before = read_keys(folder)
    (folder / f"{NUMBERS}.new").write_text("half")
    assert read_keys(folder).numbers == before.numbers
    rotate_numbers(folder)
    assert read_keys(folder).numbers[1] == before.numbers[0]


@given(DIGITS, DIGITS, DIGITS)
def test_a_tag_is_its_numbers_alone(nonce: str, number: str, other: str) -> None:
    """Law: another number, another tag; another call, another tag; without the key nobody makes one."""
    key, stranger = NumberKey.fresh(), NumberKey.fresh()
    tag = key.tag(nonce, number)
    assert (key.tag(nonce, other) == tag) == (other == number)
    assert key.tag(nonce + "1", number) != tag
    assert stranger.tag(nonce, number) != tag
    assert number not in tag.partition("-")[2] or len(number) < 6
    assert key.quiet(number) != tag.partition("-")[2]


def test_a_tag_is_what_the_dialplan_computes() -> None:
    """Law: nested, as NMAC says: SHA1(outer key, SHA1(inner key, nonce, number)), all in hexadecimal digits."""
    key = NumberKey("a" * 64, "b" * 64)
    inner = sha1(("a" * 64 + "55" + "100").encode(), usedforsecurity=False).hexdigest()
    outer = sha1(("b" * 64 + inner).encode(), usedforsecurity=False).hexdigest()
    assert key.tag("55", "100") == f"55-{outer}"


@pytest.mark.parametrize("tag", ["", "-", "12", "12-", "é-é", "12-" + "0" * 40])
def test_no_other_text_matches(folder: Path, tag: str) -> None:
    """Law: a call without a number matches nobody, and neither does any text that is no tag."""
    assert not read_keys(folder).matches(tag, "100")


@pytest.mark.parametrize(("inner", "outer"), [("", "a" * 64), ("a" * 63, "a" * 64), ("A" * 64, "a" * 64)])
def test_a_key_for_numbers_is_one_block(inner: str, outer: str) -> None:
    """Law: a key of another form would be no key of NMAC, or none that the dialplan can write."""
    with pytest.raises(InvalidValue):
        NumberKey(inner, outer)


def test_macs_of_different_things_differ(folder: Path) -> None:
    """Law: what stands for a call stands for nothing else."""
    keys = read_keys(folder)
    assert len({keys.mac("call", "1"), keys.mac("reference", "1"), keys.mac("call", "2")}) == 3


def test_the_newest_checkpoint_is_kept_with_the_keys(folder: Path) -> None:
    """Law: one after the other, each whole, readable for nobody else; what a crash left is in nobody's way."""
    keys = read_keys(folder)
    assert keys.kept_checkpoint() == ""
    (folder / f"{CHECKPOINT}.new").write_text("half")
    for text in ("one", "two"):
        keys.keep_checkpoint(json.dumps(text))
        assert json.loads(keys.kept_checkpoint()) == text
    assert stat.S_IMODE((folder / CHECKPOINT).stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """Law: no place for keys, no start."""
    (tmp_path / "file").write_text("")
    for attempt in (make_keys, read_keys, rotate_numbers):
        with pytest.raises(KeysMissing):
            attempt(tmp_path / "file" / "keys")
    assert os.listdir(tmp_path) == ["file"]
