"""Laws of the benchmark of facts: its truth is the truth, and its lines do what they are named for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.conversation import ConversationFacts
from analysis.delivery import Delivery
from analysis.speech.detector import CHUNK_S, CHUNK_SAMPLES
from benchmarks.facts import LINES, LOUDER_DB, Errors, errors, limits, make_talk, measured, talking, voices
from consent.parties import Party

RECORDINGS = {party: voices(party) for party in Party}
TRUTH = ConversationFacts(
    100.0, 40.0, 30.0, 4.0, 3.0, 1, 2, 9, 8, 0.4, 0.6, Delivery(30.0, 4.0, LOUDER_DB)
)  # fmt: skip


def test_the_same_seed_gives_the_same_talk() -> None:
    """Law: runs can be compared, and another seed is another talk."""
    one, same, other = (make_talk(seed, RECORDINGS, 20.0) for seed in (1, 1, 2))
    assert np.array_equal(one.sides[Party.CALLER], same.sides[Party.CALLER])
    assert not np.array_equal(one.sides[Party.CALLER], other.sides[Party.CALLER])


def test_talk_is_where_sound_is() -> None:
    """Law: the truth marks loud chunks, bridges what a detector bridges, and no more."""
    loud, soft = np.full(10 * CHUNK_SAMPLES, 3_000.0), np.full(CHUNK_SAMPLES, 10.0)
    marks = talking(np.concatenate([loud, *[soft] * 3, loud, *[soft] * 4, loud]))
    assert marks.tolist() == [True] * 23 + [False] * 4 + [True] * 10


def test_the_truth_counts_what_was_laid() -> None:
    """Law: of a made-up talk both talk, answers are many, and no second is heard twice."""
    facts = make_talk(3, RECORDINGS, 60.0).facts()
    assert facts.heard_s == pytest.approx(60.0, abs=CHUNK_S)
    assert facts.caller_talk_s > 10
    assert facts.agent_talk_s > 10
    assert facts.caller_answers + facts.agent_answers > 5


async def test_a_good_line_tells_nearly_the_truth() -> None:
    """Law: through the real detector and the real engine, the share of talk of a short talk is near."""
    talk = make_talk(3, RECORDINGS, 30.0)
    (found,) = await measured([talk], LINES["wideband"])
    assert found.caller_talk_share == pytest.approx(talk.facts().caller_talk_share, abs=0.1)


def test_lines_lose_and_add_what_they_say() -> None:
    """Law: a line that loses a fifth loses about a fifth; the others lose nothing."""
    sound = make_talk(3, RECORDINGS, 20.0).sides[Party.CALLER]
    for name, line in LINES.items():
        pcm, came = line(sound, np.random.default_rng(1))
        assert len(pcm) == len(sound)
        assert came.mean() == pytest.approx({"loss_1": 0.99, "loss_5": 0.95, "loss_20": 0.8}.get(name, 1.0), abs=0.03)


def test_the_truth_itself_has_no_error() -> None:
    """Law: zero is zero, and a difference is told in its unit, whichever way, but for the bias."""
    assert errors([TRUTH], [TRUTH]) == Errors(0, 0, 0, 0, 0, 0, 0, 4.0, 0)
    late = replace(TRUTH, caller_latency_s=0.5, agent_latency_s=0.4, caller_overlaps=3)
    told = errors([TRUTH], [late])
    assert told.latency_ms == pytest.approx(150)
    assert told.latency_bias_ms == pytest.approx(-50)
    assert told.overlaps == 2


def test_a_limit_can_be_missed() -> None:
    """Law: the exit code means something."""
    good = dict.fromkeys(("phone", "noise_20db", "noise_10db"), errors([TRUTH], [TRUTH]))
    assert all(limit.is_met for limit in limits(good))
    assert not all(limit.is_met for limit in limits(good | {"phone": replace(good["phone"], share_points=6.0)}))
