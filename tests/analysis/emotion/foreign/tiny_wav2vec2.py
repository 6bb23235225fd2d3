"""A tiny wav2vec2 in the files and under the names of `speechbrain/emotion-recognition-wav2vec2-IEMOCAP`.

Its numbers are a formula, so that what `transformers` 5.23 and SpeechBrain 1.1.2 make of them could be written down.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from analysis.audio import Pcm32
from analysis.emotion.foreign.pins import ENCODER, LABELS, OUTPUT

WIDTH, HIDDEN, CHANNELS, LAYERS, KERNEL, GROUPS = 64, 32, 8, 2, 16, 4
KERNELS = (10, 3, 3, 3, 3, 2, 2)
LABEL_LINES = "'neu' => 0\n'ang' => 1\n'hap' => 2\n'sad' => 3\n================\n'starting_index' => 0\n"
AS_TORCH_TWO = ("parametrizations.weight.original0", "parametrizations.weight.original1")
AS_TORCH_ONE = ("weight_g", "weight_v")
"""How `weight_norm` has called its two parts; the released checkpoint is of 2021."""


def waves(shape: tuple[int, ...], at: int) -> Tensor:
    """Numbers between -1 and 1 that no generator makes."""
    count = int(np.prod(shape))
    return torch.from_numpy(np.sin(np.arange(1, count + 1) * (0.7 + 0.01 * at)).astype(np.float32).reshape(shape))


def window(seconds: float = 1.5) -> Pcm32:
    """A sound to be judged."""
    times = np.arange(int(16_000 * seconds)) / 16_000
    return (0.2 * np.sin(2 * np.pi * 180 * times) * (1 + 0.5 * np.sin(2 * np.pi * 3 * times))).astype(np.float32)


def shapes(parts: tuple[str, str] = AS_TORCH_ONE) -> dict[str, tuple[int, ...]]:
    """The name and shape of every weight, as the released checkpoint names them."""
    found: dict[str, tuple[int, ...]] = {"masked_spec_embed": (WIDTH,)}
    for at, kernel in enumerate(KERNELS):
        found[f"feature_extractor.conv_layers.{at}.conv.weight"] = (CHANNELS, CHANNELS if at else 1, kernel)
    for part in ("weight", "bias"):
        found[f"feature_extractor.conv_layers.0.layer_norm.{part}"] = (CHANNELS,)
        found[f"feature_projection.layer_norm.{part}"] = (CHANNELS,)
        found[f"encoder.layer_norm.{part}"] = (WIDTH,)
    found |= {"feature_projection.projection.weight": (WIDTH, CHANNELS), "feature_projection.projection.bias": (WIDTH,)}
    found["encoder.pos_conv_embed.conv.bias"] = (WIDTH,)
    found[f"encoder.pos_conv_embed.conv.{parts[0]}"] = (1, 1, KERNEL)
    found[f"encoder.pos_conv_embed.conv.{parts[1]}"] = (WIDTH, WIDTH // GROUPS, KERNEL)
    for layer in range(LAYERS):
        found |= _layer_shapes(f"encoder.layers.{layer}")
    return {f"model.{name}": shape for name, shape in found.items()}


def _layer_shapes(layer: str) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
        found |= {f"{layer}.attention.{name}.weight": (WIDTH, WIDTH), f"{layer}.attention.{name}.bias": (WIDTH,)}
    for name in ("layer_norm", "final_layer_norm"):
        found |= {f"{layer}.{name}.weight": (WIDTH,), f"{layer}.{name}.bias": (WIDTH,)}
    found |= {f"{layer}.feed_forward.intermediate_dense.weight": (HIDDEN, WIDTH)}
    found |= {f"{layer}.feed_forward.intermediate_dense.bias": (HIDDEN,)}
    found |= {f"{layer}.feed_forward.output_dense.weight": (WIDTH, HIDDEN)}
    found |= {f"{layer}.feed_forward.output_dense.bias": (WIDTH,)}
    return found


def weights(parts: tuple[str, str] = AS_TORCH_ONE) -> dict[str, Tensor]:
    """The encoder's weights."""
    made: dict[str, Tensor] = {}
    for at, (name, shape) in enumerate(shapes(parts).items()):
        scale = 0.1 if name.endswith("bias") else 0.3
        made[name] = scale * waves(shape, at)
        if "layer_norm.weight" in name or name.endswith(parts[0]):
            made[name] += 1.0
    return made


def output() -> dict[str, Tensor]:
    """The matrix to four labels."""
    return {"0.w.weight": 0.05 * waves((4, WIDTH), 99)}


def write(folder: Path) -> Path:
    """The folder as an admin would have downloaded it, owner-only."""
    folder.mkdir(mode=0o700)
    torch.save(weights(), folder / ENCODER)
    torch.save(output(), folder / OUTPUT)
    (folder / LABELS).write_text(LABEL_LINES, encoding="utf-8")
    (folder / "custom_interface.py").write_text("raise SystemExit('code from a hub was run')\n", encoding="utf-8")
    (folder / "hyperparams.yaml").write_text("code: !apply:os._exit [7]\n", encoding="utf-8")
    return folder
