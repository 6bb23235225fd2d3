"""`python -m analysis.emotion.training --data DIR`: train, try, calibrate and export the tone model."""

import argparse
import logging
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
import torch

from analysis.emotion.model_files import NETWORK, PACKAGED
from analysis.emotion.speechbrain_model import load_hyperpyyaml
from analysis.emotion.training import card, smart_turn
from analysis.emotion.training.brain import HYPERPARAMS
from analysis.emotion.training.corpora import read_clips
from analysis.emotion.training.embedding import Embedder, embed_clips
from analysis.emotion.training.ensemble import train_network
from analysis.emotion.training.export import export
from analysis.emotion.training.fitting import fit
from analysis.emotion.training.strangers import meet
from analysis.emotion.training.trials import held_out_corpora, held_out_speakers, ranking, reliability

_PHONE: Final = "phone"


def main() -> None:
    """Run the whole recipe; a second run takes the embeddings from the cache."""
    asked = _arguments()
    torch.set_num_threads(1)
    # SpeechBrain's ten lines for each of the dozens of heads would bury our own progress.
    logging.disable(logging.WARNING)
    clips = read_clips(asked.data)
    asked.cache.mkdir(parents=True, exist_ok=True)
    asked.out.mkdir(parents=True, exist_ok=True)
    with HYPERPARAMS.open() as text:
        recipe = load_hyperpyyaml(text)
    seed, heads, lines = recipe["seed"], recipe["heads"], list(recipe["lines"])

    print(f"1/5 trunk, and embeddings of {len(clips)} clips over {len(lines)} lines (cache: {asked.cache})", flush=True)
    trunk = smart_turn.read_trunk(smart_turn.fetch(asked.cache))
    export(trunk, asked.cache / "trunk.onnx", ["embedding"])
    embeddings = embed_clips(clips, lines, Embedder(asked.cache / "trunk.onnx"), asked.cache, seed)

    print("2/5 speakers held out in turn", flush=True)
    by_speaker = held_out_speakers(embeddings, clips, heads, recipe["folds"], seed)
    print("3/5 corpora held out in turn", flush=True)
    by_corpus = held_out_corpora(embeddings, clips, heads, seed)
    calibration = fit(by_speaker, by_corpus, clips)

    print("4/5 the network that ships, trained on all", flush=True)
    network = train_network(embeddings, clips, heads, seed)
    network.trunk = trunk
    export(network, asked.out / NETWORK, ["logits", "distance"])
    card.lay_out(asked.out, calibration.to_json(), heads)

    print("5/5 strangers", flush=True)
    phone = lines.index(_PHONE)
    measured = {
        "definitions": "phone line: 300-3400 Hz, 8 kHz mu-law; anger: heard as anger against heard as happy, neutral "
        "or sad; activation: angry or happy against neutral or sad; CREMA-D by listeners' majority, EmoDB as acted",
        "speakers_held_out": ranking(by_speaker, clips, phone),
        "corpus_held_out": ranking(by_corpus, clips, phone),
        "reliability_speakers_held_out": reliability(by_speaker, clips, phone, calibration),
        "reliability_corpus_held_out": reliability(by_corpus, clips, phone, calibration),
        "strangers": meet(asked.data, asked.out, seed),
    }
    print(card.write(asked.out, measured))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m analysis.emotion.training", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with manifest.csv, emodb and crema_d_mel")
    parser.add_argument("--out", type=Path, default=PACKAGED, help="folder of the model (default: the packaged one)")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "ouidire-training",
                        help="folder for the trunk and the embeddings")  # fmt: skip
    return parser.parse_args()


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
