"""Packets in order, with no lag that grows."""

import random
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.media.jitter import HELD_PACKETS, HELD_S, MAX_DROPOUT, REMEMBERED, Fate, JitterBuffer, Timed
from tests.ari_bridge.media.packets import packet


def numbers(ordered: list[Timed]) -> list[int]:
    """The sequence numbers of packets."""
    return [one.packet.sequence for one in ordered]


@given(st.integers(0, 65535), st.integers(1, 300))
def test_what_comes_in_order_is_handed_on_at_once(first: int, count: int) -> None:
    """Law: nothing is delayed while nothing is missing, wherever the sequence begins and wraps."""
    buffer = JitterBuffer()
    for sequence in range(first, first + count):
        assert buffer.push(packet(sequence), 1.5) == (Fate.TAKEN, [Timed(packet(sequence), 1.5)])
    assert buffer.lost == 0
    assert buffer.next_sequence == (first + count) % 65536


@given(st.integers(0, 65535), st.integers(5, 200), st.integers(0, 2**32))
def test_small_disorder_is_put_right(first: int, count: int, seed: int) -> None:
    """Law: packets swapped within the held few come out in their order, none lost and none twice."""
    order = list(range(first + 1, first + count))
    rng = random.Random(seed)
    for block in range(0, len(order) - HELD_PACKETS + 1, HELD_PACKETS):
        piece = order[block : block + HELD_PACKETS]
        rng.shuffle(piece)
        order[block : block + HELD_PACKETS] = piece
    buffer, out = JitterBuffer(), []
    for sequence in [first, *order]:
        fate, ordered = buffer.push(packet(sequence), 0.0)
        assert fate is Fate.TAKEN
        out += numbers(ordered)
    assert out == [sequence % 65536 for sequence in range(first, first + count)]
    assert buffer.lost == 0


@given(st.lists(st.integers(0, 65535), max_size=300), st.integers(0, 65535))
def test_any_sequence_comes_out_rising_and_never_lags(sequences: list[int], first: int) -> None:
    """Law: whatever comes, what goes out only rises, nothing goes out twice, and at most HELD_PACKETS wait."""
    buffer, out, taken = JitterBuffer(), [], 0
    for sequence in [first, *sequences]:
        fate, ordered = buffer.push(packet(sequence), 0.0)
        taken += fate is Fate.TAKEN
        out += numbers(ordered)
        assert buffer.held <= HELD_PACKETS
    out += numbers(buffer.flush())
    assert len(out) == taken
    assert all(0 < (after - before) % 65536 <= MAX_DROPOUT + HELD_PACKETS for before, after in pairwise(out))


def test_a_loss_is_declared_after_the_held_few_and_leaves_no_lag() -> None:
    """Law: one packet lost in 1000 delays its next successors, and none of the hundreds after them (aiortc#543)."""
    buffer = JitterBuffer()
    for sequence in range(100):
        buffer.push(packet(sequence), 0.0)
    delayed = [numbers(buffer.push(packet(sequence), 0.0)[1]) for sequence in range(101, 1000)]
    held = HELD_PACKETS + 1
    assert delayed[:held] == [*([[]] * HELD_PACKETS), list(range(101, 101 + held))]
    assert delayed[held:] == [[sequence] for sequence in range(101 + held, 1000)]
    assert buffer.lost == 1


def test_a_loss_is_declared_in_time_also_when_nothing_more_comes() -> None:
    """Law: what is held for longer than HELD_S goes out, and with it only what nothing else is missing before."""
    buffer = JitterBuffer()
    buffer.push(packet(0), 0.0)
    buffer.push(packet(2), 1.0)
    buffer.push(packet(4), 1.05)
    assert buffer.overdue(0.99 + HELD_S) == []
    assert numbers(buffer.overdue(1.01 + HELD_S)) == [2]
    assert (buffer.lost, buffer.held) == (1, 1)
    assert numbers(buffer.overdue(1.06 + HELD_S)) == [4]
    assert (buffer.lost, buffer.held) == (2, 0)
    assert buffer.push(packet(3), 1.2)[0] is Fate.LATE


def test_late_is_told_from_replayed() -> None:
    """Law: a packet that comes after it was declared lost is late once; the same again, or one heard, is a replay."""
    buffer = JitterBuffer()
    for sequence in (0, 1, *range(3, 4 + HELD_PACKETS)):
        buffer.push(packet(sequence), 0.0)
    assert buffer.push(packet(2), 0.0) == (Fate.LATE, [])
    assert buffer.push(packet(2), 0.0) == (Fate.REPLAYED, [])
    assert buffer.push(packet(6), 0.0) == (Fate.REPLAYED, [])


@given(st.lists(st.integers(1, 700), min_size=1, max_size=12))
def test_each_lost_packet_of_late_is_remembered(gaps: list[int]) -> None:
    """Law: of the newest REMEMBERED packets each that was lost is late once, and each that was heard a replay."""
    buffer, heard, newest = JitterBuffer(), {0}, 0
    buffer.push(packet(0), 0.0)
    for gap in gaps:
        newest += gap
        buffer.push(packet(newest), 0.0)
        buffer.flush()
        heard.add(newest)
    for number in range(max(0, newest - REMEMBERED + 1), newest + 1):
        if number in heard:
            assert buffer.push(packet(number), 0.0)[0] is Fate.REPLAYED
        else:
            assert [buffer.push(packet(number), 0.0)[0] for _ in range(2)] == [Fate.LATE, Fate.REPLAYED]


def test_a_held_packet_sent_again_is_a_replay() -> None:
    """Law: a duplicate of a packet that waits is dropped too."""
    buffer = JitterBuffer()
    buffer.push(packet(0), 0.0)
    buffer.push(packet(2), 0.0)
    assert buffer.push(packet(2), 0.0) == (Fate.REPLAYED, [])


def test_a_stray_from_far_away_does_not_end_the_stream() -> None:
    """Law: one odd datagram far ahead or behind is said to be far, and the stream goes on as if it had not come."""
    buffer = JitterBuffer()
    buffer.push(packet(1000), 0.0)
    assert buffer.push(packet(1000 + MAX_DROPOUT + 5), 0.0) == (Fate.FAR, [])
    assert buffer.push(packet(1000 - REMEMBERED), 0.0) == (Fate.FAR, [])
    assert buffer.push(packet(1001), 0.0) == (Fate.TAKEN, [Timed(packet(1001), 0.0)])
    assert buffer.lost == 0


def test_what_went_past_is_not_missed() -> None:
    """Law: packets that were handed on without this buffer are neither lost nor taken again."""
    buffer = JitterBuffer()
    assert buffer.next_sequence is None
    buffer.push(packet(65_530), 0.0)
    buffer.skip(10)
    assert buffer.next_sequence == 5
    assert buffer.push(packet(65_539), 0.0)[0] is Fate.REPLAYED
    assert numbers(buffer.push(packet(65_541), 0.0)[1]) == [5]
    assert buffer.lost == 0
