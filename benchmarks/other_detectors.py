"""What users would pick instead of a batch: a detector for each voice. Silero's own two iterators, pipecat's analyzer.

Each is driven as its documentation shows, its model loaded once a voice, since its state lies in there. Beside them the
floor: the bare network on batches that are ready made.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Sequence
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from analysis.speech.detector import CHUNK_SAMPLES, PCM_SCALE
from analysis.speech.silero import CONTEXT_SAMPLES, SileroNetwork

RATE_HZ: Final = 16_000
PACKET_SAMPLES: Final = 320
PIPECAT: Final = "pipecat-ai==1.14.0"

Sounds = NDArray[np.int16]


class Contender(Protocol):
    """Takes part in the rounds."""

    name: str
    voices: int

    async def ready(self, sounds: Sounds) -> None:
        """What is not measured: `sounds` is the next stretch of each voice, int16 of shape (voices, samples)."""
        ...

    async def hear(self) -> float:
        """What is measured, but for the CPU seconds that it returns: what else was done meanwhile."""
        ...


class Floor:
    """The network and nothing else: batches of all voices lie ready as float32, states are fed back."""

    name = "bare batched ONNX (floor)"

    def __init__(self, voices: int) -> None:
        self.voices = voices
        self._network = SileroNetwork()
        self._states = np.zeros((2, voices, 128), np.float32)
        self._tails = np.zeros((voices, CONTEXT_SAMPLES), np.float32)
        self._batches: list[NDArray[np.float32]] = []

    async def ready(self, sounds: Sounds) -> None:
        """Make the batches."""
        self._batches.clear()
        for chunk in _parts(sounds, CHUNK_SAMPLES):
            batch = np.concatenate((self._tails, chunk * PCM_SCALE), axis=1, dtype=np.float32)
            self._tails = batch[:, -CONTEXT_SAMPLES:].copy()
            self._batches.append(batch)

    async def hear(self) -> float:
        """Run them."""
        for batch in self._batches:
            _, self._states = self._network.run(batch, self._states)
        return 0.0


class Iterators:
    """silero-vad's VADIterator, one a voice, fed chunks of 512 samples as its README shows."""

    def __init__(self, voices: int, *, onnx: bool) -> None:
        import torch
        from silero_vad import VADIterator, load_silero_vad

        torch.set_num_threads(1)
        self.name = f"silero VADIterator, {'ONNX' if onnx else 'torch'}, one a voice"
        self.voices = voices
        self._torch = torch
        self._iterators: Sequence[Any] = [VADIterator(load_silero_vad(onnx=onnx)) for _ in range(voices)]
        self._sounds: Sounds = np.zeros((voices, 0), np.int16)

    async def ready(self, sounds: Sounds) -> None:
        """Nothing to be made."""
        self._sounds = sounds

    async def hear(self) -> float:
        """A tensor of each chunk, and what the iterator says of it."""
        for chunk in _parts(self._sounds, CHUNK_SAMPLES):
            for samples, iterator in zip(chunk, self._iterators, strict=True):
                iterator(self._torch.from_numpy(samples.astype(np.float32) * PCM_SCALE))
        return 0.0


class Pipecat:
    """pipecat's SileroVADAnalyzer, one a voice with a thread of its own, fed packets of 20 ms as its transports do."""

    def __init__(self, voices: int) -> None:
        """Raises ImportError where pipecat is not installed."""
        from loguru import logger

        logger.remove()
        from importlib.metadata import version

        from pipecat.audio.vad.silero import SileroVADAnalyzer

        self.name = f"pipecat {version('pipecat-ai')} SileroVADAnalyzer, one a voice"
        self.voices = voices
        self._analyzers: Sequence[Any] = [SileroVADAnalyzer(sample_rate=RATE_HZ) for _ in range(voices)]
        for analyzer in self._analyzers:
            analyzer.set_sample_rate(RATE_HZ)
        self._buffers: list[list[bytes]] = []

    async def ready(self, sounds: Sounds) -> None:
        """Bytes, as its transports bring them."""
        self._buffers = [[samples.tobytes() for samples in packet] for packet in _parts(sounds, PACKET_SAMPLES)]

    async def hear(self) -> float:
        """All voices' analyzers for each packet, as its pipelines await them."""
        for buffers in self._buffers:
            await asyncio.gather(
                *(analyzer.analyze_audio(buffer) for analyzer, buffer in zip(self._analyzers, buffers, strict=True))
            )
        return 0.0


def others(voices: int) -> tuple[dict[str, Contender], dict[str, str]]:
    """Those that are installed, by the key of their figures; and how to install the rest."""
    found: dict[str, Contender] = {}
    missing: dict[str, str] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found["torch"], found["onnx"] = Iterators(voices, onnx=False), Iterators(voices, onnx=True)
        except ImportError as why:
            missing["silero VADIterator"] = f"not installed: {why}"
        try:
            found["pipecat"] = Pipecat(voices)
        except ImportError:
            missing["pipecat SileroVADAnalyzer"] = f"not installed: pip install {PIPECAT}, in an environment of its own"
    return found, missing


def _parts(sounds: Sounds, samples: int) -> list[Sounds]:
    return [sounds[:, at : at + samples] for at in range(0, sounds.shape[1], samples)]
