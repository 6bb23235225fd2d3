"""One tick: every call in one batch."""

import random
from collections import deque

import numpy as np
import pytest

from analysis.audio import AudioFrame, Pcm16, Pcm32
from analysis.conversation import ConversationTracker
from analysis.emotion.score import Abstained, Reason, ToneScore
from analysis.engine.batcher import PATIENCE_CHUNKS, Batcher, unjudged
from analysis.engine.inbox import Heard
from analysis.speech.detector import CHUNK_S, CHUNK_SAMPLES, Chances, Rows
from analysis.speech.hysteresis import Hysteresis
from analysis.speech.segmenter import Segmenter, Window
from consent.gate import Grants
from consent.parties import Party
from consent.states import Answer
from tests.analysis.engine.sounds import frames, heard, listen, talk
from tests.conftest import Callers
from tests.fakes.speech_detector import LoudnessDetector
from tests.fakes.tone_model import RememberingTone

TURN = (("silence", 10), ("speech", 60), ("silence", 40))


def batcher() -> tuple[Batcher, LoudnessDetector, RememberingTone]:
    """A batcher and its fakes."""
    detector, tone = LoudnessDetector(), RememberingTone()
    return Batcher(detector, tone), detector, tone


async def test_a_turn_of_the_caller_is_judged_once(callers: Callers) -> None:
    """Speech, a pause, and the agent known to be silent: one segment, one verdict, at the right seconds."""
    grants = await callers.says_yes()
    parts, _, _ = batcher()
    listened = listen(parts, (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 110))))
    assert listened.abstained == []
    (verdict,) = parts.judge(listened.speech)
    score = verdict.open()
    assert isinstance(score, ToneScore)
    assert score.start_s == pytest.approx(7 * CHUNK_S)
    assert score.end_s == pytest.approx(73 * CHUNK_S)
    assert parts.listen([]).speech == []


async def test_the_agents_speech_never_reaches_the_model(callers: Callers) -> None:
    """The same words from the agent's mouth: facts, and not one segment, abstention or reason."""
    grants = await callers.says_yes()
    parts, _, tone = batcher()
    listened = listen(parts, (grants.agent, talk(*TURN)), (grants.caller, talk(("silence", 110))))
    assert listened.speech == []
    assert listened.abstained == []
    assert listened.facts["call-1"].agent_talk_s > 1
    assert tone.given == []


async def test_an_agent_who_dials_out_and_presses_1_is_still_an_agent(callers: Callers) -> None:
    """The role is the endpoint's, not the key's: under the agent's grant of any call no verdict can come."""
    grants = await callers.says_yes("dialled-out")
    parts, _, _ = batcher()
    for tick in range(4):
        listened = parts.listen([heard(grants.agent, talk(*TURN), tick * 110 * CHUNK_SAMPLES)])
        assert (listened.speech, listened.abstained) == ([], [])


async def test_a_window_waits_for_the_agents_decisions(callers: Callers) -> None:
    """The agent's sound comes later: the window waits for it, and what it says counts."""
    grants = await callers.says_yes()
    parts, _, _ = batcher()
    early = listen(parts, (grants.caller, talk(("speech", 60), ("silence", PATIENCE_CHUNKS - 8))))
    assert (early.speech, early.abstained) == ([], [])
    listen(parts, (grants.agent, talk(("speech", 60))))
    late = listen(parts, (grants.agent, talk(("speech", 30))), start_chunk=60)
    late.abstained.extend(
        listen(parts, (grants.caller, talk(("silence", 1))), start_chunk=60 + PATIENCE_CHUNKS - 8).abstained
    )
    assert [verdict.open() for verdict in late.abstained] == [Abstained(0.0, 63 * CHUNK_S, Reason.BOTH_SPEAK)]


async def test_without_the_agents_leg_nothing_is_judged(callers: Callers) -> None:
    """Fail closed: when patience is over and the agent was not heard, the line is named."""
    grants = await callers.says_yes()
    parts, _, _ = batcher()
    listened = listen(parts, (grants.caller, talk(("speech", 60), ("silence", 60))))
    assert listened.speech == []
    assert [verdict.open().reason for verdict in listened.abstained] == [Reason.LINE]  # type: ignore[union-attr]


