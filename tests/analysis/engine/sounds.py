"""Sound for the engine's tests: loud stretches that `LoudnessDetector` takes for speech, cut into frames of 20 ms."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm16
from analysis.engine.batcher import Batcher, Listened
from analysis.engine.inbox import Heard
from analysis.speech.detector import CHUNK_SAMPLES
from consent.grant import ConsentGrant

FRAME_SAMPLES = 320
SYLLABLE_CHUNKS = 5


def talk(*stretches: tuple[str, int]) -> Pcm16:
    """Stretches of ("speech" | "silence", chunks) as int16 at 16 kHz.

    Speech is noise that falls and rises as syllables do, so that it is fit; silence is faint noise.
    """
    rng = np.random.default_rng(1)
    parts = []
    for kind, chunks in stretches:
        length = chunks * CHUNK_SAMPLES
        envelope = np.full(length, 4.0)
        if kind == "speech":
            # Each syllable falls to nothing within its 160 ms, but stays over the detector's threshold on the mean.
            envelope = 6_000 * np.linspace(1, 0.02, CHUNK_SAMPLES)[np.arange(length) % CHUNK_SAMPLES] ** 2
        parts.append(rng.standard_normal(length) * envelope)
    pcm: Pcm16 = np.clip(np.concatenate(parts), -32_000, 32_000).astype(np.int16)
    return pcm


def frames(pcm: Pcm16, start_sample: int = 0) -> Iterator[AudioFrame]:
    """The sound as 20 ms frames."""
    for begin in range(0, len(pcm), FRAME_SAMPLES):
        yield AudioFrame(start_sample + begin, ENGINE_RATE_HZ, pcm[begin : begin + FRAME_SAMPLES])


def listen(batcher: Batcher, *sounds: tuple[ConsentGrant, Pcm16], start_chunk: int = 0, spoken: str = "en") -> Listened:
    """The sounds of several grants side by side, through as many ticks of a second as they take; all that came out."""
    every = Listened([], [], {})
    for begin in range(0, max(len(pcm) for _, pcm in sounds), ENGINE_RATE_HZ):
        start_sample = start_chunk * CHUNK_SAMPLES + begin
        tick = [heard(grant, pcm[begin : begin + ENGINE_RATE_HZ], start_sample, spoken) for grant, pcm in sounds]
        listened = batcher.listen([item for item in tick if item.frames])
        every.abstained.extend(listened.abstained)
        every.speech.extend(listened.speech)
        every.facts.update(listened.facts)
    return every


def heard(grant: ConsentGrant, pcm: Pcm16, start_sample: int = 0, spoken: str = "en") -> Heard:
    """All of it as what came in one tick; `spoken` is what the PBX says of the language."""
    return Heard(grant, [grant.admit(frame) for frame in frames(pcm, start_sample)], None, spoken)
