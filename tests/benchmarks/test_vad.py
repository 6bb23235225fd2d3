"""The benchmark of the detectors: that its pieces do what they say. How fast they are is no test's business."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from analysis.speech.silero import SileroNetwork, network_of
from benchmarks import vad
from benchmarks.vad import BESIDE, ROUND_TICKS, TICK_SAMPLES, Clock, Ours, main, measure, memory_kb, ratio, talk
from benchmarks.yeses import granted
from tests.benchmarks.test_other_detectors import Counting


def test_a_stage_within_a_stage_is_counted_once() -> None:
    """Law: the stages add up to the whole."""
    clock, spent = Clock(), 0
    with clock.stage("outer"):
        with clock.stage("inner"):
            spent = sum(range(200_000))
        spent += sum(range(200_000))
    assert spent
    assert min(clock.seconds.values()) > 0
    assert clock.seconds["outer"] < 3 * clock.seconds["inner"] + 0.01


def test_the_talk_is_of_whole_rounds() -> None:
    """Law: every voice speaks, and a round never begins within a chunk or ends within a tick."""
    sounds = talk(4, 8.0)
    assert sounds.shape[0] == 4
    assert sounds.shape[1] % (ROUND_TICKS * TICK_SAMPLES) == 0
    assert (np.abs(sounds).max(axis=1) > 1_000).all()


async def test_ours_hears_what_it_is_given_in_frames_of_any_size(tmp_path: Path) -> None:
    """Law: frames of any size and both networks lead to the same decisions, and every stage is on the clock."""
    sounds = talk(2, 8.0)
    async with granted(tmp_path, 1) as grants:
        large, small = Ours(grants, 1_600, network_of()), Ours(grants, 320, SileroNetwork())
        for ours in (large, small):
            for at in range(0, sounds.shape[1], ROUND_TICKS * TICK_SAMPLES):
                await ours.ready(sounds[:, at : at + ROUND_TICKS * TICK_SAMPLES])
                assert await ours.hear() > 0
        trackers = [ours._batcher._trackers["call-0"] for ours in (large, small)]
        assert trackers[0].facts() == trackers[1].facts()
        assert trackers[0].facts().heard_s > 6
        assert set(large.stages_us()) == {*vad.STAGES.values(), "network", "queue", "rest"} >= set(BESIDE)


async def test_memory_is_told_for_a_call(tmp_path: Path) -> None:
    """Law: the rings of both voices alone take more than 300 kB, and a call keeps to its megabyte."""
    async with granted(tmp_path, 8) as grants:
        assert 300 < await memory_kb(grants, talk(16, 2.0)) < 1_000


async def test_contenders_take_turns_and_the_first_round_is_not_counted() -> None:
    """Law: a figure is of as many rounds as are told, and of each contender's own voices."""
    one, other = Counting(2), Counting(4)
    took = await measure({"one": one, "other": other}, np.zeros((4, 3 * ROUND_TICKS * TICK_SAMPLES), np.int16), 4)
    assert [len(seconds) for seconds in took.values()] == [4, 4]
    assert one.given == [(2, ROUND_TICKS * TICK_SAMPLES)] * 5
    assert other.given == [(4, ROUND_TICKS * TICK_SAMPLES)] * 5


def test_a_ratio_is_of_the_same_rounds() -> None:
    """Law: rounds are compared pair by pair, so a slow minute moves nothing; missing is no number."""
    assert ratio({"a": [1.0, 10.0, 2.0], "b": [2.0, 20.0, 4.0]}, "a", "b") == 2.0
    assert math.isnan(ratio({"a": [1.0]}, "a", "pipecat"))


@pytest.mark.parametrize("words", [["--voices", "9"], ["--voices", "2"], ["--rounds", "-1"]])
def test_nonsense_is_refused(words: list[str]) -> None:
    """Law: a figure of nothing is no figure."""
    with pytest.raises(SystemExit):
        main(words)
