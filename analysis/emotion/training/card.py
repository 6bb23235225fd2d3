"""The card beside a model: which files it is made of, where they come from, what was measured, what it is not for."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from analysis.emotion.evaluation.limits import LanguageLimits
from analysis.emotion.model_files import CALIBRATION, CARD, NETWORK, PACKAGED

MODEL_ID: Final = "ouidire-tone-2"

_BUILD: Final = """\
# Builds the tone network for SpeechBrain's Pretrained.from_hparams and fills it from the very file that is served.
# Whoever loads it from another folder overrides `pretrained_path` with that folder.
pretrained_path: .

network: !new:analysis.emotion.network.ToneNetwork
  heads: {heads}
  hidden: {hidden}
  plain: {plain}

modules:
  network: !ref <network>

pretrainer: !new:speechbrain.utils.parameter_transfer.Pretrainer
  loadables:
    network: !ref <network>
  paths:
    network: !ref <pretrained_path>/tone.onnx
  custom_hooks:
    network: !name:analysis.emotion.network.load_onnx
"""

_HYPERPARAMS: Final = "hyperparams.yaml"
_NOTICE: Final = "NOTICE.txt"
_SPLITS: Final = "splits.json"
_FILES: Final = (NETWORK, CALIBRATION, _HYPERPARAMS, _SPLITS, _NOTICE)

_CARD: Final = {
    "model_id": MODEL_ID,
    "outputs": "activation (calm to tense) and the likelihood that listeners would call it angry, each 0 to 1 with "
    "one sigma; or an abstention",
    "command": "python -m analysis.emotion.training --data DIR",
    "trunk": "first two blocks of the encoder of smart-turn v3.2 (Daily, BSD-2-Clause), fine-tuned from Whisper-tiny "
    "(OpenAI, MIT), frozen; matrices in int8",
    "data": {
        "emodb": {"clips": 535, "language": "de", "labels": "as acted", "licence": "CC0-1.0"},
        "crema_d_mel": {
            "clips": 7429,
            "language": "en",
            "labels": "shares of listeners' votes, voice only; sound rebuilt from mel pictures",
            "licence": "ODbL-1.0 and DbCL-1.0",
        },
    },
    "licence": "Apache-2.0 for the heads and the calibration; see NOTICE.txt for the trunk and the data",
    "limits": [
        "Actors were recorded, not callers: figures on real calls will be worse, and are not known.",
        "A value is calibrated for the training corpora's share of anger (about one clip in five); in calls where "
        "anger is rarer most alarms will be false: the precision at one in ten is told.",
        "German and American English only. Of other languages, children, and voices changed by illness nothing is "
        "known.",
        "Speech under loud noise, or synthetic speech, can pass as familiar and then sounds calm to the model: the "
        "quality gate must come first.",
        "It must not decide anything about a person, and it is never given the voice of staff.",
    ],
}


def lay_out(folder: Path, calibration: str, shape: tuple[int, int, int], splits: Mapping[str, int]) -> None:
    """Write all that stands beside the network, the notices of the trunk and the data among it.

    `shape` is how many heads have a hidden layer, how wide it is, and how many have none; `splits` the fold of each
    speaker.
    """
    heads, hidden, plain = shape
    (folder / CALIBRATION).write_text(calibration)
    (folder / _HYPERPARAMS).write_text(_BUILD.format(heads=heads, hidden=hidden, plain=plain))
    (folder / _SPLITS).write_text(json.dumps(dict(sorted(splits.items())), indent=0) + "\n")
    (folder / _NOTICE).write_text((PACKAGED / _NOTICE).read_text())
    write(folder, {}, {})


def write(folder: Path, measured: Mapping[str, Any], reference: Mapping[str, Any]) -> None:
    """Write `models.json` with the sha256 of each file, what was measured, and what drift is measured against."""
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _FILES}
    told = {"files": files, "language_limits": asdict(LanguageLimits()), "reference": dict(reference)}
    whole = {**_CARD, **told, "measured": dict(measured)}
    (folder / CARD).write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n")


def summary(measured: Mapping[str, Any]) -> dict[str, Any]:
    """The figures of each trial by phone, corpus by corpus, short enough for a terminal."""
    shown = ("anger_auc", "activation_auc", "coverage", "false_alarms", "hits", "anger_ece", "activation_ece")
    found: dict[str, Any] = {}
    for trial in ("speakers_held_out", "corpus_held_out"):
        corpora = measured[trial]["groups"]["corpus"]
        found[trial] = {
            corpus: {name: lines["phone"][name]["value"] for name in shown} for corpus, lines in corpora.items()
        }
    return {**found, "strangers": measured["strangers"]}
