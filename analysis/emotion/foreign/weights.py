"""Reads a checkpoint's numbers, and never runs what else may be in it."""

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from torch import Tensor

from analysis.emotion.model_files import ModelRefused


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """The named tensors of a file that `torch.save` wrote.

    Raises:
        ModelRefused: it cannot be read, or holds anything but tensors with names.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, UnpicklingError, EOFError, ValueError, KeyError, AttributeError) as error:
        first = str(error).strip().partition("\n")[0]
        raise ModelRefused(f"{path.name} is not read: it is no list of numbers alone ({first})") from error
    is_named = isinstance(found, dict) and all(isinstance(name, str) for name in found)
    if not is_named or not all(isinstance(one, Tensor) for one in found.values()):
        raise ModelRefused(f"{path.name} holds something else than tensors with names")
    weights: Mapping[str, Tensor] = found
    return weights
