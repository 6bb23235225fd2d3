"""The role of a tone model; adapters are named after what they run on (`onnx_model`, `speechbrain_model`)."""

from collections.abc import Sequence
from typing import Protocol

from analysis.audio import Pcm32
from analysis.emotion.score import Reading, Verdict
from analysis.speech.segment import CallerSpeech


class EmotionModel(Protocol):
    """Judges callers' speech in batches. Blocking: the engine calls it off the event loop, from one thread."""

    @property
    def model_id(self) -> str:
        """Name and version, stored with each score."""
        ...

    @property
    def languages(self) -> frozenset[str]:
        """Primary language tags ("de", "en") for which it was validated; for others the engine abstains."""
        ...

    def warm(self) -> None:
        """Run once on silence, so that the first call does not wait."""
        ...

    def judge(self, speech: Sequence[CallerSpeech]) -> list[Verdict]:
        """One verdict for each segment, in order. A segment whose grant has ended raises Withdrawn: filter before."""
        ...


class ToneReader(Protocol):
    """What a model is tried by: labelled recordings, which are no call and have no grant. The engine knows it not."""

    @property
    def model_id(self) -> str:
        """Name and version."""
        ...

    def read(self, samples: Pcm32) -> Reading | None:
        """Read one window of at most 8 s at 16 kHz; None for a sound too short, or too faint, to be run at all."""
        ...
