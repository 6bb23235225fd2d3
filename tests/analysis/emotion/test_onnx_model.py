"""The tone model of the live path: what it scores, when it keeps silent, what it needs."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from analysis.emotion.log_mel import log_mel
from analysis.emotion.model import EmotionModel
from analysis.emotion.model_files import NETWORK, PACKAGED, ModelRefused, read_verified
from analysis.emotion.onnx_model import OnnxToneModel, OnnxToneNetwork, ToneNetwork
from analysis.emotion.score import Abstained, Reason, ToneScore
from analysis.emotion.window import LONGEST_SAMPLES
from consent.errors import Withdrawn
from consent.states import Answer
from tests.analysis.emotion.model_copies import caller_speech, copy_model, flip_bit
from tests.analysis.voices import as_float, engine_voice
from tests.conftest import Callers

CALM, TENSE = ("emodb_13b03Na", "emodb_13b01Nc", "emodb_13a05Nb"), ("emodb_13a05Wc", "emodb_13b09Wa", "emodb_13b02Wa")


@pytest.fixture(scope="module")
def model() -> OnnxToneModel:
    """The shipped model, warm."""
    opened = OnnxToneModel()
    opened.warm()
    return opened


def noise(samples: int, level: float) -> Pcm32:
    """White noise."""
    return (np.random.default_rng(1).standard_normal(samples) * level).astype(np.float32)


async def test_calm_and_tense_speech_are_told_apart(model: OnnxToneModel, callers: Callers) -> None:
    """Law: speech as it comes over a line is scored, and a shout scores far above a quiet sentence."""
    grant = (await callers.says_yes()).caller
    verdicts = model.judge([caller_speech(grant, as_float(engine_voice(name))) for name in CALM + TENSE])
    scores = [verdict for verdict in verdicts if isinstance(verdict, ToneScore)]
    assert len(scores) == len(CALM + TENSE)
    assert all(score.activation.value < 0.2 and score.anger.value < 0.2 for score in scores[:3])
    assert all(score.activation.value > 0.8 and score.anger.value > 0.8 for score in scores[3:])
    assert all(0.0 < score.activation.sigma < 0.5 for score in scores)
    assert {score.model_id for score in scores} == {model.model_id}


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (noise(4 * ENGINE_RATE_HZ, 0.1), Reason.UNFAMILIAR),
        (np.sin(np.arange(64_000) * 0.17).astype(np.float32), Reason.UNFAMILIAR),
        (np.zeros(4 * ENGINE_RATE_HZ, np.float32), Reason.LINE),
        (noise(4 * ENGINE_RATE_HZ, 1e-5), Reason.LINE),
        (np.full(4 * ENGINE_RATE_HZ, np.nan, np.float32), Reason.LINE),
        (noise(ENGINE_RATE_HZ // 2, 0.1), Reason.TOO_LITTLE_SPEECH),
    ],
    ids=["noise", "tone", "silence", "faint", "not-a-number", "short"],
)
async def test_what_is_no_fit_speech_gets_no_score(
    model: OnnxToneModel, callers: Callers, samples: Pcm32, reason: Reason
) -> None:
    """Law: noise, silence and scraps are not judged, and the reason is said: silence never looks like calm."""
    grant = (await callers.says_yes()).caller
    (verdict,) = model.judge([caller_speech(grant, samples)])
    assert isinstance(verdict, Abstained)
    assert verdict.reason is reason


async def test_a_caller_is_judged_alike_alone_and_among_others(model: OnnxToneModel, callers: Callers) -> None:
    """Law: a score does not depend on who else is talking at that moment."""
    grant = (await callers.says_yes()).caller
    speech = [caller_speech(grant, as_float(engine_voice(name))) for name in CALM + TENSE]
    assert model.judge(speech) == [model.judge([one])[0] for one in speech]


async def test_of_a_long_segment_only_what_was_judged_is_covered(model: OnnxToneModel, callers: Callers) -> None:
    """Law: a verdict names the stretch that the model really heard."""
    grant = (await callers.says_yes()).caller
    voice = np.concatenate([as_float(engine_voice(name)) for name in CALM + TENSE])
    assert len(voice) > LONGEST_SAMPLES
    (verdict,) = model.judge([caller_speech(grant, voice, start_sample=ENGINE_RATE_HZ)])
    assert verdict.end_s == pytest.approx(1.0 + len(voice) / ENGINE_RATE_HZ)
    assert verdict.end_s - verdict.start_s == pytest.approx(8.0)


async def test_a_withdrawn_voice_is_not_judged(model: OnnxToneModel, callers: Callers) -> None:
    """Law: after a stop the model refuses what was admitted before."""
    grant = (await callers.says_yes()).caller
    speech = caller_speech(grant, as_float(engine_voice(CALM[0])))
    await callers.stops(answer=Answer.WITHDRAWN)
    with pytest.raises(Withdrawn):
        model.judge([speech])


def test_it_is_a_tone_model_for_the_languages_it_was_calibrated_on(model: OnnxToneModel) -> None:
    """Law: the model says for which languages it may be asked."""
    asked: EmotionModel = model
    assert asked.languages == {"de", "en"}


def test_a_spoilt_model_never_starts(tmp_path: Path) -> None:
    """Law: one flipped bit, and the model is refused by name before anything runs."""
    folder = copy_model(tmp_path)
    flip_bit(folder / "tone.onnx")
    with pytest.raises(ModelRefused, match=r"tone\.onnx"):
        OnnxToneModel(folder)


def test_the_live_path_needs_no_torch() -> None:
    """Law: serving loads neither torch nor speechbrain nor onnx, and opens no socket."""
    program = """
import socket, sys
socket.socket = None
import numpy
from analysis.emotion.onnx_model import OnnxToneModel
model = OnnxToneModel()
model.warm()
print(sorted({"torch", "torchaudio", "speechbrain", "onnx"} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


class SteadyNetwork:
    """A `ToneNetwork` that says the same of every picture, and remembers how large they were."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """Five heads that know nothing, of speech that is familiar."""
        self.shapes.append(picture.shape)
        return np.zeros((5, 2), np.float32), 0.0


async def test_its_network_may_run_elsewhere(callers: Callers) -> None:
    """Law: calibration and judging stay here; what is asked of the network is one picture, and nothing of the call."""
    network: ToneNetwork = SteadyNetwork()
    model = OnnxToneModel(read_verified(PACKAGED), network)
    grant = (await callers.says_yes()).caller
    voice = as_float(engine_voice(CALM[0]))
    (verdict,) = model.judge([caller_speech(grant, voice)])
    assert isinstance(verdict, ToneScore)
    assert isinstance(network, SteadyNetwork)
    assert network.shapes == [(80, len(voice) // 160)]


def test_the_network_of_a_model_is_what_runs_here(model: OnnxToneModel) -> None:
    """Law: the network alone gives what the model gives before calibration."""
    voice = as_float(engine_voice(CALM[0]))
    logits, distance = OnnxToneNetwork(read_verified(PACKAGED).contents[NETWORK]).run(log_mel(voice))
    expected, expected_distance = model.run(voice)
    np.testing.assert_array_equal(logits, expected)
    assert distance == expected_distance
