"""Laws of the managed block."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan.block import BrokenBlock, block_lines, has_block, with_block, without_block

FOREIGN = st.binary(max_size=200).filter(lambda data: not has_block(data))
BODIES = st.text(alphabet="abc=;[]\n", max_size=60)


@given(FOREIGN, BODIES)
def test_taken_out_it_leaves_no_trace(data: bytes, body: str) -> None:
    """Law: whatever bytes a file holds, with or without a last line end, they come back exactly."""
    assert without_block(with_block(data, body)) == data


@given(FOREIGN, BODIES, BODIES)
def test_a_second_one_takes_the_place_of_the_first(data: bytes, first: str, second: str) -> None:
    """Law: installing again changes what it must and adds nothing."""
    assert with_block(with_block(data, first), second) == with_block(data, second)


@given(FOREIGN, BODIES, st.binary(min_size=1, max_size=50).filter(lambda data: not has_block(data)))
def test_what_was_written_behind_it_stays(data: bytes, body: str, added: bytes) -> None:
    """Law: an admin's later lines are never lost."""
    assert without_block(with_block(data, body) + added).endswith(added)


@pytest.mark.parametrize("torn", [b"; >>> ouidire: x\na\n", b"a\n; <<< ouidire\n", b"; <<< ouidire\n; >>> ouidire\n"])
def test_a_torn_one_is_named(torn: bytes) -> None:
    """Law: where a mark is missing nothing is guessed."""
    with pytest.raises(BrokenBlock, match="once each"):
        without_block(torn)


def test_its_lines_are_counted_from_one() -> None:
    """Law: the numbers agree with an editor's."""
    assert list(block_lines(with_block(b"one\n", "two"))) == [2, 3, 4]
    assert not block_lines(b"one\n")
