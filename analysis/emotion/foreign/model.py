"""A foreign model in our terms: two outputs, the widest uncertainty, and no language but those a site has tried."""

from collections.abc import Sequence
from time import monotonic
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from analysis.emotion.foreign.child import ForeignGone
from analysis.emotion.foreign.labels import LabelMap
from analysis.emotion.model_files import ModelRefused
from analysis.emotion.score import Abstained, Estimate, Reading, Reason, ToneScore, Verdict
from analysis.emotion.window import LONGEST_SAMPLES, unheard
from analysis.speech.segment import CallerSpeech, SpeechSegment

WIDEST_SIGMA: Final = 0.5
"""No value between 0 and 1 can be more uncertain (Popoviciu 1935). How far a foreign model may be believed on a
telephone line nobody has measured, so its own confidence is not passed on."""
JUDGE_S: Final = 1.0
"""What one batch may take of the engine's thread. What does not fit is not judged, and said to be."""
_SHORTEST_S: Final = 1.0
_ALARM: Final = 0.5


class Host(Protocol):
    """Who asks the model; see `ForeignHost`."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, once started."""
        ...

    @property
    def trouble(self) -> str:
        """Why it cannot be asked now; empty while it can."""
        ...

    def start(self) -> None:
        """Return when it is warm. Raises ModelRefused."""
        ...

    def look(self) -> None:
        """Notice a loss, and do the next thing about it."""
        ...

    def ask(self, samples: Pcm32) -> NDArray[np.float32]:
        """Shares of the labels. Raises ForeignGone."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class ForeignTone:
    """An `EmotionModel` and a `ToneReader`.

    Args:
        model_id: stored with each score.
        host: who asks the model.
        labels: which of its labels stand for our outputs.
        unlocked: the languages in which this site has tried it: without one it judges no call.
    """

    def __init__(self, model_id: str, host: Host, labels: LabelMap, unlocked: frozenset[str] = frozenset()) -> None:
        self._model_id = model_id
        self._host = host
        self._labels = labels
        self._unlocked = unlocked

    @property
    def model_id(self) -> str:
        """Kind, folder and digest."""
        return self._model_id

    @property
    def languages(self) -> frozenset[str]:
        """Those that the site has tried; nobody else has."""
        return self._unlocked

    @property
    def trouble(self) -> str:
        """Why it cannot be asked now; empty while it can."""
        return self._host.trouble

    def warm(self) -> None:
        """Load it. Raises ModelRefused: it is not what was trusted, is no model, or lacks a label of the settings."""
        self._host.start()
        try:
            self._labels.check(self._host.labels)
        except ModelRefused:
            self._host.stop()
            raise

    def look(self) -> None:
        """Notice that its process was lost, and do the next thing about it. Never waits for it."""
        self._host.look()

    def close(self) -> None:
        """End its process."""
        self._host.stop()

    def judge(self, speech: Sequence[CallerSpeech]) -> list[Verdict]:
        """One verdict for each segment, in order; `engine` for what could not be judged in time.

        Raises:
            Withdrawn: the grant of a segment has ended.
        """
        until = monotonic() + JUDGE_S
        return [self._judge_one(part.consented.open(), until) for part in speech]

    def read(self, samples: Pcm32) -> Reading | None:
        """What the model makes of one window; see `ToneReader.read`. Raises ForeignGone."""
        return None if unheard(samples, _SHORTEST_S) else self._read(samples)

    def _read(self, samples: Pcm32) -> Reading:
        activation, anger = self._labels.outputs(self._host.labels, self._host.ask(samples))
        return Reading(Estimate(activation, WIDEST_SIGMA), Estimate(anger, WIDEST_SIGMA), 0.0, anger > _ALARM, None)

    def _judge_one(self, segment: SpeechSegment, until: float) -> Verdict:
        heard = segment.samples[-LONGEST_SAMPLES:]
        start_s, end_s = segment.end_s - len(heard) / ENGINE_RATE_HZ, segment.end_s
        why = unheard(heard, _SHORTEST_S) or (Reason.ENGINE if monotonic() > until else None)
        if why is not None:
            return Abstained(start_s, end_s, why)
        try:
            reading = self._read(heard)
        except ForeignGone:
            return Abstained(start_s, end_s, Reason.ENGINE)
        return ToneScore(start_s, end_s, reading.activation, reading.anger, self._model_id)
