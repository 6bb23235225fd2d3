"""A foreign model as the engine and as an evaluation see it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from analysis.audio import Pcm32
from analysis.emotion.foreign import model as model_module
from analysis.emotion.foreign.child import ForeignGone
from analysis.emotion.foreign.labels import LabelMap
from analysis.emotion.foreign.model import WIDEST_SIGMA, ForeignTone
from analysis.emotion.model import EmotionModel, ToneReader
from analysis.emotion.model_files import ModelRefused
from analysis.emotion.score import Abstained, Reason, ToneScore
from consent.errors import Withdrawn
from consent.states import Answer
from tests.analysis.emotion.foreign.tiny_wav2vec2 import window
from tests.analysis.emotion.model_copies import caller_speech
from tests.conftest import Callers

LABELS = LabelMap(("ang",), ("ang", "hap"))


class SteadyHost:
    """A `Host` that says the same of every window, or nothing any more."""

    labels = ("neu", "ang", "hap", "sad")

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble
        self.heard: list[int] = []
        self.is_stopped = False

    def start(self) -> None:
        """It is there."""

    def look(self) -> None:
        """All is as it was."""

    def ask(self, samples: Pcm32) -> NDArray[np.float32]:
        """Shares."""
        if self.trouble:
            raise ForeignGone(self.trouble)
        self.heard.append(len(samples))
        return np.array([0.1, 0.6, 0.2, 0.1], np.float32)

    def stop(self) -> None:
        """It is gone."""
        self.is_stopped = True


def tone(host: SteadyHost, labels: LabelMap = LABELS, unlocked: frozenset[str] = frozenset()) -> ForeignTone:
    """The model."""
    return ForeignTone("speechbrain:m@abc", host, labels, unlocked)


def test_it_is_both_kinds_of_model_and_knows_no_language() -> None:
    """Law: a foreign model fits both roles, and judges no call until the site has tried it in that language."""
    served: EmotionModel = tone(SteadyHost())
    tried: ToneReader = tone(SteadyHost())
    assert served.languages == frozenset()
    assert tried.model_id == "speechbrain:m@abc"
    assert tone(SteadyHost(), unlocked=frozenset({"fr"})).languages == {"fr"}


async def test_a_score_carries_the_widest_uncertainty(callers: Callers) -> None:
    """Law: how sure a foreign model is of itself is not passed on; no label's name is in what is stored."""
    grant = (await callers.says_yes()).caller
    (verdict,) = tone(SteadyHost()).judge([caller_speech(grant, window())])
    assert isinstance(verdict, ToneScore)
    assert (verdict.activation.value, verdict.anger.value) == pytest.approx((0.8, 0.6))
    assert verdict.activation.sigma == verdict.anger.sigma == WIDEST_SIGMA == 0.5
    assert verdict.model_id == "speechbrain:m@abc"


async def test_of_a_long_segment_only_what_was_judged_is_covered(callers: Callers) -> None:
    """Law: a verdict names the stretch that was really heard, 8 s at most."""
    grant = (await callers.says_yes()).caller
    host = SteadyHost()
    (verdict,) = tone(host).judge([caller_speech(grant, window(10.0))])
    assert verdict.end_s - verdict.start_s == pytest.approx(8.0)
    assert host.heard == [128_000]


@pytest.mark.parametrize(
    ("samples", "reason"),
    [(window(0.9), Reason.TOO_LITTLE_SPEECH), (np.zeros(32_000, np.float32), Reason.LINE)],
    ids=["short", "silence"],
)
async def test_what_is_no_speech_is_not_sent(callers: Callers, samples: Pcm32, reason: Reason) -> None:
    """Law: scraps and silence are not judged by anybody."""
    grant = (await callers.says_yes()).caller
    host = SteadyHost()
    (verdict,) = tone(host).judge([caller_speech(grant, samples)])
    assert isinstance(verdict, Abstained)
    assert verdict.reason is reason
    assert tone(host).read(samples) is None
    assert not host.heard


async def test_a_lost_model_is_said_to_be_not_measured(callers: Callers) -> None:
    """Law: a crash of a foreign model never raises into the engine: every window of that time says `engine`."""
    grant = (await callers.says_yes()).caller
    lost = tone(SteadyHost("its process is lost"))
    verdicts = lost.judge([caller_speech(grant, window())] * 3)
    assert [verdict.reason for verdict in verdicts if isinstance(verdict, Abstained)] == [Reason.ENGINE] * 3
    assert lost.trouble == "its process is lost"
    with pytest.raises(ForeignGone):
        lost.read(window())


async def test_a_slow_model_keeps_nobody_waiting(callers: Callers, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: what does not fit into the time of one batch is not begun, and said to be not measured."""
    moments = iter((0.0, 0.0, 2.0, 2.0))
    monkeypatch.setattr(model_module, "monotonic", lambda: next(moments))
    grant = (await callers.says_yes()).caller
    host = SteadyHost()
    verdicts = tone(host).judge([caller_speech(grant, window())] * 3)
    assert [type(verdict) for verdict in verdicts] == [ToneScore, Abstained, Abstained]
    assert len(host.heard) == 1


async def test_a_withdrawn_voice_is_not_judged(callers: Callers) -> None:
    """Law: after a stop a foreign model gets nothing any more."""
    grant = (await callers.says_yes()).caller
    speech = caller_speech(grant, window())
    await callers.stops(answer=Answer.WITHDRAWN)
    host = SteadyHost()
    with pytest.raises(Withdrawn):
        tone(host).judge([speech])
    assert not host.heard


def test_a_reading_knows_no_distance() -> None:
    """Law: for an evaluation the model says what it would have said, and that it knows no strangeness."""
    reading = tone(SteadyHost()).read(window())
    assert reading is not None
    assert (reading.distance, reading.is_alarm, reading.reason) == (0.0, True, None)


def test_a_misspelt_label_is_told_before_a_call() -> None:
    """Law: a model without a label of the settings does not start, and its process is ended."""
    host = SteadyHost()
    with pytest.raises(ModelRefused, match="anger"):
        tone(host, LabelMap(("anger",), ("ang",))).warm()
    assert host.is_stopped


def test_it_is_ended_with_the_service() -> None:
    """Law: closing the model ends its process."""
    host = SteadyHost()
    model = tone(host)
    model.warm()
    model.close()
    assert host.is_stopped
