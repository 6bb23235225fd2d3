"""Seals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import SealBroken
from consent.seals import (
    ANSWER_BYTES,
    ID_BYTES,
    PIECE_BYTES,
    SECRET_BYTES,
    answer_label,
    close,
    close_derived,
    commitment,
    new_secret,
    open_derived,
    open_seal,
    piece_label,
    seal_id,
    sealed_bytes,
)

ROOM = ANSWER_BYTES - 4
LABEL = answer_label(0)


@given(st.binary(max_size=ROOM), st.integers(0, 9))
def test_what_is_sealed_opens_as_it_was(content: bytes, number: int) -> None:
    """Law: with its secret and its label a seal opens to the byte; every seal of a kind has one length."""
    secret = new_secret()
    ident, body = close(secret, answer_label(number), content, ANSWER_BYTES)
    assert open_seal(secret, answer_label(number), body) == content
    assert (len(ident), len(body)) == (ID_BYTES, sealed_bytes(ANSWER_BYTES))
    assert ident == seal_id(secret, answer_label(number))


@given(st.binary(min_size=12, max_size=ROOM))
def test_a_seal_is_noise(content: bytes) -> None:
    """Law: nothing of what was sealed is in the blob, and the same content twice is not the same blob."""
    secret = new_secret()
    one, other = (close(secret, LABEL, content, ANSWER_BYTES).body for _ in range(2))
    assert one != other
    assert content not in one
    assert secret not in one


@given(st.integers(0, sealed_bytes(ANSWER_BYTES) - 1), st.integers(1, 255))
def test_any_changed_byte_breaks_it(place: int, flip: int) -> None:
    """Law: what was sealed cannot be changed, not by one bit anywhere."""
    secret = new_secret()
    body = bytearray(close(secret, LABEL, b"granted", ANSWER_BYTES).body)
    body[place] ^= flip
    with pytest.raises(SealBroken):
        open_seal(secret, LABEL, bytes(body))


def test_another_secret_or_label_opens_nothing() -> None:
    """Law: a seal belongs to its record and to its place in it: put elsewhere it is broken."""
    secret = new_secret()
    body = close(secret, LABEL, b"granted", ANSWER_BYTES).body
    for key, label in ((new_secret(), LABEL), (secret, answer_label(1)), (secret, piece_label(0))):
        with pytest.raises(SealBroken):
            open_seal(key, label, body)


@pytest.mark.parametrize("length", [0, 1, 11, 12, 27, 28, 500])
def test_a_cut_seal_is_broken_whatever_its_length(length: int) -> None:
    """Law: a blob that was cut off is said to be broken, and is no other error."""
    secret = new_secret()
    with pytest.raises(SealBroken):
        open_seal(secret, LABEL, close(secret, LABEL, b"granted", ANSWER_BYTES).body[:length])


def test_what_does_not_fit_is_not_cut() -> None:
    """Law: nothing is sealed in part."""
    with pytest.raises(ValueError, match="do not fit"):
        close(new_secret(), LABEL, bytes(ROOM + 1), ANSWER_BYTES)


@given(st.binary(max_size=20_000))
def test_pieces_are_of_one_length_and_give_back_what_was_derived(content: bytes) -> None:
    """Law: no length tells how long a call was, and what was derived comes back to the byte."""
    secret = new_secret()
    pieces = list(close_derived(secret, content))
    assert {len(piece.body) for piece in pieces} == {sealed_bytes(PIECE_BYTES)}
    assert len({piece.seal_id for piece in pieces}) == len(pieces)
    assert open_derived(secret, [piece.body for piece in pieces]) == content


def test_a_missing_or_misplaced_piece_is_seen() -> None:
    """Law: what was derived is whole or broken, never shorter."""
    secret = new_secret()
    content = b"".join(new_secret() for _ in range(320))  # what does not compress
    bodies = [piece.body for piece in close_derived(secret, content)]
    assert len(bodies) > 2
    for broken in (bodies[:-1], bodies[1:], [bodies[1], bodies[0], *bodies[2:]], [*bodies[:-1], bodies[0]]):
        with pytest.raises(SealBroken):
            open_derived(secret, broken)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_commitment_binds_and_hides(one: bytes, other: bytes) -> None:
    """Law: it is that of one content alone, and without the secret nobody can try contents out."""
    secret, stranger = new_secret(), new_secret()
    assert (commitment(secret, 0, one) == commitment(secret, 0, other)) == (one == other)
    assert commitment(secret, 0, one) != commitment(secret, 1, one)
    assert commitment(secret, 0, one) != commitment(stranger, 0, one)
    assert len(commitment(secret, 0, one)) == 64


def test_secrets_and_ids_differ() -> None:
    """Law: no two records share a secret, and no id tells its label or its record."""
    found = {new_secret() for _ in range(100)}
    assert len(found) == 100
    assert {len(one) for one in found} == {SECRET_BYTES}
    assert len({seal_id(one, answer_label(n)) for one in found for n in range(6)}) == 600