async def test_a_microphone_has_no_agent(callers: Callers) -> None:
    """Where only the caller is expected nobody is waited for."""
    grants = await callers.says_yes()
    parts = Batcher(LoudnessDetector(), RememberingTone(), frozenset({Party.CALLER}))
    assert len(listen(parts, (grants.caller, talk(*TURN))).speech) == 1


async def test_a_language_that_the_model_was_not_validated_for_is_not_judged(callers: Callers) -> None:
    """The yes was given in English, the model knows German: an abstention, and nothing reaches the model."""
    grants = await callers.says_yes()
    parts = Batcher(LoudnessDetector(), RememberingTone(frozenset({"de"})))
    listened = listen(parts, (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 110))))
    assert listened.speech == []
    assert [verdict.open().reason for verdict in listened.abstained] == [Reason.LANGUAGE]  # type: ignore[union-attr]


@pytest.mark.parametrize("spoken", ["tr", "", "tr_TR", "x", "e\u0301n"])
async def test_a_caller_of_another_language_than_the_notices_is_not_judged(callers: Callers, spoken: str) -> None:
    """Law: a Turkish caller for whom there are no prompts said yes to the notice in English: facts, and no tone; nor
    where the PBX names no language.
    """
    grants = await callers.says_yes()
    parts, _, tone = batcher()
    both = (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 110)))
    listened = listen(parts, *both, spoken=spoken)
    assert listened.speech == tone.given == []
    assert [verdict.open().reason for verdict in listened.abstained] == [Reason.LANGUAGE]  # type: ignore[union-attr]
    assert listened.facts["call-1"].caller_talk_s > 1


@pytest.mark.parametrize("spoken", ["en", "EN", "en_GB", "en-US"])
async def test_a_country_is_no_other_language(callers: Callers, spoken: str) -> None:
    """Models are tried in languages: every English is English."""
    grants = await callers.says_yes()
    parts, _, _ = batcher()
    both = (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 110)))
    assert len(listen(parts, *both, spoken=spoken).speech) == 1


@pytest.mark.parametrize("language", ["en", "de"])
async def test_the_callers_delivery_hangs_on_no_language(callers: Callers, language: str) -> None:
    """The model was validated for another language: no tone, and the fit speech moves the facts all the same."""
    grants = await callers.says_yes()
    parts = Batcher(LoudnessDetector(), RememberingTone(frozenset({language})))
    listened = listen(parts, (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 110))))
    assert len(listened.speech) == int(language == "en")
    delivery = parts.listen([heard(grants.caller, talk(("silence", 1)), 110 * CHUNK_SAMPLES)]).facts["call-1"].delivery
    assert delivery is not None
    assert delivery.articulation_s == pytest.approx(60 * CHUNK_S, abs=0.1)


async def test_what_is_not_fit_moves_no_delivery(callers: Callers) -> None:
    """Both spoke at once: the window is not judged, and not measured either."""
    grants = await callers.says_yes()
    parts, _, _ = batcher()
    listened = listen(parts, (grants.caller, talk(*TURN)), (grants.agent, talk(("speech", 110))))
    assert [verdict.open().reason for verdict in listened.abstained] == [Reason.BOTH_SPEAK]  # type: ignore[union-attr]
    delivery = listened.facts["call-1"].delivery
    assert delivery is not None
    assert delivery.articulation_s == 0


async def test_the_agents_delivery_is_measured_nowhere(callers: Callers) -> None:
    """However long the agent talks, and whatever the call's facts: no second of it feeds a pace or a level."""
    grants = await callers.says_yes()
    parts, _, _ = batcher()
    listened = listen(parts, (grants.agent, talk(*TURN * 4)), (grants.caller, talk(("silence", 440))))
    facts = listened.facts["call-1"]
    assert facts.agent_talk_s > 6
    assert facts.delivery is not None
    assert facts.delivery.articulation_s == 0
    assert facts.of(Party.AGENT).delivery is None


