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

from analysis.emotion.log_mel import BANDS

WIDTH: Final = 384
BLOCKS: Final = 2
POSITIONS: Final = 400
"""One position each 20 ms: the trunk hears at most 8 s."""

POOLS: Final = (
    (2, "mean"), (2, "loud"), (2, "std"), (1, "mean"), (1, "loud"), (1, "std"), (0, "mean"), (0, "std"),
)  # fmt: skip
"""What an embedding is made of, 384 numbers each: after how many blocks, and how the frames are pooled."""
EMBEDDING: Final = len(POOLS) * WIDTH

SPACE: Final = 32
SEEN: Final = slice(WIDTH, 2 * WIDTH)
"""What the distance looks at: the louder frames after both blocks."""
CLASSES: Final = 5
"""Anger, happy, neutral, sad, anything else."""

_EMPHASIS: Final = {(2, "mean"): 1.0, (2, "loud"): 1.0, (0, "mean"): 1.4, (0, "std"): 1.4}
_FIRST_WEIGHTS: Final = 0.3
_ACTIVATION_IN_ANGER: Final = 0.3
_ATTENTION_HEADS: Final = 6
_HIDDEN: Final = 1536
_TAPS: Final = 3


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


class Convolution(nn.Module):
    """Three frames at a time, as one product with all three: on one core faster than a convolution, and as exact.

    The weight `[3 * inputs, outputs]` holds what the frame before is multiplied by, then the frame itself, then the
    next.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.product = Projection(_TAPS * inputs, outputs)
        self.stride = stride

    def forward(self, frames: Tensor) -> Tensor:
        """Map `[1, n, inputs]` to `[1, n / stride, outputs]`, rounded up; before and after is silence."""
        count = frames.shape[1]
        padded = nn.functional.pad(frames, (0, 0, 1, 1))
        taps = [padded[:, tap : tap + count : self.stride] for tap in range(_TAPS)]
        result: Tensor = self.product(torch.cat(taps, dim=2))
        return result


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
    """Log-mel picture to one embedding: what the frames are like at three depths, each pooled over time.

    The first frames after the convolutions tell activation in voices of a corpus never met, those after two blocks
    tell anger; together they were measured to travel better than either (docs/decisions/three-depths.md).
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = Convolution(BANDS, WIDTH, stride=1)
        self.conv2 = Convolution(WIDTH, WIDTH, stride=2)
        self.positions = nn.Parameter(torch.zeros(POSITIONS, WIDTH))
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)

    def block(self, index: int) -> Block:
        """One of the blocks, as what it is."""
        return cast(Block, self.blocks[index])

    def forward(self, picture: Tensor) -> Tensor:
        """Map a picture `[1, 80, frames]` of at most 800 frames to an embedding `[1, EMBEDDING]`, see `POOLS`."""
        frames = nn.functional.gelu(self.conv2(nn.functional.gelu(self.conv1(picture.transpose(1, 2)))))
        # smart-turn was trained on sound that ends where its window ends: short sounds sit at the tail.
        frames = frames + self.positions[POSITIONS - frames.shape[1] :]
        depths = []
        for index in range(BLOCKS):
            depths.append(self.block(index).attention_norm(frames))
            frames = self.block(index)(frames)
        depths.append(self.norm(frames))
        loud = _loudness(picture, frames.shape[1])
        return torch.cat([_pooled(depths[depth], kind, loud) for depth, kind in POOLS], dim=1)


def _loudness(picture: Tensor, frames: int) -> Tensor:
    """Weights `[1, frames, 1]` that add up to 1: louder frames, where the voice is, count for more."""
    level = picture.mean(dim=1)[:, ::2][:, :frames]
    spread = (level - level.mean(dim=1, keepdim=True)).square().mean(dim=1, keepdim=True).sqrt()
    weight = torch.sigmoid(3.0 * (level - level.mean(dim=1, keepdim=True)) / (spread + 1e-6))
    return (weight / weight.sum(dim=1, keepdim=True))[:, :, None]


