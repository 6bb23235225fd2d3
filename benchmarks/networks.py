"""The engine with the project's own models, for benchmarks, built as the service builds it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeVar

from analysis.emotion.model_files import NETWORK, PACKAGED, read_verified
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.score import Verdict
from analysis.engine.engine import Engine
from analysis.engine.process_networks import ProcessNetworks
from analysis.speech.silero import SileroDetector, model_path
from consent.grant import Consented

E = TypeVar("E", bound=Engine)
Place = Literal["own", "bridge"]
"""Where the networks run, as the setting engine.process says it."""


def engine_with(kind: type[E], on_verdict: Callable[[Consented[Verdict]], None], max_calls: int, place: Place) -> E:
    """An engine of that kind, not yet started; it takes up to `max_calls`."""
    files = read_verified(PACKAGED)
    if place == "bridge":
        return kind(SileroDetector(), OnnxToneModel(files), on_verdict, max_calls=max_calls)
    host = ProcessNetworks(model_path().read_bytes(), files.contents[NETWORK])
    detector, tone = SileroDetector(host.voice), OnnxToneModel(files, host.tone)
    return kind(detector, tone, on_verdict, host=host, max_calls=max_calls)
