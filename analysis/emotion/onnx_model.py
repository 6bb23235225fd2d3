"""The tone model of the live path: ONNX Runtime alone, files checked before use, nothing fetched from anywhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from analysis.emotion.calibration import parse
from analysis.emotion.log_mel import log_mel
from analysis.emotion.model_files import CALIBRATION, NETWORK, PACKAGED, ModelFiles, read_verified
from analysis.emotion.score import Abstained, Reading, ToneScore, Verdict
from analysis.emotion.window import LONGEST_SAMPLES, unheard
from analysis.speech.segment import CallerSpeech, SpeechSegment


class ToneNetwork(Protocol):
    """The tone model's network: a pure function of arrays, so that it may run where nothing of a call is known."""

    def run(self, picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """Judge one window.

        Args:
            picture: what `log_mel` makes of at most 8 s, float32 of shape `[80, frames]`.

        Returns:
            float32 logits of shape `[heads, 2]` (activation, anger), uncalibrated, and the distance from what was
            trained on, where 1 is the edge of the training speakers' range.
        """
        ...


class OnnxToneNetwork:
    """The network in this process: one ONNX Runtime session with one thread. See `ToneNetwork`."""

    def __init__(self, content: bytes) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def run(self, picture: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
        """Logits and distance; see `ToneNetwork.run`."""
        logits, distance = self._session.run(["logits", "distance"], {"picture": picture[None]})
        return np.asarray(logits[0], dtype=np.float32), float(distance[0])


class OnnxToneModel:
    """An `EmotionModel` on a network that ONNX Runtime runs, here or elsewhere.

    Segments are run one by one. Int8 activations are scaled over all that is run together, so in a batch a caller's
    score would depend on who else is talking; and on one core a batch is no faster.

    Args:
        files: the model's folder, or what was read and checked of it.
        network: the same model's network where it runs elsewhere; by default it is loaded here.
        unlocked: further languages that this site has tried it on.

    Raises:
        ModelRefused: a file of the model is missing or not the one that was trained.
    """

    def __init__(
        self,
        files: Path | ModelFiles = PACKAGED,
        network: ToneNetwork | None = None,
        unlocked: frozenset[str] = frozenset(),
    ) -> None:
        if isinstance(files, Path):
            files = read_verified(files)
        self._calibration = parse(files.contents[CALIBRATION])
        self._network = network or OnnxToneNetwork(files.contents[NETWORK])
        self._model_id = files.model_id
        self._languages = frozenset(self._calibration.languages) | unlocked

    @property
    def model_id(self) -> str:
        """Name and version, stored with each score."""
        return self._model_id

    @property
    def languages(self) -> frozenset[str]:
        """Languages that the model was calibrated on, and those that the site has tried."""
        return self._languages

    def warm(self) -> None:
        """Run once on silence of the longest length, so that memory is there before the first call."""
        self.run(np.zeros(LONGEST_SAMPLES, dtype=np.float32))

    def judge(self, speech: Sequence[CallerSpeech]) -> list[Verdict]:
        """One verdict for each segment, in order.

        Raises:
            Withdrawn: the grant of a segment has ended.
        """
        return [self._judge_one(part.consented.open()) for part in speech]

    def run(self, samples: Pcm32) -> tuple[NDArray[np.float32], float]:
        """Run the network on one window of at most 8 s at 16 kHz.

        Returns:
            Logits and distance; see `ToneNetwork.run`.
        """
        return self._network.run(log_mel(samples))

    def read(self, samples: Pcm32) -> Reading | None:
        """What the network makes of one window of at most 8 s at 16 kHz; None where it is too short or too faint."""
        return None if unheard(samples, self._calibration.shortest_s) else self._read(samples)

    def _read(self, samples: Pcm32) -> Reading:
        return self._calibration.reading(*self.run(samples))

    def _judge_one(self, segment: SpeechSegment) -> Verdict:
        """Judge one segment, or say why not."""
        heard = segment.samples[-LONGEST_SAMPLES:]
        start_s, end_s = segment.end_s - len(heard) / ENGINE_RATE_HZ, segment.end_s
        why = unheard(heard, self._calibration.shortest_s)
        if why is not None:
            return Abstained(start_s, end_s, why)
        reading = self._read(heard)
        if reading.reason is not None:
            return Abstained(start_s, end_s, reading.reason)
        return ToneScore(start_s, end_s, reading.activation, reading.anger, self._model_id)
