"""Silero's network as products of matrices."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import analysis
from analysis.audio import Pcm32
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.silero import CONTEXT_SAMPLES, SileroNetwork, VoiceNetwork, model_path
from analysis.speech.silero_matrices import MatrixNetwork
from consent.errors import InvalidValue
from tests.analysis.voices import as_float, engine_voice

MODEL = model_path().read_bytes()
VOICES = ("caller_calm_en", "caller_tense_en", "caller_tense_fr", "agent_calm_en")


def hear(network: VoiceNetwork, sounds: Pcm32) -> tuple[Pcm32, Pcm32]:
    """Every chunk's likelihoods, shape (chunks, n), and the states at the end."""
    states, every = np.zeros((2, len(sounds), 128), np.float32), []
    for at in range(0, sounds.shape[1] - CHUNK_SAMPLES - CONTEXT_SAMPLES, CHUNK_SAMPLES):
        chances, states = network.run(sounds[:, at : at + CONTEXT_SAMPLES + CHUNK_SAMPLES], states)
        every.append(chances)
    return np.stack(every), states


def sounds() -> Pcm32:
    """Voices, loud and faint noise, and silence, 6 s each."""
    rng, length = np.random.default_rng(3), 96_000
    voices = [np.resize(as_float(engine_voice(name)), length) for name in VOICES]
    noises = [rng.standard_normal(length).astype(np.float32) * loudness for loudness in (0.5, 0.01, 0.0)]
    return np.stack([*voices, *noises])


def test_the_answers_are_onnx_runtimes() -> None:
    """On voices, noise and silence each likelihood is the same to a ten-thousandth, and so is what is remembered."""
    wanted, wanted_states = hear(SileroNetwork(), sounds())
    chances, states = hear(MatrixNetwork(MODEL), sounds())
    assert (wanted > 0.9).any()
    np.testing.assert_allclose(chances, wanted, atol=1e-4)
    np.testing.assert_allclose(states, wanted_states, atol=1e-2)


def test_voices_in_one_batch_do_not_hear_each_other() -> None:
    """Batches that grow, shrink and grow again: each voice gets what it would get alone, whatever lay there before."""
    network, every = MatrixNetwork(MODEL), sounds()
    alone = np.stack([hear(MatrixNetwork(MODEL), sound[None])[0][:, 0] for sound in every], axis=1)
    for count in (7, 1, 3, 7):
        np.testing.assert_allclose(hear(network, every[:count])[0], alone[:, :count], atol=1e-4)
    many = np.tile(every, (20, 1))[:130]
    np.testing.assert_allclose(hear(network, many)[0], np.tile(alone, 20)[:, :130], atol=1e-4)


def test_what_was_answered_is_not_changed_by_the_next_run() -> None:
    """Likelihoods and states belong to whoever asked for them."""
    network, states = MatrixNetwork(MODEL), np.zeros((2, 4, 128), np.float32)
    batch = sounds()[:4, :576]
    chances, after = network.run(batch, states)
    kept = chances.copy(), after.copy()
    network.run(batch[::-1], after)
    np.testing.assert_array_equal(chances, kept[0])
    np.testing.assert_array_equal(after, kept[1])
    assert not states.any()


def test_no_sound_stays_within() -> None:
    """A voice is not kept where it passed through: its grant may have ended before the next run."""
    network = MatrixNetwork(MODEL)
    hear(network, sounds())
    assert not network._between.padded.any()
    assert not network._between.frames.any()


@pytest.mark.parametrize("model", [b"", b"no model", MODEL[:1_000_000]])
def test_another_model_is_refused(model: bytes) -> None:
    """Weights that are not all there, or of another shape, are not run."""
    with pytest.raises(InvalidValue):
        MatrixNetwork(model)


def test_one_thread_does_it() -> None:
    """The products take no other core where the environment does not ask for it: those are the PBX's."""
    code = """
import sys
from pathlib import Path
from analysis.speech.silero_matrices import MatrixNetwork
import numpy as np
network = MatrixNetwork(Path(sys.argv[1]).read_bytes())
network.run(np.zeros((400, 576), np.float32), np.zeros((2, 400, 128), np.float32))
print(len(list(Path("/proc/self/task").iterdir())))
"""
    here = Path(analysis.__path__[0]).parent
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", code, str(model_path())]
    ran = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=here)
    assert ran.stdout.strip() == "1"
