"""The only door to SpeechBrain: what training and foreign models build on, and our network loaded for comparison.

SpeechBrain imports torchaudio, whose extension from the registry links CUDA and fails to load beside a CPU-only
torch. Only torchaudio's Python part is used here, so a stand-in takes the extension's place before the import.
The live path never comes through this door: it runs `onnx_model`.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from analysis.audio import Pcm32
from analysis.emotion.log_mel import log_mel
from analysis.emotion.model_files import PACKAGED, read_verified

_Decorated = TypeVar("_Decorated", bound=Callable[..., object])


def _unchanged(function: _Decorated) -> _Decorated:
    return function


def _stand_in_for_torchaudio() -> None:
    """Keep torchaudio from loading its CUDA extension where torch has no CUDA."""
    if torch.version.cuda is not None or "torchaudio" in sys.modules:
        return
    extension = ModuleType("torchaudio._extension")
    vars(extension).update(_IS_TORCHAUDIO_EXT_AVAILABLE=False, _IS_ALIGN_AVAILABLE=False, fail_if_no_align=_unchanged)
    sys.modules[extension.__name__] = extension


_stand_in_for_torchaudio()
from hyperpyyaml import load_hyperpyyaml  # noqa: E402  after the stand-in
from speechbrain import Brain, Stage  # noqa: E402
from speechbrain.inference.classifiers import AudioClassifier, EncoderClassifier  # noqa: E402
from speechbrain.inference.interfaces import Pretrained  # noqa: E402
from speechbrain.nnet.schedulers import update_learning_rate  # noqa: E402
from speechbrain.utils.fetching import FetchConfig, LocalStrategy  # noqa: E402
from torchaudio.models import wav2vec2_model  # noqa: E402

__all__ = [
    "AudioClassifier",
    "Brain",
    "EncoderClassifier",
    "FetchConfig",
    "LocalStrategy",
    "SpeechBrainTone",
    "Stage",
    "load_hyperpyyaml",
    "open_packaged",
    "update_learning_rate",
    "wav2vec2_model",
]


class SpeechBrainTone(Pretrained):  # type: ignore[misc]  # SpeechBrain ships no types
    """The tone network as SpeechBrain loads it: `hyperparams.yaml` builds it, `tone.onnx` fills it."""

    MODULES_NEEDED = ("network",)

    def run(self, samples: Pcm32) -> tuple[NDArray[np.float32], float]:
        """Run the network on one window, as `OnnxToneModel.run` does and with the same shapes."""
        with torch.inference_mode():
            logits, distance = self.mods["network"](torch.from_numpy(log_mel(samples))[None])
        return np.asarray(logits[0].numpy(), dtype=np.float32), float(distance[0])


def open_packaged(folder: Path = PACKAGED) -> SpeechBrainTone:
    """Load a model folder through SpeechBrain, from the disk alone.

    The checked bytes are laid out in a fresh folder first: a hyperparameters file builds objects, so what SpeechBrain
    reads must be what was checked.

    Raises:
        ModelRefused: a file of the model is missing or not the one that was trained.
    """
    files = read_verified(folder)
    with tempfile.TemporaryDirectory() as checked:
        for name, content in files.contents.items():
            (Path(checked) / name).write_bytes(content)
        model: SpeechBrainTone = SpeechBrainTone.from_hparams(
            source=checked,
            savedir=checked,
            overrides={"pretrained_path": checked},
            local_strategy=LocalStrategy.NO_LINK,
        )
        return model
