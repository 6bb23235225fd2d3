"""Any SpeechBrain classifier of whole utterances, from a folder of which every byte was checked.

A `hyperparams.yaml` builds objects of any class: it is code, and this module runs it. So it lives in a process of its
own, and only with a folder that an admin has confirmed. Files are taken from that folder and from nowhere else.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from analysis.emotion.foreign.classifier import as_shares
from analysis.emotion.model_files import ModelRefused
from analysis.emotion.speechbrain_model import (
    AudioClassifier,
    EncoderClassifier,
    FetchConfig,
    LocalStrategy,
    load_hyperpyyaml,
)

RECIPE: Final = "hyperparams.yaml"
_PLACE: Final = "pretrained_path"
"""By custom of SpeechBrain's recipes the key that says where the files come from."""


class SpeechBrainClassifier:
    """See `Classifier`.

    Args:
        folder: holds RECIPE and what it names, checked already.

    Raises:
        ModelRefused: the recipe cannot be built, names a file elsewhere, or builds no classifier of utterances.
    """

    def __init__(self, folder: Path) -> None:
        recipe = _built(folder)
        _fill(recipe, folder)
        self._model = _classifier(recipe)
        names = self._model.hparams.label_encoder.ind2lab
        self.labels = tuple(str(names[index]) for index in sorted(names))

    def shares(self, samples: Pcm32) -> NDArray[np.float32]:
        """Shares of the labels; see `Classifier.shares`."""
        with torch.inference_mode():
            scores, *_ = self._model.classify_batch(torch.from_numpy(samples)[None])
        return as_shares(np.asarray(scores, np.float64).reshape(-1))


def _built(folder: Path) -> dict[str, Any]:
    """What the recipe builds."""
    try:
        text = (folder / RECIPE).read_text("utf-8")
        overrides = {_PLACE: str(folder)} if f"\n{_PLACE}:" in f"\n{text}" else {}
        recipe: dict[str, Any] = load_hyperpyyaml(text, overrides)
    except Exception as error:  # the recipe is foreign code, which may raise anything
        raise ModelRefused(f"{RECIPE} cannot be built: {_said(error)}") from error
    rate_hz = recipe.get("sample_rate", ENGINE_RATE_HZ)
    if rate_hz != ENGINE_RATE_HZ:
        raise ModelRefused(f"{RECIPE} is for sound of {rate_hz} Hz, and ours has {ENGINE_RATE_HZ}")
    lacks = {"modules", "pretrainer", "label_encoder"} - recipe.keys()
    if lacks:
        raise ModelRefused(f"{RECIPE} builds no {', '.join(sorted(lacks))}")
    return recipe


def _fill(recipe: Mapping[str, Any], folder: Path) -> None:
    """Load the weights, from the checked files alone: not from a hub, a cache, or another folder."""
    pretrainer = recipe["pretrainer"]
    for name, path in pretrainer.paths.items():
        if not Path(str(path)).resolve().is_relative_to(folder.resolve()):
            raise ModelRefused(f"{RECIPE} takes {name} from {path}, which is not in the folder that was trusted")
    try:
        pretrainer.set_collect_in(None)
        pretrainer.collect_files(str(folder), LocalStrategy.NO_LINK, FetchConfig(allow_network=False))
        pretrainer.load_collected()
    except Exception as error:
        raise ModelRefused(f"the weights are not loaded: {_said(error)}") from error


def _classifier(recipe: dict[str, Any]) -> Any:  # SpeechBrain ships no types
    """SpeechBrain's own interface for these modules."""
    for kind, needed in (
        (EncoderClassifier, frozenset(EncoderClassifier.MODULES_NEEDED)),
        (AudioClassifier, frozenset({"compute_stft", "embedding_model", "classifier"})),
    ):
        if needed <= recipe["modules"].keys():
            return kind(modules=recipe["modules"], hparams=recipe, run_opts={"device": "cpu"})
    raise ModelRefused(
        f"{RECIPE} builds {', '.join(sorted(recipe['modules']))}: neither SpeechBrain's EncoderClassifier nor its "
        "AudioClassifier is made of these"
    )


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:300]}"
