"""What the recipe is worth on voices it has not met: speakers held out in turn, and each corpus held out whole.

Everything is made anew for each trial, the calibration and the operating point too: of what is held out nothing is
known when they are chosen.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.emotion.calibration import Calibration
from analysis.emotion.evaluation.judgement import Judgement, read
from analysis.emotion.training.corpora import Clip
from analysis.emotion.training.ensemble import Floats16, Judged, judge, speaker_folds, train_network
from analysis.emotion.training.fitting import fit
from analysis.emotion.training.recipe import Recipe
from analysis.emotion.training.telephone import WILD

_TOLD_AS: Final = {WILD: "bad"}
"""How a report names a line."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What was said of clips by networks that had not met them, and the calibration that was made without them."""

    clips: Sequence[Clip]
    judged: Judged
    calibration: Calibration

    def judgements(self, lines: Sequence[str], told: Sequence[str]) -> list[Judgement]:
        """What a call would have been told of each clip over each of the lines `told`; `lines` names all judged."""
        found = []
        for line in told:
            at = lines.index(line)
            for clip, logits, distance in zip(
                self.clips, self.judged.logits[at], self.judged.distances[at], strict=True
            ):
                reading = self.calibration.reading(logits.astype(np.float32), float(distance))
                found.append(read(clip, _TOLD_AS.get(line, line), reading))
        return found


@dataclass(frozen=True, slots=True)
class Trials:
    """Everything that trials need of the training."""

    embeddings: Floats16
    clips: Sequence[Clip]
    recipe: Recipe
    cache: Path | None = None

    def held_out_speakers(self) -> Judged:
        """Judge every clip by a network that never heard its speaker."""
        fold = speaker_folds(self.clips, self.recipe.folds, self.recipe.seed)
        parts = [fold == index for index in range(self.recipe.folds)]
        judged = []
        for number, part in enumerate(parts, start=1):
            judged.append(self._judged_without(part))
            print(f"  {number} of {len(parts)} trained", flush=True)
        order = np.argsort(np.concatenate([np.flatnonzero(part) for part in parts]))
        return Judged(*(np.concatenate(each, axis=1)[:, order] for each in zip(*judged, strict=True)))

    def held_out_corpus(self, corpus: str) -> Trial:
        """Judge a corpus by a network, a calibration and an operating point that were made of the others alone."""
        out = np.array([clip.corpus == corpus for clip in self.clips])
        rest = Trials(self.embeddings[:, ~out], self._of(~out), self.recipe, self.cache)
        calibration = fit([rest.held_out_speakers()], rest.clips, self.recipe)
        return Trial(self._of(out), self._judged_without(out), calibration)

    def _judged_without(self, part: NDArray[np.bool_]) -> Judged:
        """Train without a part of the clips and judge that part."""
        network = train_network(self.embeddings[:, ~part], self._of(~part), self.recipe, self.cache)
        return judge(network, self.embeddings[:, part])

    def _of(self, part: NDArray[np.bool_]) -> list[Clip]:
        return [clip for clip, is_in in zip(self.clips, part, strict=True) if is_in]


def joined(trials: Sequence[Trial], clips: Sequence[Clip]) -> Judged:
    """Put trials of all corpora together, in the order of `clips`.

    A network of few speakers has fewer votes: they are said again until there are as many.
    """
    place = {clip.path: index for index, clip in enumerate(clips)}
    lines, _, votes, outputs = max((trial.judged.logits.shape for trial in trials), key=lambda shape: shape[2])
    found = Judged(np.zeros((lines, len(clips), votes, outputs)), np.zeros((lines, len(clips))))
    for trial in trials:
        at = [place[clip.path] for clip in trial.clips]
        own = trial.judged.logits.shape[2]
        found.logits[:, at] = trial.judged.logits[:, :, np.arange(votes) % own]
        found.distances[:, at] = trial.judged.distances
    return found
