"""The engine as calls use it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest

from analysis.audio import AudioFrame, Pcm16
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.score import Abstained, Reason, ToneScore, Verdict
from analysis.engine.admission import EngineFull
from analysis.engine.engine import Engine
from analysis.resample import UnsupportedRate
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.silero import SileroDetector
from consent.gate import Grants
from consent.grant import Consented
from consent.states import Answer
from tests.analysis.engine.sounds import frames, talk
from tests.analysis.voices import engine_voice
from tests.conftest import Callers
from tests.fakes.speech_detector import LoudnessDetector
from tests.fakes.tone_model import FailingTone, RememberingTone

TURN = talk(("silence", 3), ("speech", 45), ("silence", 14))
QUIET = talk(("silence", 62))
PATIENCE_S = 10.0
TURNS = 3
"""Of 1.6 s each: as many as the warm-up takes, the last of them told as a score."""
TURN_CHUNKS = 82


class Ear:
    """A running engine and what it said."""

    def __init__(self, detector: LoudnessDetector | SileroDetector, tone: RememberingTone) -> None:
        self.verdicts: list[Consented[Verdict]] = []
        self.spoken = "en"
        self.engine = Engine(detector, tone, self.verdicts.append)

    def hear(self, grants: Grants, caller: Pcm16, agent: Pcm16, start_sample: int = 0) -> None:
        """Both parties' sound at once."""
        for grant, pcm in ((grants.caller, caller), (grants.agent, agent)):
            for frame in frames(pcm, start_sample):
                self.engine.hear(grant.admit(frame))

    async def turn(self, grants: Grants, start_chunk: int = 0) -> None:
        """A turn of the caller, in two pieces as the queue allows."""
        self.engine.reserve(grants.caller.call_id, self.spoken)
        self.hear(grants, TURN, QUIET, start_chunk * CHUNK_SAMPLES)
        await self.settled()
        self.hear(grants, QUIET[: 20 * CHUNK_SAMPLES], QUIET[: 20 * CHUNK_SAMPLES], (start_chunk + 62) * CHUNK_SAMPLES)
        await self.settled()

    async def turns(self, grants: Grants, count: int = TURNS, start_chunk: int = 0) -> None:
        """Turns of the caller, one after the other."""
        for turn in range(count):
            await self.turn(grants, start_chunk + turn * TURN_CHUNKS)

    async def settled(self) -> None:
        """Two whole ticks later."""
        now = self.engine.stats().ticks
        await until(lambda: self.engine.stats().ticks >= now + 2)

    @property
    def said(self) -> list[Verdict]:
        """What it said."""
        return [verdict.open() for verdict in self.verdicts]


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for something that nothing announces."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():
            await asyncio.sleep(0.01)


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    """A running engine on fakes."""
    made = Ear(LoudnessDetector(), RememberingTone())
    await made.engine.start()
    yield made
    await made.engine.stop()


async def test_turns_become_verdicts_and_facts(ear: Ear, callers: Callers) -> None:
    """The spine: frames under a grant in, a verdict under the same grant out for each turn, a score once the call has
    warmed up, facts to be polled.
    """
    grants = await callers.says_yes()
    await ear.turns(grants)
    assert all(verdict.grant is grants.caller for verdict in ear.verdicts)
    assert [type(verdict) for verdict in ear.said] == [Abstained, Abstained, ToneScore]
    assert {verdict.reason for verdict in ear.said if isinstance(verdict, Abstained)} == {Reason.WARMING_UP}
    facts = ear.engine.facts("call-1")
    assert facts is not None
    assert facts.caller_talk_s > TURNS * 1.4
    assert facts.agent_talk_s == 0
    stats = ear.engine.stats()
    assert (stats.streams, stats.scored, stats.failed_ticks, stats.dropped_frames) == (2, 1, 0, 0)
    assert stats.abstained == {Reason.WARMING_UP: TURNS - 1}


async def test_real_voices_through_the_real_detector(callers: Callers) -> None:
    """Rendered voices, Silero: the caller's sentences are judged, the agent's never are, and talk time is plausible."""
    ear = Ear(SileroDetector(), RememberingTone())
    await ear.engine.start()
    grants = await callers.says_yes()
    caller, agent = engine_voice("caller_calm_en"), engine_voice("agent_calm_en")
    sound_caller = np.concatenate([caller, np.zeros(len(agent), np.int16)])
    sound_agent = np.concatenate([np.zeros(len(caller), np.int16), agent])
    second = 16_000
    for begin in range(0, len(sound_caller), second):
        ear.hear(grants, sound_caller[begin : begin + second], sound_agent[begin : begin + second], begin)
        await ear.settled()
    await ear.engine.stop()
    assert len(ear.said) >= 2
    assert all(verdict.end_s <= len(caller) / 16_000 + 0.5 for verdict in ear.said)
    facts = ear.engine.facts("call-1")
    assert facts is not None
    assert 0.5 < facts.caller_talk_s / (len(caller) / 16_000) <= 1
    assert 0.5 < facts.agent_talk_s / (len(agent) / 16_000) <= 1
    assert facts.overlap_s < 0.3


