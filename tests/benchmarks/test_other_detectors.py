"""Those that ours is compared with: each hears what it is given, in its own way."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from analysis.speech.silero import SileroDetector
from benchmarks import other_detectors
from benchmarks.other_detectors import Floor, Iterators, Sounds, others
from tests.analysis.voices import as_float, engine_voice

SOUNDS: Sounds = np.stack([engine_voice(name)[: 40 * 512] for name in ("caller_calm_en", "agent_calm_en")])


class Counting:
    """A contender that notes what it was given."""

    name = "counting"

    def __init__(self, voices: int) -> None:
        self.voices = voices
        self.given: list[tuple[int, ...]] = []

    async def ready(self, sounds: Sounds) -> None:
        """Note it."""
        self.given.append(sounds.shape)

    async def hear(self) -> float:
        """Nothing to be done."""
        return 0.0


async def test_the_floor_hears_what_ours_hears() -> None:
    """Law: the floor is the same network on the same chunks; what it remembers at the end is what ours remembers."""
    floor, detector = Floor(2), SileroDetector()
    rows = np.array([detector.open(), detector.open()])
    for at in (0, 20 * 512):
        await floor.ready(SOUNDS[:, at : at + 20 * 512])
        assert await floor.hear() == 0.0
    for at in range(0, 40 * 512, 512):
        detector.hear(rows, as_float(SOUNDS[:, at : at + 512]))
    np.testing.assert_allclose(floor._states, detector._states[:, rows], atol=1e-4)


@pytest.mark.parametrize("onnx", [False, True])
async def test_the_iterators_hear_every_voice(onnx: bool) -> None:
    """Law: each voice has an iterator of its own, which hears it."""
    iterators = Iterators(2, onnx=onnx)
    await iterators.ready(SOUNDS)
    await iterators.hear()
    assert [iterator.current_sample for iterator in iterators._iterators] == [40 * 512] * 2
    assert iterators._iterators[0].triggered


def test_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: where pipecat is missing, its row says how to install it, and nothing is invented."""
    monkeypatch.setitem(sys.modules, "pipecat", None)
    monkeypatch.setitem(sys.modules, "loguru", None)
    found, missing = others(1)
    assert set(found) == {"torch", "onnx"}
    assert [other_detectors.PIPECAT in how for how in missing.values()] == [True]
