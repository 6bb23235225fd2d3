"""The tone network in PyTorch: the first two blocks of a Whisper-tiny encoder and small heads. For training and parity.

The live path never imports this: it runs the same weights from `tone.onnx`. The trunk is the encoder of smart-turn
v3.2 (Daily, BSD-2-Clause), itself fine-tuned from OpenAI's Whisper-tiny (MIT). Later blocks were measured to hear
emotion worse on corpora they had not met.
"""

from pathlib import Path
from typing import Final, cast

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

WIDTH: Final = 384
BLOCKS: Final = 2
POSITIONS: Final = 400
"""One position each 20 ms: the trunk hears at most 8 s."""

_ATTENTION_HEADS: Final = 6
_HIDDEN: Final = 1536


class Product(nn.Module):
    """`x @ weight` without a bias: Whisper's keys have none."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(inputs, outputs))

    def forward(self, values: Tensor) -> Tensor:
        """Map `[..., inputs]` to `[..., outputs]`."""
        return values @ self.weight


class Projection(nn.Module):
    """`x @ weight + bias` with the weight as ONNX stores it, so that its name survives the export."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        bound = inputs**-0.5
        self.weight = nn.Parameter(torch.empty(inputs, outputs).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, values: Tensor) -> Tensor:
        """Map `[..., inputs]` to `[..., outputs]`."""
        return values @ self.weight + self.bias


class Block(nn.Module):
    """One encoder block, normalised before attention and before the feed-forward part."""

    def __init__(self) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(WIDTH)
        self.query = Projection(WIDTH, WIDTH)
        self.key = Product(WIDTH, WIDTH)
        self.value = Projection(WIDTH, WIDTH)
        self.out = Projection(WIDTH, WIDTH)
        self.forward_norm = nn.LayerNorm(WIDTH)
        self.widen = Projection(WIDTH, _HIDDEN)
        self.narrow = Projection(_HIDDEN, WIDTH)

    def forward(self, frames: Tensor) -> Tensor:
        """Map `[1, frames, 384]` to the same shape."""
        normed = self.attention_norm(frames)
        query, key, value = (_split(part(normed)) for part in (self.query, self.key, self.value))
        attention = torch.softmax(query @ key.transpose(1, 2) * (WIDTH // _ATTENTION_HEADS) ** -0.5, dim=-1)
        heard = (attention @ value).transpose(0, 1).reshape(1, -1, WIDTH)
        frames = frames + self.out(heard)
        fed: Tensor = self.narrow(nn.functional.gelu(self.widen(self.forward_norm(frames))))
        return frames + fed


def _split(values: Tensor) -> Tensor:
    """Cut `[1, frames, 384]` into attention heads: `[6, frames, 64]`."""
    return values.reshape(-1, _ATTENTION_HEADS, WIDTH // _ATTENTION_HEADS).transpose(0, 1)


class Trunk(nn.Module):
    """Log-mel picture to one embedding: two blocks, then the mean over the frames."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(80, WIDTH, 3, padding=1)
        self.conv2 = nn.Conv1d(WIDTH, WIDTH, 3, stride=2, padding=1)
        self.positions = nn.Parameter(torch.zeros(POSITIONS, WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)

    def block(self, index: int) -> Block:
        """One of the blocks, as what it is."""
        return cast(Block, self.blocks[index])

    def forward(self, picture: Tensor) -> Tensor:
        """Map a picture `[1, 80, frames]` of at most 800 frames to an embedding `[1, 384]`."""
        frames = nn.functional.gelu(self.conv2(nn.functional.gelu(self.conv1(picture)))).transpose(1, 2)
        # smart-turn was trained on sound that ends where its window ends: short sounds sit at the tail.
        frames = frames + self.positions[POSITIONS - frames.shape[1] :]
        for block in self.blocks:
            frames = block(frames)
        normed: Tensor = self.norm(frames)
        return normed.mean(dim=1)


class Head(nn.Module):
    """Embedding to two logits: activation, anger."""

    def __init__(self, hidden: int = 128, dropout: float = 0.4) -> None:
        super().__init__()
        self.hidden = Projection(WIDTH, hidden)
        self.dropout = nn.Dropout(dropout)
        self.out = Projection(hidden, 2)

    def bend(self, embedding: Tensor) -> Tensor:
        """Map standardised embeddings `[n, 384]` to the hidden layer `[n, hidden]`."""
        return nn.functional.gelu(self.hidden(embedding))

    def forward(self, embedding: Tensor) -> Tensor:
        """Map standardised embeddings `[n, 384]` to logits `[n, 2]`."""
        logits: Tensor = self.out(self.dropout(self.bend(embedding)))
        return logits


class ToneNetwork(nn.Module):
    """Picture to the logits of each head of the ensemble, and the distance from what was trained on."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.centre = nn.Parameter(torch.zeros(WIDTH))
        self.scale = nn.Parameter(torch.ones(WIDTH))
        self.whitening = nn.Parameter(torch.eye(WIDTH))
        self.heads = nn.ModuleList(Head() for _ in range(heads))

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Map `[1, 80, frames]` to logits `[1, heads, 2]` and a Mahalanobis distance `[1]` (1.0 = the edge)."""
        return self.judge(self.trunk(picture))

    def judge(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """Map embeddings `[n, 384]` to logits `[n, heads, 2]` and distances `[n]`."""
        standard = (embedding - self.centre) / self.scale
        distance = (standard @ self.whitening).square().mean(dim=1).sqrt()
        return torch.stack([head(standard) for head in self.heads], dim=1), distance


def load_onnx(network: ToneNetwork, path: Path | str) -> None:
    """Fill the network from `tone.onnx`, int8 weights dequantised.

    Raises:
        KeyError: the file lacks a weight of this network.
    """
    stored = {part.name: part for part in onnx.load(str(path)).graph.initializer}

    def weight(name: str) -> NDArray[np.float32]:
        if name in stored:
            return np.array(numpy_helper.to_array(stored[name]), dtype=np.float32)
        whole = numpy_helper.to_array(stored[f"{name}_quantized"]).astype(np.float32)
        zero = numpy_helper.to_array(stored[f"{name}_zero_point"]).astype(np.float32)
        step = numpy_helper.to_array(stored[f"{name}_scale"])
        return np.asarray((whole - zero) * step, dtype=np.float32)

    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.from_numpy(weight(name)).reshape(parameter.shape))
    network.eval()
