"""What the batcher tells over a call, and when it tells nothing."""

import pytest

from analysis.emotion.score import Abstained, ToneScore, Verdict
from tests.analysis.engine.sounds import listen, talk
from tests.analysis.engine.test_batcher import TURN, batcher
from tests.conftest import Callers


async def test_over_a_call_scores_are_smoothed_and_the_first_ones_warm_up(callers: Callers) -> None:
    """Law: what is told follows the call: warming up, then a score whose sigma is less than one window's; each caller
    has a course of their own.
    """
    parts, _, _ = batcher()
    grants, other = await callers.says_yes(), await callers.says_yes("call-2")
    told: list[Verdict] = []
    for turn in range(4):
        sounds = (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 110)))
        judged = parts.judge(listen(parts, *sounds, start_chunk=turn * 110).speech)
        told += [verdict.open() for verdict in parts.follow(judged)]
    assert [type(verdict) for verdict in told] == [Abstained, ToneScore, ToneScore, ToneScore]
    sigmas = [verdict.anger.sigma for verdict in told if isinstance(verdict, ToneScore)]
    assert 0.1 > sigmas[0] > sigmas[1] > sigmas[2]
    sounds = (other.caller, talk(*TURN)), (other.agent, talk(("silence", 110)))
    (first,) = parts.follow(parts.judge(listen(parts, *sounds).speech))
    assert isinstance(first.open(), Abstained)


@pytest.mark.parametrize("by", ["withdrawal", "forgetting"])
async def test_of_a_call_that_is_over_no_judged_window_is_told(callers: Callers, by: str) -> None:
    """Law: between judging and telling a call may end: nothing is told of it, and its course is gone."""
    parts, _, _ = batcher()
    grants = await callers.says_yes()
    judged = parts.judge(listen(parts, (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 110)))).speech)
    if by == "withdrawal":
        await callers.stops()
    else:
        parts.forget("call-1")
    assert len(judged) == 1
    assert parts.follow(judged) == []


async def test_a_contest_amid_an_utterance_judges_nothing_of_what_was_said_before(callers: Callers) -> None:
    """Law: the window that is open when a score is contested is never judged; the next one begins after it."""
    parts, _, _ = batcher()
    grants = await callers.says_yes()
    speech, pause = talk(("speech", 60)), talk(("silence", 60))
    assert not listen(parts, (grants.caller, speech), (grants.agent, pause)).speech
    parts.begin_anew("call-1")
    sounds = (grants.caller, talk(("speech", 60), ("silence", 60))), (grants.agent, talk(("silence", 120)))
    after = listen(parts, *sounds, start_chunk=60)
    (window,) = after.speech
    assert window.consented.open().start_s >= 60 * 512 / 16_000


async def test_after_a_contest_the_course_begins_anew(callers: Callers) -> None:
    """Law: whom a person says to be misread is told of anew only after as much speech as at the start; another call is
    not touched.
    """
    parts, _, _ = batcher()
    grants, other = await callers.says_yes(), await callers.says_yes("call-2")
    told: list[tuple[str, type[Verdict]]] = []
    for turn in range(4):
        if turn == 2:
            parts.begin_anew("call-1")
        for one in (grants, other):
            sounds = (one.caller, talk(*TURN)), (one.agent, talk(("silence", 110)))
            judged = parts.judge(listen(parts, *sounds, start_chunk=turn * 110).speech)
            told += [(one.caller.call_id, type(verdict.open())) for verdict in parts.follow(judged)]
    warm = [Abstained, ToneScore]
    assert [kind for call_id, kind in told if call_id == "call-1"] == warm * 2
    assert [kind for call_id, kind in told if call_id == "call-2"] == [Abstained, ToneScore, ToneScore, ToneScore]
