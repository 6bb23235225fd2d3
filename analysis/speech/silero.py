"""The one door to Silero VAD: its ONNX file run by ONNX Runtime, or as it would, all streams of a tick in one batch.

`import silero_vad` imports torch, 300 MB that the live path does not need: only the package's place is looked up.
A batch costs a third of what the same chunks cost one by one (benchmarks measure it), so state lives here in
preallocated arrays, one row a stream.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import onnxruntime

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from analysis.speech.detector import CHUNK_SAMPLES, Chances, Rows
from analysis.speech.silero_matrices import MatrixNetwork
from analysis.speech.voice_check import COLUMNS, VoiceCheck
from consent.errors import InvalidValue, OuidireError

CONTEXT_SAMPLES: Final = 64
"""What the model wants to hear again of the chunk before (silero-vad, `OnnxWrapper.__call__`)."""

_STATE_SHAPE: Final = (2, 128)
_FIRST_ROWS: Final = 64
_PROVEN_CHUNKS: Final = 32
_AGREE: Final = 1e-3
"""How far a likelihood may be from ONNX Runtime's own; what was seen is a hundredth of it."""


class SileroMissing(OuidireError):
    """The package silero-vad is not installed, or without its model."""


def model_path() -> Path:
    """Where the package keeps its model. Raises SileroMissing."""
    spec = find_spec("silero_vad")
    if spec is None or spec.origin is None:
        raise SileroMissing("the package silero-vad is not installed")
    path = Path(spec.origin).parent / "data" / "silero_vad.onnx"
    if not path.is_file():
        raise SileroMissing(f"silero-vad has no model at {path}")
    return path


class VoiceNetwork(Protocol):
    """Silero's network: a pure function of arrays, so that it may run where nothing of a call is known."""

    def run(self, batch: Pcm32, states: Pcm32) -> tuple[Chances, Pcm32]:
        """Hear one chunk of each stream.

        Args:
            batch: each stream's last 64 samples and its chunk, float32 of shape (n, 576).
            states: what the network remembers of each stream, float32 of shape (2, n, 128).

        Returns:
            Likelihoods of speech, float32 of shape (n,), and the states for the next chunk, shape (2, n, 128).
        """
        ...


class SileroNetwork:
    """The network in this process: one ONNX Runtime session with one thread. See `VoiceNetwork`.

    Raises:
        SileroMissing: its model is not there.
    """

    def __init__(self, path: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # A second spent spinning for work is a second taken from the PBX beside us.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: Any = onnxruntime.InferenceSession(
            str(path or model_path()), options, providers=["CPUExecutionProvider"]
        )
        self._rate = np.array(ENGINE_RATE_HZ, np.int64)

    def run(self, batch: Pcm32, states: Pcm32) -> tuple[Chances, Pcm32]:
        """Likelihoods and states; see `VoiceNetwork.run`."""
        chances, after = self._session.run(None, {"input": batch, "state": states, "sr": self._rate})
        return chances[:, 0], after


def network_of(path: Path | None = None) -> VoiceNetwork:
    """The network in this process, by the shortest way that gives ONNX Runtime's answers.

    That is products of matrices, where they prove themselves on sound that is made here; else ONNX Runtime itself.

    Raises:
        SileroMissing: the model is not there.
    """
    session = SileroNetwork(path)
    try:
        matrices = MatrixNetwork((path or model_path()).read_bytes())
    except InvalidValue:
        return session
    return matrices if _agree(matrices, session) else session


def _agree(one: VoiceNetwork, other: VoiceNetwork) -> bool:
    """Whether two networks answer and remember alike over a second of noise from faint to loud."""
    rng = np.random.default_rng(0)
    loudness = np.array([[0.0], [1e-3], [0.1], [0.5]], np.float32)
    states = other_states = np.zeros((_STATE_SHAPE[0], len(loudness), _STATE_SHAPE[1]), np.float32)
    for _ in range(_PROVEN_CHUNKS):
        noise = rng.standard_normal((len(loudness), CONTEXT_SAMPLES + CHUNK_SAMPLES), np.float32) * loudness
        chances, states = one.run(noise, states)
        other_chances, other_states = other.run(noise, other_states)
        if not np.allclose(chances, other_chances, rtol=0, atol=_AGREE):
            return False
    return np.allclose(states, other_states, rtol=_AGREE, atol=_AGREE)


class SileroDetector:
    """Silero VAD at 16 kHz (a native 8 kHz hears women worse: silero-vad#765). See `SpeechDetector`.

    Raises:
        SileroMissing: the model is not there, or not the one whose memory `voice_check` reads.
    """

    def __init__(self, network: VoiceNetwork | None = None, check: VoiceCheck | None = None) -> None:
        try:
            self._check = check or VoiceCheck.of(model_path())
        except InvalidValue as error:
            raise SileroMissing(str(error)) from error
        self._network = network or network_of()
        self._states = np.zeros((_STATE_SHAPE[0], _FIRST_ROWS, _STATE_SHAPE[1]), np.float32)
        self._contexts = np.zeros((_FIRST_ROWS, CONTEXT_SAMPLES), np.float32)
        self._voices = np.zeros((_FIRST_ROWS, len(COLUMNS)), np.float32)
        self._input = np.zeros((_FIRST_ROWS, CONTEXT_SAMPLES + CHUNK_SAMPLES), np.float32)
        self._free = list(range(_FIRST_ROWS - 1, -1, -1))

    def warm(self) -> None:
        """Run once on silence, so that the first call does not wait."""
        row = self.open()
        self.hear(np.array([row], np.intp), np.zeros((1, CHUNK_SAMPLES), np.float32))
        self.close(row)

    def open(self) -> int:
        """A row of state for a new stream; the arrays double when all are taken."""
        if not self._free:
            self._grow()
        return self._free.pop()

    def reset(self, row: int) -> None:
        """Forget what the row heard (silero-vad#790: stale state after a jump is heard as speech)."""
        self._states[:, row] = 0.0
        self._contexts[row] = 0.0
        self._voices[row] = 0.0

    def close(self, row: int) -> None:
        """Give the row back, wiped, and with it what the newest batch still holds of its sound."""
        self.reset(row)
        self._input[:] = 0.0
        self._free.append(row)

    def hear(self, rows: Rows, chunks: Pcm32) -> Chances:
        """How likely each chunk is speech; see `SpeechDetector.hear`."""
        count = len(rows)
        batch = self._input[:count]
        batch[:, :CONTEXT_SAMPLES] = self._contexts[rows]
        batch[:, CONTEXT_SAMPLES:] = chunks
        chances, states = self._network.run(batch, self._states[:, rows])
        self._states[:, rows] = states
        self._contexts[rows] = batch[:, -CONTEXT_SAMPLES:]
        self._voices[rows] = self._check.voices(states[0])
        return chances

    def voices(self, rows: Rows) -> Chances:
        """Log-odds that a person talks, and that several do; see `SpeechDetector.voices`."""
        return self._voices[rows]

    def _grow(self) -> None:
        rows = len(self._contexts)
        self._states = np.concatenate((self._states, np.zeros_like(self._states)), axis=1)
        self._contexts = np.concatenate((self._contexts, np.zeros_like(self._contexts)))
        self._voices = np.concatenate((self._voices, np.zeros_like(self._voices)))
        self._input = np.concatenate((self._input, np.zeros_like(self._input)))
        self._free = list(range(2 * rows - 1, rows - 1, -1))
