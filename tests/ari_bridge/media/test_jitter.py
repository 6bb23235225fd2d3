"""Packets in order, with no lag that grows."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.media.jitter import HELD_PACKETS, MAX_DROPOUT, Fate, JitterBuffer
from tests.ari_bridge.media.packets import packet


def numbers(ordered: list) -> list[int]:
    """The sequence numbers of packets."""
    return [one.sequence for one in ordered]


@given(st.integers(0, 65535), st.integers(1, 300))
def test_what_comes_in_order_is_handed_on_at_once(first: int, count: int) -> None:
    """Law: nothing is delayed while nothing is missing, wherever the sequence begins and wraps."""
    buffer = JitterBuffer()
    for sequence in range(first, first + count):
        assert buffer.push(packet(sequence)) == (Fate.TAKEN, [packet(sequence)])
    assert buffer.lost == 0


@given(st.integers(0, 65535), st.integers(5, 200), st.integers(0, 2**32))
def test_small_disorder_is_put_right(first: int, count: int, seed: int) -> None:
    """Law: packets swapped within the held few come out in their order, none lost and none twice."""
    order = list(range(first + 1, first + count))
    rng = random.Random(seed)
    for block in range(0, len(order) - 2, 3):
        piece = order[block : block + 3]
        rng.shuffle(piece)
        order[block : block + 3] = piece
    buffer, out = JitterBuffer(), []
    for sequence in [first, *order]:
        fate, ordered = buffer.push(packet(sequence))
        assert fate is Fate.TAKEN
        out += numbers(ordered)
    assert out == [sequence % 65536 for sequence in range(first, first + count)]
    assert buffer.lost == 0


@given(st.lists(st.integers(0, 65535), max_size=300), st.integers(0, 65535))
def test_any_sequence_comes_out_rising_and_never_lags(sequences: list[int], first: int) -> None:
    """Law: whatever comes, what goes out only rises, nothing goes out twice, and at most HELD_PACKETS wait."""
    buffer, out, taken = JitterBuffer(), [], 0
    for sequence in [first, *sequences]:
        fate, ordered = buffer.push(packet(sequence))
        taken += fate is Fate.TAKEN
        out += numbers(ordered)
        assert buffer.held <= HELD_PACKETS
    out += numbers(buffer.flush())
    assert len(out) == taken
    assert all(0 < (after - before) % 65536 <= MAX_DROPOUT + HELD_PACKETS for before, after in pairwise(out))


def test_a_loss_is_declared_after_the_held_few_and_leaves_no_lag() -> None:
    """Law: one packet lost in 1000 delays its three successors, and none of the hundreds after them (aiortc#543)."""
    buffer = JitterBuffer()
    for sequence in range(100):
        buffer.push(packet(sequence))
    delayed = [numbers(buffer.push(packet(sequence))[1]) for sequence in range(101, 1000)]
    assert delayed[:4] == [[], [], [], [101, 102, 103, 104]]
    assert delayed[4:] == [[sequence] for sequence in range(105, 1000)]
    assert buffer.lost == 1


def test_late_is_told_from_replayed() -> None:
    """Law: a packet that comes after it was declared lost is late once; the same again, or one heard, is a replay."""
    buffer = JitterBuffer()
    for sequence in (0, 1, 3, 4, 5, 6):
        buffer.push(packet(sequence))
    assert buffer.push(packet(2)) == (Fate.LATE, [])
    assert buffer.push(packet(2)) == (Fate.REPLAYED, [])
    assert buffer.push(packet(6)) == (Fate.REPLAYED, [])


def test_a_held_packet_sent_again_is_a_replay() -> None:
    """Law: a duplicate of a packet that waits is dropped too."""
    buffer = JitterBuffer()
    buffer.push(packet(0))
    buffer.push(packet(2))
    assert buffer.push(packet(2)) == (Fate.REPLAYED, [])


def test_a_stray_from_far_away_does_not_end_the_stream() -> None:
    """Law: one odd datagram far ahead is dropped, and the stream goes on as if it had not come."""
    buffer = JitterBuffer()
    buffer.push(packet(10))
    assert buffer.push(packet(10 + MAX_DROPOUT + 5))[0] is Fate.REPLAYED
    assert buffer.push(packet(11)) == (Fate.TAKEN, [packet(11)])
    assert buffer.lost == 0