async def test_the_shipped_model_hears_a_call(callers: Callers) -> None:
    """The spine with all that is shipped: each window of the caller is a score with its uncertainty or says why not."""
    verdicts: list[Consented[Verdict]] = []
    tone = OnnxToneModel()
    engine = Engine(SileroDetector(), tone, verdicts.append)
    await engine.start()
    grants = await callers.says_yes()
    caller = engine_voice("caller_tense_en")
    for begin in range(0, len(caller), 16_000):
        for grant, pcm in ((grants.caller, caller[begin : begin + 16_000]), (grants.agent, np.zeros(16_000, np.int16))):
            for frame in frames(pcm, begin):
                engine.hear(grant.admit(frame))
        ticks = engine.stats().ticks
        await until(lambda seen=ticks: engine.stats().ticks >= seen + 2)  # type: ignore[misc]
    await engine.stop()
    said = [verdict.open() for verdict in verdicts]
    assert len(said) >= 2
    assert all(isinstance(v, Abstained) or (v.model_id == tone.model_id and v.activation.sigma > 0) for v in said)
    assert engine.stats().failed_ticks == 0


async def test_after_a_withdrawal_nothing_comes_out(ear: Ear, callers: Callers) -> None:
    """Frames, windows and verdicts in flight are discarded; facts are gone; late frames are dropped, not raised."""
    grants = await callers.says_yes()
    ear.hear(grants, TURN, QUIET)
    late = [grants.caller.admit(frame) for frame in frames(QUIET, 62 * CHUNK_SAMPLES)]
    await callers.stops(answer=Answer.WITHDRAWN)
    ear.engine.forget("call-1")
    for frame in late:
        ear.engine.hear(frame)
    await ear.settled()
    assert ear.verdicts == []
    assert ear.engine.facts("call-1") is None
    assert ear.engine.stats().streams == 0


async def test_a_withdrawal_in_the_middle_of_judging_wins(callers: Callers) -> None:
    """The stop comes while the model runs: its verdict is never handed out."""
    tone = RememberingTone()
    ear = Ear(LoudnessDetector(), tone)
    loop = asyncio.get_running_loop()

    def stop() -> None:
        callers.gate.end("call-1", Answer.WITHDRAWN)
        ear.engine.forget("call-1")

    def while_judging() -> None:
        loop.call_soon_threadsafe(stop)
        time.sleep(0.05)

    tone.before_judging = while_judging
    await ear.engine.start()
    await ear.turn(await callers.says_yes())
    await ear.engine.stop()
    assert ear.verdicts == []
    assert ear.engine.facts("call-1") is None
    assert ear.engine.stats().failed_ticks == 0


async def test_a_call_that_is_forgotten_leaves_nothing_though_its_grant_lives(ear: Ear, callers: Callers) -> None:
    """The call ended: what was in flight is not said about the next one."""
    grants = await callers.says_yes()
    ear.hear(grants, TURN, QUIET)
    await ear.settled()
    ear.engine.forget("call-1")
    await ear.settled()
    assert ear.engine.facts("call-1") is None
    assert ear.engine.stats().streams == 0


async def test_a_failing_tick_is_counted_said_and_survived(callers: Callers) -> None:
    """The detector breaks twice: the engine lives, the lost stretch is `engine`, and what follows is judged."""
    detector = LoudnessDetector()
    ear = Ear(detector, RememberingTone())
    await ear.engine.start()
    grants = await callers.says_yes()
    ear.hear(grants, talk(("silence", 3)), talk(("silence", 3)))
    await ear.settled()
    detector.failures = 1
    ear.hear(grants, talk(("speech", 20)), talk(("silence", 20)), 3 * CHUNK_SAMPLES)
    await until(lambda: ear.engine.stats().failed_ticks == 1)
    await ear.turns(grants, start_chunk=23)
    await ear.engine.stop()
    reasons = [verdict.reason if isinstance(verdict, Abstained) else None for verdict in ear.said]
    assert reasons == [Reason.ENGINE, Reason.WARMING_UP, Reason.WARMING_UP, None]
    assert "the detector broke" in ear.engine.stats().last_failure


