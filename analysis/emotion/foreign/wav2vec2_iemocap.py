"""`speechbrain/emotion-recognition-wav2vec2-IEMOCAP`, rebuilt from its numbers: nothing of the hub's code is run.

The model is wav2vec2-base (Baevski et al. 2020), the mean over its frames, and one matrix to four labels (Wang et al.
2021, arXiv:2111.02735). Its authors' folder brings a `custom_interface.py` and a `hyperparams.yaml`; neither is
opened. The shape of the network is read from the shapes of its weights.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.audio import Pcm32
from analysis.emotion.foreign.pins import ENCODER, LABELS, OUTPUT
from analysis.emotion.foreign.weights import read_weights
from analysis.emotion.model_files import ModelRefused
from analysis.emotion.speechbrain_model import wav2vec2_model

_STRIDES: Final = (5, 2, 2, 2, 2, 2, 2)
"""Of the seven convolutions: 20 ms a frame. What a checkpoint does not tell, as wav2vec2-base has it."""
_HEAD_WIDTH: Final = 64
"""768 over 12 heads of attention; no shape tells it either."""
_LABEL: Final = re.compile(r"'([a-z]{2,20})' => (\d{1,2})")
_OUTPUT_WEIGHT: Final = "0.w.weight"


class Wav2vec2Iemocap:
    """See `Classifier`. Of a window as a whole: normalised, encoded, averaged, multiplied, softmax.

    Args:
        folder: holds ENCODER, OUTPUT and LABELS, checked already.

    Raises:
        ModelRefused: a file is missing, holds more than numbers, or is of another shape; the message names it.
    """

    def __init__(self, folder: Path) -> None:
        self.labels = read_labels(folder / LABELS)
        self._encoder = _encoder(read_weights(folder / ENCODER))
        self._output = read_weights(folder / OUTPUT).get(_OUTPUT_WEIGHT, torch.zeros(0))
        if self._output.ndim != 2 or len(self._output) != len(self.labels):
            raise ModelRefused(f"{OUTPUT} is no matrix to the {len(self.labels)} labels of {LABELS}")

    def shares(self, samples: Pcm32) -> NDArray[np.float32]:
        """Shares of the labels; see `Classifier.shares`."""
        with torch.inference_mode():
            sound = torch.from_numpy(samples)[None]
            frames, _ = self._encoder(nn.functional.layer_norm(sound, sound.shape[1:]))
            # As its authors have it: normalised over frames and width together (`output_norm`), then the mean.
            mean = nn.functional.layer_norm(frames, frames.shape[1:]).mean(dim=1)
            return np.asarray(torch.softmax(mean @ self._output.T, dim=-1)[0].numpy(), np.float32)


def read_labels(path: Path) -> tuple[str, ...]:
    """The labels of SpeechBrain's `CategoricalEncoder` file, in their order. Raises ModelRefused."""
    try:
        found = {int(index): name for name, index in _LABEL.findall(path.read_text("utf-8").partition("====")[0])}
    except (OSError, UnicodeDecodeError) as error:
        raise ModelRefused(f"{path.name} cannot be read: {error}") from error
    if len(found) < 2 or sorted(found) != list(range(len(found))) or len(set(found.values())) != len(found):
        raise ModelRefused(f"{path.name} is no list of labels, numbered from 0")
    return tuple(found[index] for index in range(len(found)))


def _encoder(weights: Mapping[str, Tensor]) -> nn.Module:
    """The encoder that fits the weights, filled with them. Raises ModelRefused."""
    renamed = {new: tensor for name, tensor in weights.items() if (new := _renamed(name))}
    try:
        encoder = _built(renamed)
        encoder.load_state_dict(dict(renamed), strict=True)
    except (KeyError, IndexError, ValueError, RuntimeError, ZeroDivisionError) as error:
        first = str(error).strip().partition("\n")[0]
        raise ModelRefused(f"{ENCODER} holds no wav2vec2 as it was released in 2021 ({first})") from error
    return encoder.eval()


def _renamed(name: str) -> str:
    """SpeechBrain's name of a weight (`model.` and the name in `transformers`) as torchaudio has it; "" for none.

    The noise that masks frames in training is not needed. An older `weight_norm` had other names for its two parts.
    """
    bare = name.removeprefix("model.")
    bare = bare.replace("conv.weight_g", "conv.parametrizations.weight.original0")
    bare = bare.replace("conv.weight_v", "conv.parametrizations.weight.original1")
    if bare == "masked_spec_embed":
        return ""
    if bare.startswith("feature_projection."):
        return f"encoder.{bare}"
    return f"encoder.transformer.{bare.removeprefix('encoder.')}" if bare.startswith("encoder.") else bare


def _built(weights: Mapping[str, Tensor]) -> nn.Module:
    transformer = "encoder.transformer."
    convolutions = [tuple(weights[f"feature_extractor.conv_layers.{at}.conv.weight"].shape) for at in range(7)]
    width = len(weights[f"{transformer}layer_norm.weight"])
    _, group_width, kernel = weights[f"{transformer}pos_conv_embed.conv.parametrizations.weight.original1"].shape
    layers = {name.split(".")[3] for name in weights if name.startswith(f"{transformer}layers.")}
    hidden = len(weights[f"{transformer}layers.0.feed_forward.intermediate_dense.weight"])
    model: nn.Module = wav2vec2_model(
        extractor_mode="group_norm",
        extractor_conv_layer_config=[
            (outputs, size, stride) for (outputs, _, size), stride in zip(convolutions, _STRIDES, strict=True)
        ],
        extractor_conv_bias=False,
        encoder_embed_dim=width,
        encoder_projection_dropout=0.0,
        encoder_pos_conv_kernel=kernel,
        encoder_pos_conv_groups=width // group_width,
        encoder_num_layers=len(layers),
        encoder_num_heads=width // _HEAD_WIDTH,
        encoder_attention_dropout=0.0,
        encoder_ff_interm_features=hidden,
        encoder_ff_interm_dropout=0.0,
        encoder_dropout=0.0,
        encoder_layer_norm_first=False,
        encoder_layer_drop=0.0,
        aux_num_out=None,
    )
    return model
