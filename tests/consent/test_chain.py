"""The chain, as pure functions."""

from __future__ import annotations

import dataclasses
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent.chain import (
    GENESIS,
    PERSON,
    PUBLIC,
    Checkpoint,
    Row,
    canonical,
    check_signature,
    checked,
    public_commitment,
    row_hash,
    sign,
)
from consent.errors import InvalidValue, LedgerBroken

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AT = "2026-03-01T12:00:00.000Z"


def chain(count: int, start: int = 1, previous: str = GENESIS) -> list[Row]:
    """Rows of both kinds."""
    rows = []
    for seq in range(start, start + count):
        body = canonical({"what": "test", "n": seq}) if seq % 3 == 0 else ""
        commitment = public_commitment(body) if body else f"{seq:064x}"
        kind = PUBLIC if body else PERSON
        row = Row(seq, kind, body, commitment, previous, row_hash(seq, kind, commitment, previous))
        rows.append(row)
        previous = row.hash
    return rows


ROWS = chain(9)


def test_a_whole_chain_holds() -> None:
    """Law: what was not touched is proven, row by row, and an empty chain is whole."""
    assert list(checked(ROWS)) == ROWS
    assert list(checked([])) == []


@given(st.integers(0, 8), st.sampled_from(Row._fields), st.sampled_from(["", "person", "x", 7, None, b"public", 2.5]))
def test_any_other_value_anywhere_is_named(place: int, name: str, value: object) -> None:
    """Law: no field of any row can be another; the row's number is in the sentence."""
    changed = ROWS[place]._replace(**{name: value})  # type: ignore[arg-type]
    if changed == ROWS[place]:
        return
    with pytest.raises(LedgerBroken, match=f"record {place + 1} "):
        list(checked([*ROWS[:place], changed, *ROWS[place + 1 :]]))


@given(st.integers(0, 8), st.integers(0, 8))
def test_rows_that_were_swapped_moved_or_removed_are_named(one: int, other: int) -> None:
    """Law: order is part of the proof."""
    rows = list(ROWS)
    moved = rows.pop(one)
    if one < 8:
        with pytest.raises(LedgerBroken, match=f"record {one + 1} is missing"):
            list(checked(rows))
    rows.insert(other, moved)
    if one != other:
        with pytest.raises(LedgerBroken, match=f"record {min(one, other) + 1} is missing"):
            list(checked(rows))


def test_a_suffix_written_anew_hangs_on_nothing() -> None:
    """Law: rows of another chain do not follow those of this one."""
    with pytest.raises(LedgerBroken, match="record 5 does not follow"):
        list(checked([*ROWS[:4], *chain(5, 5, "f" * 64)]))


def test_a_signature_is_of_one_head_alone() -> None:
    """Law: a checkpoint whose place, hash, moment, key or signature was changed is false."""
    made = sign(9, ROWS[-1].hash, AT, KEY)
    check_signature(made)
    stranger = sign(9, ROWS[-1].hash, AT, Ed25519PrivateKey.generate())
    for change in (
        {"seq": 8},
        {"hash": ROWS[0].hash},
        {"at": AT.replace("2026", "2025")},
        {"key": stranger.key},
        {"signature": stranger.signature},
    ):
        with pytest.raises(LedgerBroken, match="signature is false"):
            check_signature(dataclasses.replace(made, **change))


def test_an_exported_checkpoint_comes_back() -> None:
    """Law: the works council's copy is the checkpoint, to the letter, and names what it holds."""
    made = sign(9, ROWS[-1].hash, AT, KEY)
    assert Checkpoint.from_json(made.to_json()) == made
    assert set(json.loads(made.to_json())) == {"seq", "hash", "at", "key", "signature"}


@pytest.mark.parametrize(
    "change", [{"seq": -1}, {"seq": "x"}, {"hash": "00"}, {"key": "A" * 64}, {"signature": ""}, {"signature": None}]
)
def test_what_is_no_checkpoint_is_refused(change: dict[str, object]) -> None:
    """Law: a broken file is told as such, whatever is wrong in it."""
    fields = json.loads(sign(9, ROWS[-1].hash, AT, KEY).to_json()) | change
    with pytest.raises(InvalidValue):
        Checkpoint.from_json(json.dumps(fields))


@given(st.one_of(st.text(), st.sampled_from(["[]", "null", "{}", "1", '{"seq": 1}'])))
def test_any_other_text_is_no_checkpoint(text: str) -> None:
    """Law: no text is taken for a checkpoint by accident, and none raises anything else."""
    with pytest.raises(InvalidValue):
        Checkpoint.from_json(text)


def test_one_body_has_one_form() -> None:
    """Law: the same fields in another order are the same record."""
    assert canonical({"b": 1, "a": "é"}) == canonical({"a": "é", "b": 1}) == '{"a":"é","b":1}'
