"""The engine with the project's own models, for benchmarks, built as the service builds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from analysis.emotion.model_files import PACKAGED
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.score import Verdict
from analysis.engine.engine import Engine
from analysis.speech.silero import SileroDetector
from consent.grant import Consented

E = TypeVar("E", bound=Engine)


def engine_with(kind: type[E], on_verdict: Callable[[Consented[Verdict]], None], max_calls: int) -> E:
    """An engine of that kind, not yet started; it takes up to `max_calls`."""
    return kind(SileroDetector(), OnnxToneModel(PACKAGED), on_verdict, max_calls=max_calls)
