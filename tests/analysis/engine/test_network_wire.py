"""What bridge and network process say to each other."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import network_wire
from analysis.engine.network_wire import (
    BLOCK_BYTES,
    MAX_FRAMES,
    MAX_HEADS,
    MAX_ROWS,
    MESSAGE_BYTES,
    MOST,
    Block,
    Kind,
    MalformedMessage,
    Message,
    answers,
    pack,
    parse,
)

MESSAGES = st.sampled_from(Kind).flatmap(
    lambda kind: st.builds(Message, st.just(kind), st.integers(0, 2**32 - 1), st.integers(0, MOST[kind]))
)


def block() -> Block:
    """A block of this process alone."""
    return Block(memoryview(bytearray(BLOCK_BYTES)))


@given(MESSAGES)
def test_a_message_comes_back_as_it_went(message: Message) -> None:
    """Law: what was packed is parsed to the same, in a fixed size."""
    assert len(pack(message)) == MESSAGE_BYTES
    assert parse(pack(message)) == message


@given(st.binary(max_size=3 * MESSAGE_BYTES))
def test_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    """Law: whatever comes is a message or a MalformedMessage, and nothing else."""
    with contextlib.suppress(MalformedMessage):
        assert pack(parse(data))[:4] == data[:4]


@pytest.mark.parametrize("kind", Kind)
def test_more_than_the_block_holds_is_refused(kind: Kind) -> None:
    """Law: no message reaches beyond the memory that it speaks of."""
    with pytest.raises(MalformedMessage, match="fit"):
        parse(pack(Message(kind, 1, MOST[kind] + 1)))


def test_a_message_has_no_room_for_a_name() -> None:
    """Law: the process is told what to do and with how much; of a call, a party or a grant there is no field."""
    assert Message._fields == ("kind", "number", "length")
    assert MESSAGE_BYTES == 16
    assert not {"grant", "party", "call_id"} & vars(network_wire).keys()


def test_an_answer_bears_its_request_s_number_and_size() -> None:
    """Law: an answer to something else is none; logits may have as many heads as the block has room for."""
    voice, tone = Message(Kind.VOICE, 7, 3), Message(Kind.TONE, 7, 800)
    assert answers(voice, voice)
    for wrong in (voice._replace(number=8), voice._replace(length=4), tone, voice._replace(kind=Kind.READY)):
        assert not answers(voice, wrong)
    assert answers(tone, Message(Kind.TONE, 7, MAX_HEADS))
    for heads in (0, MAX_HEADS + 1):
        assert not answers(tone, Message(Kind.TONE, 7, heads))


def test_the_areas_of_a_block_do_not_touch() -> None:
    """Law: what is laid down as one array is never read as another, at their greatest sizes."""
    made = block()
    arrays = [
        made.chunks(MAX_ROWS),
        made.states_before(MAX_ROWS),
        made.chances(MAX_ROWS),
        made.states_after(MAX_ROWS),
        made.picture(MAX_FRAMES),
        made.logits(MAX_HEADS),
        made.distance(),
    ]
    assert [array.shape for array in arrays] == [
        (1024, 576), (2, 1024, 128), (1024,), (2, 1024, 128), (80, 1024), (64, 2), (1,),
    ]  # fmt: skip
    for number, array in enumerate(arrays, 1):
        array.fill(number)
    assert all((array == number).all() for number, array in enumerate(arrays, 1))
    assert sum(array.nbytes for array in arrays) == BLOCK_BYTES


@given(st.integers(1, MAX_ROWS), st.integers(1, MAX_FRAMES))
def test_nothing_stays_in_a_block_that_was_wiped(rows: int, frames: int) -> None:
    """Law: sound and what it says lie in the shared memory for as long as a request takes."""
    memory = bytearray(BLOCK_BYTES)
    made = Block(memoryview(memory))
    for array in (made.chunks(rows), made.states_before(rows), made.chances(rows), made.states_after(rows)):
        array.fill(1)
    made.wipe(Kind.VOICE, rows)
    made.picture(frames).fill(1)
    made.logits(5).fill(1)
    made.distance().fill(1)
    made.wipe(Kind.TONE, frames)
    assert not np.frombuffer(memory, np.uint8).any()


def test_memory_of_another_size_is_no_block() -> None:
    """Law: both sides agree on the layout, or nothing begins."""
    with pytest.raises(MalformedMessage):
        Block(memoryview(bytearray(BLOCK_BYTES - 4)))


def test_memory_can_be_let_go() -> None:
    """Law: a block that was let go holds no view: its memory can be unmapped."""
    memory = bytearray(BLOCK_BYTES)
    made = Block(memoryview(memory))
    made.let_go()
    memory.clear()
