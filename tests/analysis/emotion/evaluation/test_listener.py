"""A recording is judged as a call would be."""

import numpy as np
import pytest

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm32
from analysis.emotion.evaluation.listener import Listener
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.score import Abstained, Estimate, Reading, Reason, ToneScore, Verdict
from analysis.engine.batcher import Batcher
from analysis.engine.inbox import Heard
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.silero import SileroDetector
from consent.grant import ConsentGrant
from consent.parties import Party
from tests.analysis.emotion.evaluation.judged import clip
from tests.analysis.voices import as_float, engine_voice
from tests.conftest import Callers


class Recorder:
    """A reader that keeps what it was given."""

    model_id = "recorder"

    def __init__(self) -> None:
        self.given: list[Pcm32] = []

    def read(self, samples: Pcm32) -> Reading | None:
        """The same for everything."""
        self.given.append(samples)
        return Reading(Estimate(0.4, 0.1), Estimate(0.3, 0.1), 0.5, False, None)


class Deaf(Recorder):
    """A reader that cannot run anything."""

    def read(self, samples: Pcm32) -> Reading | None:
        """Nothing."""
        return None


VOICE = "emodb_13b09Wa"


@pytest.fixture(scope="module")
def voice() -> Pcm32:
    """One acted sentence by phone, as float."""
    return as_float(engine_voice(VOICE))


async def test_evaluation_and_a_call_say_the_same(callers: Callers, voice: Pcm32) -> None:
    """Law: the value that is evaluated is the one that a call with this sound would have been told."""
    model = OnnxToneModel()
    found = Listener(SileroDetector(), model).judge(clip(0, "anger"), "as-is", voice)
    (verdict,) = on_a_call(model, (await callers.says_yes()).caller, voice)
    assert isinstance(verdict, ToneScore)
    assert found.reason is None
    assert found.anger == pytest.approx(verdict.anger.value, abs=0.02)
    assert found.activation == pytest.approx(verdict.activation.value, abs=0.02)


@pytest.mark.parametrize(("under_db", "reason"), [(5.0, Reason.NOISE), (20.0, None)])
async def test_what_fills_the_pauses_is_noise_as_on_a_call(
    callers: Callers, voice: Pcm32, under_db: float, reason: Reason | None
) -> None:
    """Law: where the voice itself is clean, but loud noise stands before it, a call is told noise, and so is who
    evaluates; noise far under it hinders neither.
    """
    noise = np.random.default_rng(1).standard_normal(3 * ENGINE_RATE_HZ // 2).astype(np.float32)
    noise *= float(np.sqrt(np.mean(voice**2))) * 10 ** (-under_db / 20)
    sound = np.concatenate([noise, voice])
    model = OnnxToneModel()
    found = Listener(SileroDetector(), model).judge(clip(0, "anger"), "as-is", sound)
    told = on_a_call(model, (await callers.says_yes()).caller, sound)
    assert found.reason is reason
    assert [one.reason if isinstance(one, Abstained) else None for one in told] == [reason]


def on_a_call(model: OnnxToneModel, caller: ConsentGrant, voice: Pcm32) -> list[Verdict]:
    """What the engine's own parts make of a sound on a line that is silent after it."""
    parts = Batcher(SileroDetector(), model, frozenset({Party.CALLER}))
    pcm = np.rint(voice * 32767).astype(np.int16)
    told: list[Verdict] = []
    for start in range(0, len(pcm) + 2 * ENGINE_RATE_HZ, CHUNK_SAMPLES):
        chunk = pcm[start : start + CHUNK_SAMPLES]
        whole = np.zeros(CHUNK_SAMPLES, np.int16)
        whole[: len(chunk)] = chunk
        frame = caller.admit(AudioFrame(start, ENGINE_RATE_HZ, whole))
        listened = parts.listen([Heard(caller, [frame], None, "en")])
        told += [one.open() for one in (*listened.abstained, *parts.judge(listened.speech))]
    return told


def test_silence_is_judged_too_little_and_never_calm() -> None:
    """Law: where nobody speaks the model is not asked."""
    reader = Recorder()
    listener = Listener(SileroDetector(), reader)
    for samples in (np.zeros(32_000, np.float32), np.zeros(100, np.float32), np.zeros(0, np.float32)):
        found = listener.judge(clip(), "as-is", samples)
        assert (found.reason, found.is_scored) == (Reason.TOO_LITTLE_SPEECH, False)
    assert reader.given == []


def test_what_is_unfit_is_ranked_but_not_told(voice: Pcm32) -> None:
    """Law: under noise the quality gate speaks, though the network's value is kept for ranking."""
    noise = np.random.default_rng(1).standard_normal(len(voice)).astype(np.float32)
    level = float(np.sqrt(np.mean(voice**2)))
    found = Listener(SileroDetector(), Recorder()).judge(clip(), "as-is", voice + level * noise)
    assert found.is_scored
    assert found.reason is Reason.NOISE


def test_a_long_recording_is_judged_by_its_fullest_window(voice: Pcm32) -> None:
    """Law: no more than 4 s are judged at once, and they are those with most speech."""
    reader = Recorder()
    long = np.concatenate([voice, np.zeros(2 * ENGINE_RATE_HZ, np.float32), voice, voice])
    Listener(SileroDetector(), reader).judge(clip(), "as-is", long)
    (given,) = reader.given
    assert len(voice) < len(given) <= 125 * CHUNK_SAMPLES


def test_what_the_model_cannot_run_has_a_reason(voice: Pcm32) -> None:
    """Law: no value, no calm."""
    found = Listener(SileroDetector(), Deaf()).judge(clip(), "as-is", voice)
    assert (found.reason, found.is_scored) == (Reason.TOO_LITTLE_SPEECH, False)


def test_one_recording_leaves_nothing_for_the_next(voice: Pcm32) -> None:
    """Law: the order of the recordings changes no value."""
    listener = Listener(SileroDetector(), OnnxToneModel())
    first = listener.judge(clip(), "as-is", voice)
    listener.judge(clip(), "as-is", np.random.default_rng(1).standard_normal(32_000).astype(np.float32) * 0.1)
    assert listener.judge(clip(), "as-is", voice) == first
