"""One voice inside the engine."""

import numpy as np
import pytest

from analysis.audio import AudioFrame
from analysis.emotion.score import Abstained, Estimate, ToneScore
from analysis.engine.stream import AGENT_CHUNKS, CALLER_CHUNKS, Stream
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.segmenter import Window
from consent.errors import InvalidValue, Withdrawn
from consent.grant import ConsentGrant
from consent.states import Answer
from tests.analysis.engine.sounds import frames, talk
from tests.analysis.voices import engine_voice, line_voice
from tests.conftest import Callers
from tests.fakes.speech_detector import LoudnessDetector


def stream_of(grant: ConsentGrant, *heard: AudioFrame) -> Stream:
    """A stream that took these frames."""
    stream = Stream(grant.admit(heard[0]), LoudnessDetector())
    for frame in heard:
        stream.take(frame)
    return stream


def chunks_of(stream: Stream) -> list[int]:
    """All chunks that it gives."""
    out, given = np.empty((3, CHUNK_SAMPLES), np.int16), []
    while (run := stream.next_run_into(out))[1]:
        given.extend(range(run[0], sum(run)))
    return given


async def test_chunks_come_once_complete_and_on_the_calls_clock(callers: Callers) -> None:
    """Frames of 320 samples from anywhere on the clock become whole chunks of 512 on its grid, each once."""
    stream = stream_of((await callers.says_yes()).caller, *frames(talk(("speech", 10)), 300 * CHUNK_SAMPLES))
    assert chunks_of(stream) == list(range(300, 310))
    assert chunks_of(stream) == []


async def test_what_was_not_heard_is_no_chunk_and_a_long_gap_is_told(callers: Callers) -> None:
    """Lost sound is passed over, never given as silence; after a long gap the detector must start anew."""
    grant = (await callers.says_yes()).caller
    stream = stream_of(grant, *frames(talk(("speech", 10))))
    assert chunks_of(stream) == list(range(10))
    assert not stream.is_after_gap
    for frame in frames(talk(("speech", 1)), 30 * CHUNK_SAMPLES):
        stream.take(frame)
    assert chunks_of(stream) == [30]
    assert stream.is_after_gap


async def test_a_line_at_8_khz_is_heard_at_16(callers: Callers) -> None:
    """The line's rate is the stream's own business."""
    stream = stream_of((await callers.says_yes()).caller, AudioFrame(0, 8_000, line_voice("caller_calm_en")[:8_000]))
    chunks_of(stream)
    wanted = engine_voice("caller_calm_en")[: 30 * CHUNK_SAMPLES].astype(np.float32) / 32768
    np.testing.assert_allclose(stream.sound.open().cut(0, 30), wanted, atol=2 / 32768)


async def test_the_agents_stream_can_make_no_window(callers: Callers) -> None:
    """Of the agent only decisions come: there is no segmenter, no window and no more sound than the queue needs."""
    grants = await callers.says_yes()
    sound = talk(("speech", 70))
    agent, caller = (stream_of(grant, *frames(sound)) for grant in (grants.agent, grants.caller))
    for stream in (agent, caller):
        for chunk in range(70):
            stream.decide(chunk, 1.0)
        for chunk in range(70, 130):
            stream.decide(chunk, 0.0)
    assert caller.windows
    assert not agent.windows
    assert not agent.is_judged
    assert agent.sound.open().size == AGENT_CHUNKS


async def test_sound_is_closed_to_everybody_after_a_withdrawal(callers: Callers) -> None:
    """The ring itself is under the grant: whoever holds the stream cannot hear it any more."""
    stream = stream_of((await callers.says_yes()).caller, *frames(talk(("speech", 10))))
    await callers.stops(answer=Answer.WITHDRAWN)
    with pytest.raises(Withdrawn):
        stream.next_run_into(np.empty((1, CHUNK_SAMPLES), np.int16))
    with pytest.raises(Withdrawn):
        stream.sound.open()


async def test_a_loss_takes_the_open_window_with_it(callers: Callers) -> None:
    """What was half heard when something failed is said to be lost, from its beginning; it is said once."""
    stream = stream_of((await callers.says_yes()).caller, *frames(talk(("speech", 30))))
    for chunk in range(20):
        stream.decide(chunk, 1.0)
    stream.lose(25 * CHUNK_SAMPLES, 28 * CHUNK_SAMPLES)
    assert stream.take_loss() == (0, 28 * CHUNK_SAMPLES)
    assert stream.lost_samples == 0


async def test_after_the_end_nothing_is_known_of_what_was_judged(callers: Callers) -> None:
    """Law: with the sound goes what was judged of it."""
    stream = stream_of((await callers.says_yes()).caller, *frames(talk(("speech", 1))))
    tense = Estimate(0.9, 0.1)
    told = [stream.course.take(ToneScore(at, at + 4.0, tense, tense, "m")) for at in (0.0, 4.0)]
    assert isinstance(told[-1], ToneScore)
    stream.wipe()
    assert isinstance(stream.course.take(ToneScore(8.0, 12.0, tense, tense, "m")), Abstained)


async def test_a_call_names_the_notices_language_and_the_callers(callers: Callers) -> None:
    """Law: fail closed: until the PBX has said what the caller speaks, the second one is unknown."""
    stream = stream_of((await callers.says_yes()).caller, *frames(talk(("speech", 1))))
    assert stream.languages == ("en", "")
    stream.spoken = "tr"
    assert stream.languages == ("en", "tr")


async def test_who_is_heard_is_kept_for_windows_of_the_caller_alone(callers: Callers) -> None:
    """Log-odds are found again by chunk, also around the ring's end; of the agent none are kept, nor after the end."""
    grants = await callers.says_yes()
    sound = list(frames(talk(("speech", 10))))
    agent, caller = (stream_of(grant, *sound) for grant in (grants.agent, grants.caller))
    for first in range(0, CALLER_CHUNKS + 40, 4):
        odds = np.arange(first, first + 4, dtype=np.float32)[:, None] * np.array([1.0, -1.0], np.float32)
        caller.note(first, odds)
        agent.note(first, odds)
    kept = caller.voices(Window(CALLER_CHUNKS - 20, CALLER_CHUNKS + 40))
    np.testing.assert_array_equal(kept[:, 0], np.arange(CALLER_CHUNKS - 20, CALLER_CHUNKS + 40))
    np.testing.assert_array_equal(kept[:, 1], -kept[:, 0])
    with pytest.raises(InvalidValue):
        agent.voices(Window(0, 4))
    caller.wipe()
    assert not caller.voices(Window(0, CALLER_CHUNKS)).any()
