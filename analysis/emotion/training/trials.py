"""What the recipe is worth on voices it has not met: speakers held out in turn, and each corpus held out whole."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.emotion.calibration import Calibration
from analysis.emotion.evaluation.figures import auc, calibration_error, covered
from analysis.emotion.training.corpora import CORPORA, Clip
from analysis.emotion.training.ensemble import Judged, judge, speaker_folds, targets, train_network

Floats32 = NDArray[np.float32]

OUTPUTS: Final = ("activation", "anger")


def held_out_speakers(embeddings: Floats32, clips: Sequence[Clip], heads: int, folds: int, seed: int) -> Judged:
    """Judge every clip by a network that never heard its speaker."""
    fold = speaker_folds(clips, folds, seed)
    return _in_turn(embeddings, clips, [fold == index for index in range(folds)], heads, seed)


def held_out_corpora(embeddings: Floats32, clips: Sequence[Clip], heads: int, seed: int) -> Judged:
    """Judge every clip by a network that never heard its corpus."""
    corpus = np.array([clip.corpus for clip in clips])
    return _in_turn(embeddings, clips, [corpus == name for name in CORPORA], heads, seed)


def _in_turn(
    embeddings: Floats32, clips: Sequence[Clip], parts: Sequence[NDArray[np.bool_]], heads: int, seed: int
) -> Judged:
    """Train without each part and judge that part."""
    logits = np.zeros((*embeddings.shape[:2], heads, len(OUTPUTS)))
    distances = np.zeros(embeddings.shape[:2])
    for number, part in enumerate(parts, start=1):
        rest = [clip for clip, out in zip(clips, part, strict=True) if not out]
        network = train_network(embeddings[:, ~part], rest, heads, seed)
        logits[:, part], distances[:, part] = judge(network, embeddings[:, part])
        print(f"  {number} of {len(parts)} trained", flush=True)
    return Judged(logits, distances)


def ranking(judged: Judged, clips: Sequence[Clip], line: int) -> dict[str, dict[str, float]]:
    """AUC of both outputs per corpus on one line, over the clips in which one of the four classes was heard."""
    found: dict[str, dict[str, float]] = {}
    scores = judged.logits[line].mean(axis=1)
    for corpus in CORPORA:
        rows = [index for index, clip in enumerate(clips) if clip.corpus == corpus and clip.is_judged]
        active, angry = (np.array([getattr(clips[i], kind) for i in rows]) for kind in ("is_active", "is_angry"))
        found[corpus] = {
            "clips": len(rows),
            "activation_auc": round(auc(scores[rows, 0], active), 4),
            "anger_auc": round(auc(scores[rows, 1], angry), 4),
        }
    return found


def reliability(
    judged: Judged, clips: Sequence[Clip], line: int, calibration: Calibration
) -> dict[str, dict[str, dict[str, float]]]:
    """Per corpus and output: calibration error, share within one sigma, and mean sigma, for what is not abstained."""
    wanted, weight = targets(clips)
    corpora = np.array([clip.corpus for clip in clips])
    near = judged.distances[line] <= calibration.farthest
    found: dict[str, dict[str, dict[str, float]]] = {}
    for corpus in CORPORA:
        rows = (corpora == corpus) & near
        found[corpus] = {"coverage": {"judged": round(float(near[corpora == corpus].mean()), 3)}}
        if not rows.any():
            continue
        for column, scale in enumerate((calibration.activation, calibration.anger)):
            values, sigmas = scale.judge(judged.logits[line, rows, :, column], judged.distances[line, rows])
            aim, weights = wanted[rows, column].astype(np.float64), weight[rows, column].astype(np.float64)
            found[corpus][OUTPUTS[column]] = {
                "calibration_error": round(calibration_error(values, aim, weights), 4),
                "within_one_sigma": round(covered(values, sigmas, aim, weights), 3),
                "mean_sigma": round(float(np.mean(sigmas)), 3),
            }
    return found