async def test_all_calls_are_in_one_batch(callers: Callers) -> None:
    """Twenty streams with as many chunks each: as many runs as one stream has chunks, each with all streams."""
    parts, detector, _ = batcher()
    every: list[Grants] = [await callers.says_yes(f"call-{i}") for i in range(10)]
    sound = talk(("speech", 3))
    parts.listen([heard(grant, sound) for grants in every for grant in (grants.caller, grants.agent)])
    assert detector.batches == [20, 20, 20]


async def test_how_sound_comes_in_changes_no_verdict(callers: Callers) -> None:
    """In one piece or in ticks of any size, with the legs apart by up to 300 ms: the same segments."""
    rng, results = random.Random(7), []
    caller_sound, agent_sound = talk(*TURN, *TURN), talk(("silence", 75), ("speech", 30), ("silence", 115))
    for attempt in range(4):
        grants = await callers.says_yes(f"call-{attempt}")
        parts, _, _ = batcher()
        queues = [
            [grants.caller.admit(f) for f in frames(caller_sound)],
            [grants.agent.admit(f) for f in frames(agent_sound)],
        ]
        segments = []
        while any(queues):
            count = 90 if attempt == 0 else rng.randint(1, 15)
            # The agent's leg is up to 300 ms behind or ahead.
            lead = len(queues[1]) - len(queues[0]) + (0 if attempt == 0 else rng.randint(-15, 15))
            counts = (count, max(0, count + lead))
            items = [
                Heard(grant, [queue.pop(0) for _ in range(min(n, len(queue)))], None, "en")
                for grant, queue, n in zip((grants.caller, grants.agent), queues, counts, strict=True)
            ]
            segments += [part.consented.open() for part in parts.listen(items).speech]
        results.append([(segment.start_s, segment.end_s) for segment in segments])
    assert len(results[0]) == 2
    assert all(result == results[0] for result in results)


async def test_a_withdrawal_while_the_model_judges_takes_that_verdict_alone(callers: Callers) -> None:
    """The withdrawn call's verdict is gone though it was half made; the other call's is there."""
    parts, _, tone = batcher()
    speech = []
    for call_id in ("stays", "goes"):
        grants = await callers.says_yes(call_id)
        speech += listen(parts, (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 110)))).speech
    tone.before_judging = lambda: callers.gate.end("goes", Answer.WITHDRAWN)
    assert [verdict.grant.call_id for verdict in parts.judge(speech)] == ["stays"]
    assert parts.judge([part for part in speech if part.consented.grant.call_id == "goes"]) == []


async def test_a_withdrawal_drops_streams_and_says_nothing(callers: Callers) -> None:
    """At the next tick nothing is left of the call: no stream, no state in the detector, no facts, no abstention."""
    grants = await callers.says_yes()
    parts, detector, _ = batcher()
    late = heard(grants.caller, talk(("silence", 30)), 110 * CHUNK_SAMPLES)
    listen(parts, (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 60))))
    await callers.stops()
    listened = parts.listen([late])
    assert (listened.speech, listened.abstained, listened.facts) == ([], [], {})
    assert parts.streams == 0
    assert sorted(detector.closed) == [0, 1]


async def test_forgetting_a_call_touches_no_other(callers: Callers) -> None:
    """One call ends, the other goes on where it was."""
    parts, _, _ = batcher()
    first, second = await callers.says_yes("first"), await callers.says_yes("second")
    for grants in (first, second):
        listen(parts, (grants.caller, talk(("speech", 60))), (grants.agent, talk(("silence", 110))))
    parts.forget("first")
    assert parts.streams == 2
    listened = parts.listen([heard(second.caller, talk(("silence", 50)), 60 * CHUNK_SAMPLES)])
    assert len(listened.speech) == 1


async def test_a_stop_between_fork_and_first_frame_opens_nothing(callers: Callers) -> None:
    """Frames that were admitted before the stop make no stream after it."""
    grants = await callers.says_yes()
    item = heard(grants.caller, talk(("speech", 3)))
    await callers.stops()
    parts, detector, _ = batcher()
    parts.listen([item])
    assert (parts.streams, detector.opened) == (0, 0)


