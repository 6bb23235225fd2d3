"""Laws of made-up calls."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.emotion.course import Course
from benchmarks.tone_calls import (
    AFTER,
    BEFORE,
    WINDOWS,
    constant_calls,
    from_own_start,
    half_way,
    mixed_calls,
    stepping_calls,
    told_of,
)
from tests.benchmarks.unmet import KINDS, said


def test_a_call_has_one_speaker_and_no_clip_twice() -> None:
    """Law: whatever kind of call: one voice, each of its clips once."""
    rng = np.random.default_rng(1)
    for make in (constant_calls, mixed_calls, stepping_calls):
        for call in make(said(), rng):
            assert len({one.clip.speaker for one in call.windows}) == 1
            assert len({id(one) for one in call.windows}) == len(call.windows)


def test_kinds_lie_where_they_belong() -> None:
    """Law: one kind throughout, or neutral before the step and the other kind after it."""
    rng = np.random.default_rng(1)
    for call in constant_calls(said(), rng):
        assert [one.clip.heard for one in call.windows] == [call.kind] * WINDOWS
    stepping = stepping_calls(said(), rng)
    assert {call.kind for call in stepping} == set(KINDS)
    for call in stepping:
        assert [one.clip.heard for one in call.windows] == ["neutral"] * BEFORE + [call.kind] * AFTER


def test_a_step_without_a_memory_is_seen_at_once() -> None:
    """Law: the shorter the memory, the shorter the delay; where there is no step there is none to see."""
    rng = np.random.default_rng(1)
    angry, *_ = [call for call in stepping_calls(said(error=0.01), rng) if call.kind == "anger"]
    quick, slow = half_way(angry, 0.5, Course(0.01)), half_way(angry, 0.5, Course(60.0))
    assert quick is not None
    assert quick == pytest.approx((1.0, 3.0))
    assert slow is not None
    assert slow[1] > 6.0
    neutral, *_ = [call for call in stepping_calls(said(error=0.01), rng) if call.kind == "neutral"]
    assert half_way(neutral, 0.5, Course()) is None


def test_against_its_own_start_a_constant_call_says_nothing() -> None:
    """Law: what is the same from the first window on is taken away by it."""
    for call in constant_calls(said(error=0.001), np.random.default_rng(1)):
        moved = told_of(from_own_start(call, 2), "anger", 0.5)
        assert np.allclose(moved.own, 0.5, atol=0.1)
        assert from_own_start(call, 0) is call
