"""A folder with a copy of the shipped model, and segments of a caller's speech to judge."""

from __future__ import annotations

import shutil
from pathlib import Path

from analysis.audio import Pcm32
from analysis.emotion.model_files import PACKAGED
from analysis.speech.segment import CallerSpeech, SpeechSegment
from consent.grant import ConsentGrant


def copy_model(folder: Path) -> Path:
    """A copy that a test may spoil."""
    copied: Path = shutil.copytree(PACKAGED, folder / "model")
    return copied


def flip_bit(path: Path) -> None:
    """Turn one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def caller_speech(grant: ConsentGrant, samples: Pcm32, start_sample: int = 0) -> CallerSpeech:
    """Samples as speech that was heard whole and alone."""
    return CallerSpeech(grant.admit(SpeechSegment(start_sample, samples, 1.0, 0.0, 1.0)))
