"""A tiny SpeechBrain classifier in a folder, as its authors publish them: recipe, checkpoints, labels."""

from __future__ import annotations

import hashlib
import os
from datetime import date
from pathlib import Path

import torch

from analysis.emotion.foreign.survey import names_in
from analysis.emotion.foreign.trust import TrustedFolder
from analysis.emotion.speechbrain_model import load_hyperpyyaml

LABELS = ("neu", "ang", "hap", "sad")
RECIPE = """\
pretrained_path: someone/somewhere
sample_rate: 16000

compute_features: !new:speechbrain.lobes.features.Fbank
  n_mels: 8
mean_var_norm: !new:speechbrain.processing.features.InputNormalization
  norm_type: sentence
  std_norm: false
embedding_model: !new:speechbrain.lobes.models.Xvector.Xvector
  in_channels: 8
  tdnn_blocks: 1
  tdnn_channels: [8]
  tdnn_kernel_sizes: [3]
  tdnn_dilations: [1]
  lin_neurons: 8
classifier: !new:speechbrain.lobes.models.Xvector.Classifier
  input_shape: [null, null, 8]
  lin_blocks: 1
  lin_neurons: 8
  out_neurons: 4

modules:
  compute_features: !ref <compute_features>
  mean_var_norm: !ref <mean_var_norm>
  embedding_model: !ref <embedding_model>
  classifier: !ref <classifier>

label_encoder: !new:speechbrain.dataio.encoder.CategoricalEncoder

pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
  loadables:
    embedding_model: !ref <embedding_model>
    classifier: !ref <classifier>
    label_encoder: !ref <label_encoder>
  paths:
    embedding_model: !ref <pretrained_path>/embedding_model.ckpt
    classifier: !ref <pretrained_path>/classifier.ckpt
    label_encoder: !ref <pretrained_path>/label_encoder.txt
"""


class MakesAFile:
    """A pickle with this in it makes a file as soon as it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        """What a pickle runs."""
        return os.mkdir, (str(self.path),)


def write(folder: Path) -> Path:
    """The folder, owner-only, filled with weights of chance."""
    folder.mkdir(mode=0o700)
    (folder / "hyperparams.yaml").write_text(RECIPE, encoding="utf-8")
    torch.manual_seed(6)
    built = load_hyperpyyaml(RECIPE)
    for name in ("embedding_model", "classifier"):
        torch.save(built[name].state_dict(), folder / f"{name}.ckpt")
    lines = "".join(f"'{label}' => {at}\n" for at, label in enumerate(LABELS))
    (folder / "label_encoder.txt").write_text(f"{lines}================\n'starting_index' => 0\n", encoding="utf-8")
    return folder


def confirmed(folder: Path) -> TrustedFolder:
    """The folder as confirmed, also with what `survey` would have refused."""
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names_in(folder)}
    return TrustedFolder(folder, files, date(2026, 1, 5))
