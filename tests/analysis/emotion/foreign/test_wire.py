"""The wire to a foreign model's process: any bytes are taken, and only what can be is believed."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.foreign.wire import (
    HEAD_BYTES,
    MAX_LABELS,
    MOST_BYTES,
    Head,
    Kind,
    MalformedAnswer,
    pack,
    parse_head,
    parse_labels,
    parse_samples,
    parse_shares,
)
from analysis.emotion.window import LONGEST_SAMPLES


@pytest.mark.parametrize("kind", Kind)
def test_a_message_is_read_as_it_was_written(kind: Kind) -> None:
    """Law: head and content come back; a content too long is never sent."""
    assert parse_head(pack(kind, b"abcd")[:HEAD_BYTES]) == Head(kind, 4)
    with pytest.raises(MalformedAnswer):
        pack(kind, bytes(MOST_BYTES[kind] + 1))


@given(st.binary(max_size=24))
def test_any_bytes_are_a_head_or_refused(data: bytes) -> None:
    """Law: a head never announces more than its kind may have."""
    try:
        head = parse_head(data)
    except MalformedAnswer:
        return
    assert head.length <= MOST_BYTES[head.kind]


@given(
    st.binary(max_size=40) | st.lists(st.text(max_size=50) | st.integers()).map(lambda one: json.dumps(one).encode())
)
def test_any_bytes_are_labels_or_refused(content: bytes) -> None:
    """Law: labels are two or more short words, each once."""
    try:
        labels = parse_labels(content)
    except MalformedAnswer:
        return
    assert 2 <= len(set(labels)) == len(labels) <= MAX_LABELS
    assert all(isinstance(label, str) and label.isprintable() for label in labels)


@given(st.binary(max_size=40), st.integers(2, 8))
def test_any_bytes_are_shares_or_refused(content: bytes, labels: int) -> None:
    """Law: what is believed are numbers of 0 to 1 that are 1 together."""
    try:
        shares = parse_shares(content, labels)
    except MalformedAnswer:
        return
    assert len(shares) == labels
    assert (shares >= 0).all()
    assert shares.sum() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("shares", [(0.5, 0.6), (1.5, -0.5), (float("nan"), 1.0), (float("inf"), 0.0), (0.0, 0.0)])
def test_impossible_shares_are_refused(shares: tuple[float, float]) -> None:
    """Law: a model that lost its mind is not quoted."""
    with pytest.raises(MalformedAnswer):
        parse_shares(np.array(shares, np.float32).tobytes(), 2)


def test_a_window_is_read_as_it_was_written() -> None:
    """Law: samples come back bit for bit; half a sample, or none, is no window."""
    samples = np.linspace(-1, 1, LONGEST_SAMPLES, dtype=np.float32)
    np.testing.assert_array_equal(parse_samples(pack(Kind.READ, samples.tobytes())[HEAD_BYTES:]), samples)
    for content in (b"", b"abc"):
        with pytest.raises(MalformedAnswer):
            parse_samples(content)
