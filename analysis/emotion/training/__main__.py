"""`python -m analysis.emotion.training --data DIR`: train, try, calibrate and export the tone model."""

import argparse
import json
import logging
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from analysis.emotion.model_files import NETWORK, PACKAGED
from analysis.emotion.network import Head
from analysis.emotion.training import card
from analysis.emotion.training.corpora import CORPORA, read_clips
from analysis.emotion.training.ensemble import speaker_folds, train_network
from analysis.emotion.training.export import export
from analysis.emotion.training.figures import measured_of, of_speakers
from analysis.emotion.training.fitting import fit
from analysis.emotion.training.material import CACHE, gather
from analysis.emotion.training.recipe import read_recipe
from analysis.emotion.training.reference import reference_of
from analysis.emotion.training.strangers import meet
from analysis.emotion.training.telephone import PHONE
from analysis.emotion.training.trials import joined


def main() -> None:
    """Run the whole recipe; a second run takes embeddings and finished heads from the cache."""
    asked, started = _arguments(), time.monotonic()
    torch.set_num_threads(1)
    # SpeechBrain's ten lines for each of the dozens of heads would bury our own progress.
    logging.disable(logging.WARNING)
    clips, recipe = read_clips(asked.data), read_recipe()
    asked.out.mkdir(parents=True, exist_ok=True)

    def tell(step: int, what: str) -> None:
        print(f"{step}/5 {(time.monotonic() - started) / 60:5.1f} min: {what}", flush=True)

    tell(1, f"trunk, and embeddings of {len(clips)} clips over {len(recipe.lines)} lines (cache: {asked.cache})")
    trunk, trials = gather(asked.data, clips, recipe, asked.cache, asked.jobs)

    tell(2, "speakers held out in turn")
    by_speaker = trials.held_out_speakers()
    tell(3, "corpora held out in turn, with all that is chosen without them")
    by_corpus = [trials.held_out_corpus(corpus) for corpus in CORPORA]
    calibration = fit([by_speaker, joined(by_corpus, clips)], clips, recipe)

    tell(4, "the network that ships, trained on all")
    network = train_network(trials.embeddings, clips, recipe, asked.cache)
    network.trunk = trunk
    export(network, asked.out / NETWORK, ["logits", "distance"])
    folds = speaker_folds(clips, recipe.folds, recipe.seed)
    splits = {clip.speaker: int(fold) for clip, fold in zip(clips, folds, strict=True)}
    card.lay_out(asked.out, calibration.to_json(), _shape(network.heads), splits)

    tell(5, "what it is worth")
    measured = {
        **measured_of(trials, by_speaker, by_corpus),
        "strangers": meet(asked.data, asked.out, recipe.seed),
    }
    by_phone = of_speakers(trials, by_speaker, [PHONE])
    card.write(asked.out, measured, reference_of(by_phone, recipe.seed))
    print(json.dumps(card.summary(measured), indent=2))
    print(f"done in {(time.monotonic() - started) / 60:.0f} min: `ouidire model report` draws the card", flush=True)


def _shape(heads: nn.ModuleList) -> tuple[int, int, int]:
    """How many heads have a hidden layer, how wide that is, and how many have none.

    Raises:
        SystemExit: the corpora have so few speakers that there is no hidden layer: no such network is served.
    """
    widths = [int(head.hidden.bias.shape[0]) for head in heads if isinstance(head, Head)]
    if not widths:
        raise SystemExit("too few speakers to train a network that can be served: see many_speakers in recipe.yaml")
    return len(widths), widths[0], len(heads) - len(widths)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m analysis.emotion.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv, emodb and crema_d_mel")
    parser.add_argument("--out", type=Path, default=PACKAGED, help="folder of the model (default: the packaged one)")
    parser.add_argument(
        "--cache",
        type=Path,
        default=CACHE,
        help="folder for trunk, embeddings and finished heads: a run that was broken off goes on from there",
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes that make embeddings")
    return parser.parse_args()


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