async def test_a_failing_model_costs_its_segments_alone(callers: Callers) -> None:
    """The tone model breaks once: that segment is `engine`, the next one is judged."""
    ear = Ear(LoudnessDetector(), FailingTone(1))
    await ear.engine.start()
    grants = await callers.says_yes()
    await ear.turns(grants, TURNS + 1)
    await ear.engine.stop()
    assert isinstance(ear.said[-1], ToneScore)
    assert ear.engine.stats().abstained == {Reason.ENGINE: 1, Reason.WARMING_UP: TURNS - 1}


async def test_one_window_of_a_call_is_never_told_as_a_score(ear: Ear, callers: Callers) -> None:
    """Law: a call in which the caller hardly speaks warms up and says so; the board and the store see nothing else."""
    grants = await callers.says_yes()
    await ear.turn(grants)
    (said,) = ear.said
    assert isinstance(said, Abstained)
    assert said.reason is Reason.WARMING_UP
    assert ear.engine.stats().scored == 0


async def test_a_call_that_is_dropped_and_heard_again_warms_up_again(ear: Ear, callers: Callers) -> None:
    """Law: nothing that was judged survives `drop`, though the same grant lives on."""
    grants = await callers.says_yes()
    await ear.turns(grants)
    ear.engine.drop("call-1")
    await ear.settled()
    await ear.turn(grants, TURNS * TURN_CHUNKS)
    assert [type(verdict) for verdict in ear.said[-2:]] == [ToneScore, Abstained]


async def test_a_listener_that_fails_does_not_end_the_engine(callers: Callers) -> None:
    """Whatever hears the verdicts may raise: the next verdict comes all the same."""
    heard: list[Consented[Verdict]] = []

    def listener(verdict: Consented[Verdict]) -> None:
        heard.append(verdict)
        raise RuntimeError("the screen broke")

    ear = Ear(LoudnessDetector(), RememberingTone())
    ear.engine = Engine(LoudnessDetector(), RememberingTone(), listener)
    await ear.engine.start()
    grants = await callers.says_yes()
    await ear.turn(grants)
    await ear.turn(grants, start_chunk=82)
    await ear.engine.stop()
    assert len(heard) == 2
    assert ear.engine.stats().failed_ticks == 2


async def test_too_much_at_once_is_dropped_counted_and_said(ear: Ear, callers: Callers) -> None:
    """Four seconds in one tick: the oldest two go, and the caller's verdicts say so."""
    grants = await callers.says_yes()
    ear.hear(grants, talk(("silence", 125)), talk(("silence", 125)))
    await ear.settled()
    assert ear.engine.stats().dropped_frames == 200
    assert ear.said == [Abstained(0.0, 2.0, Reason.ENGINE)]


async def test_models_that_do_not_load_are_told_at_the_start(callers: Callers) -> None:
    """Ready means warm: a model that breaks at its first run is an error of start, not of the first call."""
    tone = RememberingTone()

    def broken() -> None:
        raise RuntimeError("no weights")

    tone.warm = broken  # type: ignore[method-assign]
    engine = Engine(LoudnessDetector(), tone, lambda verdict: None)
    with pytest.raises(RuntimeError, match="no weights"):
        await engine.start()
    await engine.stop()


async def test_a_rate_that_no_line_has_is_refused_at_once(ear: Ear, callers: Callers) -> None:
    """A mistake in the media is seen at its place, not as a strange voice later."""
    grants = await callers.says_yes()
    with pytest.raises(UnsupportedRate):
        ear.engine.hear(grants.caller.admit(AudioFrame(0, 11_025, np.zeros(220, np.int16))))


async def test_calls_do_not_mix(ear: Ear, callers: Callers) -> None:
    """Ten calls at once, every other one speaking: each has its own verdicts and facts."""
    every = [await callers.says_yes(f"call-{i}") for i in range(10)]
    for tick in (0, 62):
        for i, grants in enumerate(every):
            sound = TURN if i % 2 and not tick else QUIET
            ear.hear(grants, sound, QUIET, tick * CHUNK_SAMPLES)
        await ear.settled()
    assert sorted(verdict.grant.call_id for verdict in ear.verdicts) == [f"call-{i}" for i in range(1, 10, 2)]
    for i in range(10):
        facts = ear.engine.facts(f"call-{i}")
        assert facts is not None
        assert (facts.caller_talk_s > 1) == bool(i % 2)


