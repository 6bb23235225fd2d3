"""The role of a tone model; adapters are named after what they run on (`onnx_model`, `speechbrain_model`)."""

from collections.abc import Sequence
from typing import Protocol

from analysis.emotion.score import Verdict
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
