"""The newest seconds of a stream."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.audio import AudioFrame
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.sound_ring import SoundRing
from consent.errors import InvalidValue


def frame(start: int, length: int, value: int = 1) -> AudioFrame:
    """A frame whose samples tell their own position, so that a shifted one is seen."""
    pcm = ((np.arange(start, start + length) * 7 + value) % 30_000 + 1).astype(np.int16)
    return AudioFrame(start, 16_000, pcm)


@given(
    chunks=st.integers(2, 6),
    pieces=st.lists(st.tuples(st.integers(-900, 4_000), st.integers(0, 4_000)), max_size=25),
)
@settings(deadline=None, max_examples=200)
def test_the_ring_holds_what_came_last_where_it_belongs(chunks: int, pieces: list[tuple[int, int]]) -> None:
    """Gaps, overlaps, repeats, frames longer than the ring: each sample lies at its own moment or is marked as lost."""
    ring, truth, end = SoundRing(chunks), {}, 0
    for offset, length in pieces:
        start = max(0, end + (offset if offset > -900 else 0))
        if offset > 3_500:
            start += chunks * CHUNK_SAMPLES * 3
        new = frame(start, length)
        fresh = {i: v for i, v in zip(range(start, start + length), new.pcm.tolist(), strict=True) if i >= end}
        assert ring.write(new) == len(fresh)
        truth.update(fresh)
        end = max(end, start + length) if fresh else end
        assert ring.end_sample == end
    newest = (end - 1) // CHUNK_SAMPLES
    out = np.empty((1, CHUNK_SAMPLES), np.int16)
    for chunk in range(max(0, newest - chunks - 2), newest + 3):
        wanted = [truth.get(i, 0) for i in range(chunk * CHUNK_SAMPLES, (chunk + 1) * CHUNK_SAMPLES)]
        is_held = newest - chunks < chunk <= newest
        assert ring.heard(chunk) == (sum(v != 0 for v in wanted) if is_held else 0)
        if is_held and ring.heard(chunk):
            ring.copy(chunk, chunk + 1, out)
            whole = min(CHUNK_SAMPLES, end - chunk * CHUNK_SAMPLES)  # past the end lies what is overwritten next
            assert out[0, :whole].tolist() == wanted[:whole]
    oldest, complete = max(0, newest - chunks + 1), end // CHUNK_SAMPLES
    lost = [ring.heard(chunk) < CHUNK_SAMPLES for chunk in range(oldest, complete)] + [_is_partly_lost(ring, end)]
    assert [ring.is_whole(oldest + at) for at in range(len(lost) - 1)] == [
        not any(lost[at:]) for at in range(len(lost) - 1)
    ]


def _is_partly_lost(ring: SoundRing, end: int) -> bool:
    """Whether something was lost of the chunk that is not complete yet."""
    return ring.heard(end // CHUNK_SAMPLES) < end % CHUNK_SAMPLES


def test_chunks_are_copied_across_the_rings_end() -> None:
    """Where the ring begins anew is nobody's business: a run of chunks comes out whole and in order."""
    ring, out = SoundRing(5), np.zeros((4, CHUNK_SAMPLES), np.int16)
    new = frame(0, 8 * CHUNK_SAMPLES)
    for begin in range(0, len(new.pcm), 320):
        ring.write(AudioFrame(begin, 16_000, new.pcm[begin : begin + 320]))
    ring.copy(4, 7, out)
    assert out[:3].reshape(-1).tolist() == new.pcm[4 * CHUNK_SAMPLES : 7 * CHUNK_SAMPLES].tolist()
    assert not out[3].any()


def test_a_cut_is_a_copy_with_holes_where_sound_was_lost() -> None:
    """What is handed to a model does not change under its feet, and lost sound is zero, not what was there before."""
    ring = SoundRing(4)
    ring.write(frame(0, 4 * CHUNK_SAMPLES))
    ring.write(frame(5 * CHUNK_SAMPLES, CHUNK_SAMPLES))
    cut = ring.cut(3, 6)
    ring.wipe()
    assert cut[:CHUNK_SAMPLES].all()
    assert not cut[CHUNK_SAMPLES : 2 * CHUNK_SAMPLES].any()
    assert cut[2 * CHUNK_SAMPLES :].all()


def test_what_was_before_the_yes_is_not_heard() -> None:
    """The clock's zero is the yes: samples before it are dropped, even within a frame."""
    ring = SoundRing(4)
    assert ring.write(frame(-100, 612)) == 512
    assert ring.heard(0) == 512


def test_wiping_leaves_nothing() -> None:
    """After the grant has ended no sample is left in memory."""
    ring = SoundRing(4)
    ring.write(frame(0, 4 * CHUNK_SAMPLES))
    ring.wipe()
    assert ring.heard(3) == 0
    assert not ring.cut(0, 4).any()


def test_only_the_engines_rate_is_taken() -> None:
    """A frame of another rate would lie at the wrong moments."""
    with pytest.raises(InvalidValue):
        SoundRing(4).write(AudioFrame(0, 8_000, np.zeros(160, np.int16)))
    with pytest.raises(InvalidValue):
        SoundRing(0)