async def test_what_a_failed_tick_held_is_said_with_the_next(callers: Callers) -> None:
    """The detector breaks once: that stretch, and the window that was open, are `engine`, not calm."""
    grants = await callers.says_yes()
    parts, detector, _ = batcher()
    silence = talk(("silence", 110))
    parts.listen([heard(grants.caller, talk(("silence", 10), ("speech", 20))), heard(grants.agent, silence)])
    detector.failures = 1
    broken = [heard(grants.caller, talk(("speech", 10)), 30 * CHUNK_SAMPLES)]
    with pytest.raises(RuntimeError):
        parts.listen(broken)
    assert parts.lose(broken) == []
    listened = parts.listen([heard(grants.caller, talk(("silence", 3)), 40 * CHUNK_SAMPLES)])
    assert [verdict.open() for verdict in listened.abstained] == [Abstained(7 * CHUNK_S, 40 * CHUNK_S, Reason.ENGINE)]


async def test_a_long_failure_is_said_while_it_lasts(callers: Callers) -> None:
    """With the detector broken for good each 4 s are said to be lost."""
    grants = await callers.says_yes()
    parts, detector, _ = batcher()
    parts.listen([heard(grants.caller, talk(("silence", 1)))])
    detector.failures = 10_000
    said = []
    for tick in range(100):
        item = [heard(grants.caller, talk(("speech", 3)), (1 + 3 * tick) * CHUNK_SAMPLES)]
        with pytest.raises(RuntimeError):
            parts.listen(item)
        said += parts.lose(item)
    assert len(said) == 2
    assert {verdict.open().reason for verdict in said} == {Reason.ENGINE}  # type: ignore[union-attr]


async def test_sound_that_the_queue_dropped_is_said(callers: Callers) -> None:
    """Too slow to keep up: the stretch is named, as `engine`."""
    grants = await callers.says_yes()
    parts, _, _ = batcher()
    item = heard(grants.caller, talk(("silence", 3)), 10 * CHUNK_SAMPLES)
    (verdict,) = parts.listen([item._replace(dropped=(0, 5_120))]).abstained
    assert verdict.open() == Abstained(0.0, 0.32, Reason.ENGINE)


async def test_segments_that_were_being_judged_are_said_unless_withdrawn(callers: Callers) -> None:
    """A model that broke leaves an abstention for each segment that it had, none for a withdrawn one."""
    grants = await callers.says_yes()
    parts, _, _ = batcher()
    speech = listen(parts, (grants.caller, talk(*TURN)), (grants.agent, talk(("silence", 110)))).speech
    assert [verdict.open().reason for verdict in unjudged(speech)] == [Reason.ENGINE]  # type: ignore[union-attr]
    await callers.stops()
    assert unjudged(speech) == []


class SpelledDetector(LoudnessDetector):
    """The likelihood of a chunk is spelled in its loudest sample: 0 for 0, 1 for 1,000."""

    def hear(self, rows: Rows, chunks: Pcm32) -> Chances:
        """What the chunk says."""
        super().hear(rows, chunks)
        chances: Chances = (np.abs(chunks).max(axis=1) * np.float32(32.768)).astype(np.float32)
        return chances


def spelled(rng: random.Random, chunks: int) -> Pcm16:
    """Likelihoods as they come: long silences and long talk, with dips, clicks and hesitation between them."""
    chances: list[int] = []
    while len(chances) < chunks:
        kind, length = rng.choice(("low", "low", "high", "high", "any", "click")), rng.randint(1, 40)
        pick = {"low": (0, 340), "high": (510, 1_000), "any": (0, 1_000), "click": (0, 1_000)}[kind]
        chances += [rng.randint(*pick) for _ in range(1 if kind == "click" else length)]
    return np.repeat(np.array(chances[:chunks], np.int16), CHUNK_SAMPLES)


