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
    out = np.empty(CHUNK_SAMPLES, np.float32)
    for chunk in range(max(0, newest - chunks - 2), newest + 3):
        wanted = [truth.get(i, 0) for i in range(chunk * CHUNK_SAMPLES, (chunk + 1) * CHUNK_SAMPLES)]
        is_held = newest - chunks < chunk <= newest
        assert ring.heard(chunk) == (sum(v != 0 for v in wanted) if is_held else 0)
        if is_held and ring.heard(chunk):
            ring.copy(chunk, out)
            whole = min(CHUNK_SAMPLES, end - chunk * CHUNK_SAMPLES)  # past the end lies what is overwritten next
            np.testing.assert_allclose(out[:whole] * 32768, wanted[:whole], atol=0.01)


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
