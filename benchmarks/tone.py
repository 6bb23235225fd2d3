"""The served tone model against the network that was trained: the same numbers, and how fast.

`python -m benchmarks.tone DATA`: 200 windows of real speech by phone through ONNX Runtime and through SpeechBrain.
Limits: no probability differs by more than 0.02; 4 s of sound take at most 12 ms of one core; the package of the model
is at most 10 MB.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from analysis.emotion.calibration import parse
from analysis.emotion.evaluation.labelled import ManifestRefused, read_labelled
from analysis.emotion.evaluation.sound import by_phone, read_sound
from analysis.emotion.model_files import CALIBRATION, PACKAGED, read_verified
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.speechbrain_model import open_packaged
from benchmarks.report import Table, publish

CORPORA: Final = ("emodb", "crema_d_mel")
WINDOWS: Final = 200
MAX_DIFFERENCE: Final = 0.02
MAX_MS: Final = 12.0
MAX_MB: Final = 10.0
_WINDOW_SAMPLES: Final = 4 * ENGINE_RATE_HZ
_ROUNDS: Final = 25

Run = Callable[[Pcm32], tuple[NDArray[np.float32], float]]


def windows(data: Path, count: int) -> list[Pcm32]:
    """Evenly drawn clips of both corpora by phone, at most 4 s each. Raises ManifestRefused."""
    clips = read_labelled(data, CORPORA)
    return [by_phone(read_sound(clip.path))[:_WINDOW_SAMPLES] for clip in clips[:: max(1, len(clips) // count)][:count]]


def differences(sounds: Sequence[Pcm32], served: Run, trained: Run) -> NDArray[np.float64]:
    """Of each window, how far both ways lie apart: activation, anger (as probabilities), distance; `[n, 3]`."""
    calibration = parse(read_verified(PACKAGED).contents[CALIBRATION])
    found = []
    for sound in sounds:
        told = []
        for run in (served, trained):
            logits, distance = run(sound)
            activation, anger = calibration.estimates(logits, distance)
            told.append((activation.value, anger.value, distance))
        found.append(np.abs(np.subtract(*told)))
    return np.array(found)


def cpu_ms(run: Run, rounds: int = _ROUNDS) -> float:
    """The median CPU time of one thread for a window of 4 s, log-mel picture and all."""
    sound = np.random.default_rng(1).standard_normal(_WINDOW_SAMPLES).astype(np.float32) * 0.1
    run(sound)
    took = []
    for _ in range(rounds):
        began = time.thread_time()
        run(sound)
        took.append((time.thread_time() - began) * 1000)
    return median(took)


def megabytes(folder: Path = PACKAGED) -> float:
    """What the model weighs in the package."""
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def main(argv: Sequence[str] | None = None) -> int:
    """Run it; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tone", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("data", type=Path, help="folder with manifest.csv, emodb and crema_d_mel")
    parser.add_argument("--short", action="store_true", help="50 windows")
    asked = parser.parse_args(argv)
    import torch  # one thread for both, or the times would not be of one core

    torch.set_num_threads(1)
    try:
        sounds = windows(asked.data, 50 if asked.short else WINDOWS)
    except ManifestRefused as refused:
        print(f"no recordings: {refused}", file=sys.stderr)
        return 1
    served, trained = OnnxToneModel().run, open_packaged().run
    apart = differences(sounds, served, trained)
    served_ms, trained_ms, weight_mb = cpu_ms(served), cpu_ms(trained), megabytes()
    largest = apart.max(axis=0)
    figures: dict[str, Any] = {
        "windows": len(sounds),
        "activation_difference_max": float(largest[0]),
        "anger_difference_max": float(largest[1]),
        "distance_difference_max": float(largest[2]),
        "served_ms": served_ms,
        "speechbrain_ms": trained_ms,
        "model_mb": weight_mb,
    }
    rows = [[name, *(float(value) for value in np.quantile(apart[:, at], [0.5, 0.95, 1.0]))]
            for at, name in enumerate(("activation", "anger", "distance"))]  # fmt: skip
    publish("tone", figures, [
        Table("ONNX Runtime against SpeechBrain, difference", ("", "median", "p95", "max"), rows),
        Table("4 s on one core", ("", "ms of CPU"), [["ONNX Runtime", served_ms], ["SpeechBrain", trained_ms]]),
        Table("the package", ("", "MB"), [["model", weight_mb]]),
    ])  # fmt: skip
    is_met = largest[:2].max() <= MAX_DIFFERENCE and served_ms <= MAX_MS and weight_mb <= MAX_MB
    print("limits kept" if is_met else "a limit is missed")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