def simply(pieces: list[AudioFrame], chunks: int) -> list[tuple[int, float]]:
    """The definition: each chunk of which half was received, by itself, and what is spelled in it."""
    heard, loudest = [0] * chunks, [0] * chunks
    for piece in pieces:
        for at in range(piece.start_sample // CHUNK_SAMPLES, -(-piece.end_sample // CHUNK_SAMPLES)):
            begin = max(piece.start_sample, at * CHUNK_SAMPLES)
            end = min(piece.end_sample, (at + 1) * CHUNK_SAMPLES)
            part = piece.pcm[begin - piece.start_sample : end - piece.start_sample]
            heard[at] += len(part)
            loudest[at] = max(loudest[at], int(part.max(initial=0)))
    whole = pieces[-1].end_sample // CHUNK_SAMPLES
    return [(at, loudest[at] / 1_000) for at in range(whole) if heard[at] >= CHUNK_SAMPLES // 2]


@pytest.mark.parametrize("seed", range(6))
async def test_the_short_way_decides_as_chunk_by_chunk(callers: Callers, seed: int) -> None:
    """Any likelihoods, losses, ticks and frames of any size: marks, windows and facts are those of the definition."""
    rng, chunks = random.Random(seed), 400
    grants = [await callers.says_yes(f"call-{i}") for i in range(3)]
    every = [grant for pair in grants for grant in (pair.caller, pair.agent)]
    parts = Batcher(SpelledDetector(), RememberingTone())
    cut: dict[str, list[Window]] = {grant.grant_id: [] for grant in every}
    queues: dict[str, list[AudioFrame]] = {}
    for grant in every:
        sound, at, pieces = spelled(rng, chunks), 0, []
        while at < len(sound):
            length = rng.choice((320, 320, 1_280, 1_600, rng.randint(1, 2_000)))
            if rng.random() > 0.05:
                pieces.append(AudioFrame(at, 16_000, sound[at : at + length]))
            elif rng.random() < 0.2:
                length = rng.randint(1, 12_000)
            at += length
        queues[grant.grant_id] = pieces
    parts._cut = lambda stream, result: cut[stream.grant.grant_id].extend(_taken(stream.windows))  # type: ignore[method-assign]
    waiting = {grant_id: list(pieces) for grant_id, pieces in queues.items()}
    while any(waiting.values()):
        items = []
        for grant in every:
            now = [waiting[grant.grant_id].pop(0) for _ in range(min(rng.randint(0, 8), len(waiting[grant.grant_id])))]
            if now and rng.random() < 0.9:
                items.append(Heard(grant, [grant.admit(frame) for frame in now], None, "en"))
            else:
                waiting[grant.grant_id][:0] = now
        parts.listen(items)
    for pair in grants:
        tracker = ConversationTracker()
        for grant in (pair.caller, pair.agent):
            assert grant is not None
            hysteresis, segmenter, windows = Hysteresis(), Segmenter(), []
            for chunk, chance in simply(queues[grant.grant_id], chunks):
                for decision in hysteresis.feed(chunk, chance):
                    tracker.put(grant.party, decision)
                    windows.append(segmenter.feed(decision))
            assert cut[grant.grant_id] == ([w for w in windows if w] if grant.party is Party.CALLER else [])
            marks = parts._trackers[grant.call_id].marks[grant.party]
            assert marks.between(0, chunks).tolist() == tracker.marks[grant.party].between(0, chunks).tolist()
        assert parts._trackers[pair.caller.call_id].facts() == tracker.facts()


def _taken(windows: deque[Window]) -> list[Window]:
    """What was there, and is not any more."""
    taken = list(windows)
    windows.clear()
    return taken


async def test_nothing_of_an_ended_call_stays_where_the_batch_was_made(callers: Callers) -> None:
    """The ring is wiped when the grant ends, and so is every place that the newest chunks passed through."""
    grants = await callers.says_yes()
    parts, _, _ = batcher()
    listen(parts, (grants.caller, talk(("speech", 10))), (grants.agent, talk(("speech", 10))))
    (ring, _) = [stream.sound.open() for stream in parts._streams.values()]
    assert parts._sound.any()
    await callers.stops()
    parts.listen([])
    assert not parts._sound.any()
    assert not parts._chunks.any()
    assert not ring.cut(0, 10).any()