async def test_what_it_does_is_counted(ear: Ear, callers: Callers) -> None:
    """Law: rounds, batches, waits in the queue and the age of each verdict are told, so that load is seen coming."""
    grants = await callers.says_yes()
    await ear.turn(grants)
    stats = ear.engine.stats()
    assert stats.tick_ms.count == stats.ticks
    assert stats.batch_rows.count >= 62
    assert stats.batch_rows.total >= 2 * 62
    assert stats.queue_age_ms.count == 2  # two rounds found anything
    assert stats.verdict_age_s.count == sum(stats.abstained.values()) == 1
    # The turn ends 15 chunks (0.48 s) before the newest frame, which came at once: it is that old at least.
    assert 0.4 < stats.verdict_age_s.total < 2
    assert (stats.is_ready, stats.trouble, stats.restarts, stats.waiting_windows) == (True, "", 0, 0)
    assert 0 <= stats.busy_share < 0.5


async def test_no_call_comes_in_before_it_is_warm() -> None:
    """Law: warm before ready: an engine that does not run yet, or no more, takes no call and is not ready."""
    engine = Engine(LoudnessDetector(), RememberingTone(), lambda verdict: None)
    assert not engine.stats().is_ready
    with pytest.raises(EngineFull, match="not ready"):
        engine.reserve("call-1", "en")
    await engine.start()
    engine.reserve("call-1", "en")
    assert engine.stats().is_ready
    await engine.stop()
    assert not engine.stats().is_ready


async def test_a_call_too_many_is_told_so_and_harms_nobody(callers: Callers) -> None:
    """Law: over capacity a new call is refused with the number of calls; the one that runs is judged as before; what
    is dropped of a call leaves it its place, what forgets it frees the place.
    """
    ear = Ear(LoudnessDetector(), RememberingTone())
    ear.engine = Engine(LoudnessDetector(), RememberingTone(), ear.verdicts.append, max_calls=1)
    await ear.engine.start()
    ear.engine.reserve("call-1", "en")
    with pytest.raises(EngineFull, match="the engine is full: 1 calls"):
        ear.engine.reserve("call-2", "en")
    assert (ear.engine.stats().admitted_calls, ear.engine.stats().refused_calls) == (1, 1)
    await ear.turn(await callers.says_yes())
    assert len(ear.verdicts) == 1
    ear.engine.drop("call-1")
    assert "1 calls" in ear.engine.stats().full
    ear.engine.forget("call-1")
    ear.engine.reserve("call-2", "en")
    await ear.engine.stop()


@pytest.mark.parametrize("spoken", ["tr", ""])
async def test_a_language_that_was_not_tried_gets_facts_alone(ear: Ear, callers: Callers, spoken: str) -> None:
    """Law: what a place was kept for is what holds: facts, and of the tone the reason; again with the next language."""
    grants = await callers.says_yes()
    ear.spoken = spoken
    await ear.turns(grants)
    assert {said.reason for said in ear.said if isinstance(said, Abstained)} == {Reason.LANGUAGE}
    assert len(ear.said) == TURNS
    facts = ear.engine.facts("call-1")
    assert facts is not None
    assert facts.caller_talk_s > 1
    ear.verdicts.clear()
    ear.spoken = "en"
    await ear.turns(grants, start_chunk=TURNS * TURN_CHUNKS)
    assert isinstance(ear.said[-1], ToneScore)


async def test_a_call_without_a_place_is_not_judged(ear: Ear, callers: Callers) -> None:
    """Law: fail closed: of a call that nobody announced no language is known."""
    grants = await callers.says_yes()
    ear.hear(grants, TURN, QUIET)
    await ear.settled()
    ear.hear(grants, QUIET[: 20 * CHUNK_SAMPLES], QUIET[: 20 * CHUNK_SAMPLES], 62 * CHUNK_SAMPLES)
    await ear.settled()
    assert [said.reason for said in ear.said if isinstance(said, Abstained)] == [Reason.LANGUAGE]


async def test_dropped_sound_keeps_new_calls_out(ear: Ear, callers: Callers) -> None:
    """Law: while queues run over nobody new comes in, and who is in stays in."""
    ear.engine.reserve("call-1", "en")
    grants = await callers.says_yes()
    ear.hear(grants, talk(("silence", 125)), talk(("silence", 125)))
    await ear.settled()
    with pytest.raises(EngineFull, match="dropped"):
        ear.engine.reserve("call-2", "en")
    ear.engine.reserve("call-1", "en")