def _pooled(frames: Tensor, kind: str, loud: Tensor) -> Tensor:
    """One of the ways to see frames `[1, n, 384]` at once: `[1, 384]`."""
    if kind == "loud":
        return (frames * loud).sum(dim=1)
    mean = frames.mean(dim=1)
    return mean if kind == "mean" else (frames - mean[:, None]).square().mean(dim=1).sqrt()


class Head(nn.Module):
    """Embedding to the log-odds of what listeners would call it, through a hidden layer."""

    def __init__(self, hidden: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.hidden = Projection(EMBEDDING, hidden)
        self.dropout = nn.Dropout(dropout)
        self.out = Projection(hidden, CLASSES)
        with torch.no_grad():
            self.hidden.weight.mul_(_FIRST_WEIGHTS)

    def classes(self, embedding: Tensor) -> Tensor:
        """Map standardised embeddings `[n, EMBEDDING]` to logits `[n, CLASSES]`."""
        logits: Tensor = self.out(self.dropout(nn.functional.gelu(self.hidden(embedding))))
        return logits

    def forward(self, embedding: Tensor) -> Tensor:
        """Map standardised embeddings `[n, EMBEDDING]` to logits `[n, 2]`: activation, anger."""
        return tone(self.classes(embedding))


class PlainHead(nn.Module):
    """The same without a hidden layer, which would learn the voices themselves where there are few.

    What was measured not to travel to another corpus counts less: it is as if its weights were dearer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.out = Projection(EMBEDDING, CLASSES)
        nn.init.zeros_(self.out.weight)
        emphasis = [_EMPHASIS.get(pool, 0.3) for pool in POOLS]
        self.register_buffer("emphasis", torch.tensor(emphasis).repeat_interleave(WIDTH), persistent=False)

    def classes(self, embedding: Tensor) -> Tensor:
        """Map standardised embeddings `[n, EMBEDDING]` to logits `[n, CLASSES]`."""
        logits: Tensor = self.out(embedding * self.get_buffer("emphasis"))
        return logits

    def forward(self, embedding: Tensor) -> Tensor:
        """Map standardised embeddings `[n, EMBEDDING]` to logits `[n, 2]`: activation, anger."""
        return tone(self.classes(embedding))


def tone(classes: Tensor) -> Tensor:
    """Map logits `[n, CLASSES]` of anger, happy, neutral, sad and anything else to `[n, 2]`: activation, anger.

    Activation is anger or happy against neutral or sad; anger is anger against all the rest, and a little of the
    activation, without which a calm voice of a corpus never met was taken for an angry one.
    """
    activation = torch.logsumexp(classes[:, :2], 1) - torch.logsumexp(classes[:, 2:4], 1)
    anger = classes[:, 0] - torch.logsumexp(classes[:, 1:], 1)
    return torch.stack([activation, anger + _ACTIVATION_IN_ANGER * activation], dim=1)


class ToneNetwork(nn.Module):
    """Picture to the logits of each head of the ensemble, and the distance from what was trained on."""

    def __init__(self, heads: int, hidden: int, plain: int = 0) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.centre = nn.Parameter(torch.zeros(EMBEDDING))
        self.scale = nn.Parameter(torch.ones(EMBEDDING))
        self.whitening = nn.Parameter(torch.zeros(WIDTH, SPACE))
        self.heads = nn.ModuleList([*(Head(hidden) for _ in range(heads)), *(PlainHead() for _ in range(plain))])

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """Map `[1, 80, frames]` to logits `[1, votes, 2]` and a Mahalanobis distance `[1]` (1.0 = the edge)."""
        return self.judge(self.trunk(picture))

    def judge(self, embedding: Tensor) -> tuple[Tensor, Tensor]:
        """Map embeddings `[n, EMBEDDING]` to logits `[n, votes, 2]` and distances `[n]`.

        The distance is measured in the `SPACE` directions in which the `SEEN` part of training speech differs most: in
        more of them every corpus is far from every other, and noise no farther than that.
        """
        standard = (embedding - self.centre) / self.scale
        distance = (standard[:, SEEN] @ self.whitening).square().mean(dim=1).sqrt()
        # A head with a hidden layer counts twice: measured best on voices never met, of both kinds.
        said = [head(standard) for head in self.heads for _ in range(2 if isinstance(head, Head) else 1)]
        return torch.stack(said, dim=1), distance


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
