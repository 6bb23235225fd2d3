"""The door to Silero."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis.audio import Pcm32
from analysis.speech import silero
from analysis.speech.detector import CHUNK_SAMPLES, Chances
from analysis.speech.silero import SileroDetector, SileroMissing, SileroNetwork, VoiceNetwork
from analysis.speech.silero_matrices import MatrixNetwork
from consent.errors import OuidireError
from tests.analysis.voices import as_float, engine_voice


def chunks_of(samples: Pcm32, count: int) -> Pcm32:
    """The first chunks of a sound, shape (count, 512)."""
    return samples[: count * CHUNK_SAMPLES].reshape(count, CHUNK_SAMPLES)


def hear_alone(detector: SileroDetector, chunks: Pcm32) -> list[float]:
    """One stream through a row of its own."""
    row = np.array([detector.open()])
    return [float(detector.hear(row, chunk[None])[0]) for chunk in chunks]


def test_a_voice_is_speech_and_silence_is_not() -> None:
    """The model and its input are put together rightly: a voice is heard, silence and noise are not."""
    detector = SileroDetector()
    voice = hear_alone(detector, chunks_of(as_float(engine_voice("caller_calm_en")), 200))
    silence = hear_alone(detector, np.zeros((60, CHUNK_SAMPLES), np.float32))
    noise = hear_alone(detector, np.random.default_rng(0).normal(0, 0.03, (60, CHUNK_SAMPLES)).astype(np.float32))
    assert np.mean(np.array(voice) > 0.5) > 0.5
    assert max(silence) < 0.2
    assert np.mean(np.array(noise) > 0.5) < 0.1


def test_streams_in_one_batch_do_not_hear_each_other() -> None:
    """However streams are put together in batches, each gets what it would get alone: no state leaks between calls."""
    voices = [
        chunks_of(as_float(engine_voice(name)), 60) for name in ("caller_calm_en", "caller_tense_fr", "agent_calm_en")
    ]
    alone = [hear_alone(SileroDetector(), voice) for voice in voices]
    together, heard = SileroDetector(), [[], [], []]  # type: tuple[SileroDetector, list[list[float]]]
    rows = [together.open() for _ in voices]
    for turn in range(60):
        order = [0, 1, 2] if turn % 2 else [2, 0]  # the second stream misses every other turn, and catches up
        if turn % 2:
            order = [0, 2, 1]
        chunks = np.stack([voices[i][len(heard[i])] for i in order])
        for i, chance in zip(order, together.hear(np.array([rows[i] for i in order]), chunks), strict=True):
            heard[i].append(float(chance))
    for i in range(3):
        np.testing.assert_allclose(heard[i], alone[i][: len(heard[i])], atol=1e-3)


def test_a_row_that_is_given_back_is_wiped() -> None:
    """The next call that gets the row hears nothing of the last one."""
    detector = SileroDetector()
    row = detector.open()
    voice = chunks_of(as_float(engine_voice("caller_tense_en")), 40)
    for chunk in voice:
        detector.hear(np.array([row]), chunk[None])
    detector.close(row)
    assert not any(array.any() for array in (detector._states, detector._contexts, detector._input))
    assert detector.open() == row
    again = float(detector.hear(np.array([row]), np.zeros((1, CHUNK_SAMPLES), np.float32))[0])
    fresh = hear_alone(SileroDetector(), np.zeros((1, CHUNK_SAMPLES), np.float32))[0]
    assert again == pytest.approx(fresh, abs=1e-4)


def test_rows_grow_without_a_stream_losing_its_state() -> None:
    """More streams than rows: the arrays double, every row is its own, and what was heard before is kept."""
    detector, control = SileroDetector(), SileroDetector()
    voice = chunks_of(as_float(engine_voice("caller_calm_en")), 30)
    row, control_row = np.array([detector.open()]), np.array([control.open()])
    for chunk in voice[:20]:
        detector.hear(row, chunk[None])
        control.hear(control_row, chunk[None])
    others = [detector.open() for _ in range(200)]
    assert len({*others, int(row[0])}) == 201
    for chunk in voice[20:]:
        assert detector.hear(row, chunk[None])[0] == pytest.approx(control.hear(control_row, chunk[None])[0], abs=1e-5)


def test_torch_is_not_imported() -> None:
    """The package of Silero imports torch; our door finds its model without importing the package."""
    code = (
        "import sys; from analysis.speech.silero import SileroDetector; SileroDetector().warm();"
        "print([m for m in ('torch', 'silero_vad') if m in sys.modules])"
    )
    root = Path(silero.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert done.stdout.strip() == "[]"


def test_a_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that names the package, not an AttributeError on None."""
    monkeypatch.setattr(silero, "find_spec", lambda name: None)
    with pytest.raises(SileroMissing, match="silero-vad"):
        silero.model_path()


class FickleNetwork:
    """The real network, until it is told to be gone."""

    def __init__(self) -> None:
        self._network: VoiceNetwork = SileroNetwork()
        self.is_gone = False

    def run(self, batch: Pcm32, states: Pcm32) -> tuple[Chances, Pcm32]:
        """Answer, or raise."""
        if self.is_gone:
            raise OuidireError("it is gone")
        return self._network.run(batch, states)


def test_a_network_that_was_gone_takes_no_memory_with_it() -> None:
    """Law: what is remembered of a stream is kept here: a chunk that could not be heard changes nothing of it."""
    network = FickleNetwork()
    detector, control = SileroDetector(network), SileroDetector(SileroNetwork())
    row, control_row = np.array([detector.open()]), np.array([control.open()])
    for at, chunk in enumerate(chunks_of(as_float(engine_voice("caller_calm_en")), 30)):
        if at == 20:
            network.is_gone = True
            with pytest.raises(OuidireError):
                detector.hear(row, np.ones((1, CHUNK_SAMPLES), np.float32))
            network.is_gone = False
        assert detector.hear(row, chunk[None])[0] == control.hear(control_row, chunk[None])[0]


def test_the_short_way_is_taken_where_it_gives_the_same_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Matrices that prove themselves against ONNX Runtime are taken; others are not."""
    assert isinstance(silero.network_of(), MatrixNetwork)
    monkeypatch.setattr(
        MatrixNetwork, "run", lambda self, batch, states: (np.full(len(batch), 0.3, np.float32), states)
    )
    assert isinstance(silero.network_of(), SileroNetwork)
    monkeypatch.undo()
    other = Path(silero.model_path()).with_name("silero_vad_op18_ifless.onnx")
    assert isinstance(silero.network_of(other), SileroNetwork)
