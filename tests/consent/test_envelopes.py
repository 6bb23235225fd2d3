"""Laws of envelopes: one size, opened by one code, and by nothing else that lies anywhere."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.envelopes import CONTENT_BYTES, ENVELOPE_BYTES, as_key, close, open_envelope, public_key
from consent.errors import InvalidValue, SealBroken

CODE = "0123456789ABCDEFGHJK"
KEY = public_key(CODE)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=CONTENT_BYTES - 2))
def test_what_is_put_in_comes_out(content: bytes) -> None:
    """Law: any content that fits comes back, and no size tells how much it was."""
    sealed = close(KEY, content)
    assert len(sealed) == ENVELOPE_BYTES
    assert open_envelope(CODE, sealed) == content


def test_two_envelopes_of_one_content_have_nothing_in_common() -> None:
    """Law: nobody can tell by looking that two people said the same."""
    assert len({close(KEY, b"same")[place : place + 4] for place in (0, 40, 3000) for _ in range(20)}) == 60


def test_only_the_code_opens() -> None:
    """Law: another code, a changed byte, a torn envelope, or a key of zeros opens nothing."""
    sealed = close(KEY, b"told")
    for code, body in (
        ("0123456789ABCDEFGHJM", sealed),
        (CODE, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (CODE, bytes(32) + sealed[32:]),
        (CODE, sealed[:20]),
        (CODE, b""),
    ):
        with pytest.raises(SealBroken):
            open_envelope(code, body)


def test_what_does_not_fit_is_refused() -> None:
    """Law: nothing is cut in silence."""
    with pytest.raises(InvalidValue):
        close(KEY, bytes(CONTENT_BYTES - 1))


@pytest.mark.parametrize("text", ["", "zz" * 32, "00" * 32, "ab" * 31])
def test_a_key_is_a_key(text: str) -> None:
    """Law: a key to which anybody could open everything, or that is none, is refused; a true one is taken."""
    assert as_key(KEY.upper()) == KEY
    with pytest.raises(InvalidValue):
        as_key(text)
