"""The card beside a model: which files it is made of, where they come from, what was measured, what it is not for."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from analysis.emotion.model_files import CALIBRATION, CARD, NETWORK, PACKAGED

MODEL_ID: Final = "ouidire-tone-1"

_BUILD: Final = """\
# Builds the tone network for SpeechBrain's Pretrained.from_hparams and fills it from the very file that is served.
# Whoever loads it from another folder overrides `pretrained_path` with that folder.
pretrained_path: .

network: !new:analysis.emotion.network.ToneNetwork
  heads: {heads}

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
_FILES: Final = (NETWORK, CALIBRATION, _HYPERPARAMS, _NOTICE)

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
        "anger is rarer most alarms at any threshold will be false. No threshold ships with the model.",
        "German and American English only. Of other languages, children, and voices changed by illness nothing is "
        "known.",
        "Speech under loud noise, or synthetic speech, can pass as familiar and then sounds calm to the model: the "
        "quality gate must come first.",
        "It must not decide anything about a person, and it is never given the voice of staff.",
    ],
}


def lay_out(folder: Path, calibration: str, heads: int) -> None:
    """Write all that stands beside the network, the notices of the trunk and the data among it."""
    (folder / CALIBRATION).write_text(calibration)
    (folder / _HYPERPARAMS).write_text(_BUILD.format(heads=heads))
    (folder / _NOTICE).write_text((PACKAGED / _NOTICE).read_text())
    write(folder, {})


def write(folder: Path, measured: Mapping[str, Any]) -> str:
    """Write `models.json` with the sha256 of each file, and return what was measured as readable JSON."""
    files = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in _FILES}
    whole = {**_CARD, "files": files, "measured": dict(measured)}
    (folder / CARD).write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    return json.dumps(dict(measured), indent=2)
