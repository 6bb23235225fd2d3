"""How the finished model meets what it was never trained on: read speech, household noise, babies, hold music."""

import csv
import time
from pathlib import Path
from typing import Final

import numpy as np

from analysis.emotion.calibration import parse
from analysis.emotion.evaluation.sound import read_sound
from analysis.emotion.model_files import CALIBRATION
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.training.telephone import through_line

_CORPORA: Final = ("librispeech_mini", "esc10", "donateacry", "moh")
_SOUNDS_EACH: Final = 60
_SAMPLES: Final = 4 * 16_000


def meet(data: Path, model_folder: Path, seed: int) -> dict[str, dict[str, float]]:
    """Judge up to 60 sounds of each other corpus in the data folder over a phone line, 4 s each.

    Returns, for each corpus that is there: how many sounds, the share judged unfamiliar, and of the rest the shares
    that were given a value above one half.
    """
    model = OnnxToneModel(model_folder)
    calibration = parse((model_folder / CALIBRATION).read_bytes())
    model.warm()
    random = np.random.default_rng(seed)
    with (data / "manifest.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    found: dict[str, dict[str, float]] = {}
    for corpus in _CORPORA:
        paths = [data / row["path"] for row in rows if row["corpus"] == corpus]
        drawn = [paths[index] for index in random.permutation(len(paths))[:_SOUNDS_EACH] if paths[index].is_file()]
        seen, started = [], time.perf_counter()
        for path in drawn:
            sound = through_line(read_sound(path)[:_SAMPLES], "phone", random)
            logits, distance = model.run(sound)
            activation, anger = calibration.estimates(logits, distance)
            seen.append((distance > calibration.farthest, activation.value > 0.5, anger.value > 0.5))
        if seen:
            strange, active, angry = np.array(seen).T
            found[corpus] = {
                "sounds": len(seen),
                "unfamiliar": round(float(strange.mean()), 3),
                "judged_and_activation_above_half": round(float((active & ~strange).mean()), 3),
                "judged_and_anger_above_half": round(float((angry & ~strange).mean()), 3),
            }
            print(f"  {corpus}: {len(seen)} sounds in {time.perf_counter() - started:.1f} s", flush=True)
    return found
