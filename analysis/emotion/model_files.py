"""The files of a tone model: read once, checked by sha256, and only then given to whoever builds from them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consent.errors import OuidireError

PACKAGED: Final = Path(__file__).parent / "models"
"""The model that ships with the package."""

CARD: Final = "models.json"
NETWORK: Final = "tone.onnx"
CALIBRATION: Final = "calibration.json"


class ModelRefused(OuidireError):
    """A model's file is missing or is not the one that was trained; the message names the file."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """What a model folder holds, every byte of it checked.

    `contents` maps each file's name to the very bytes that were checked: nobody reads the file a second time, when it
    might have been exchanged.
    """

    model_id: str
    contents: Mapping[str, bytes]


def read_verified(folder: Path) -> ModelFiles:
    """Read a model folder whose `models.json` lists the sha256 of every file that decides anything.

    Raises:
        ModelRefused: the card is missing or broken, or a file is missing or has another sha256.
    """
    try:
        card = json.loads((folder / CARD).read_bytes())
        model_id, expected = str(card["model_id"]), dict(card["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelRefused(f"{folder / CARD} cannot be read: {error}") from error
    missing = {NETWORK, CALIBRATION} - expected.keys()
    if missing:
        raise ModelRefused(f"{folder / CARD} does not name {', '.join(sorted(missing))}")
    return ModelFiles(model_id, {name: _checked(folder / name, digest) for name, digest in expected.items()})


def _checked(path: Path, digest: str) -> bytes:
    """Return the bytes of a file whose sha256 is as expected."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelRefused(f"{path} cannot be read: {error}") from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise ModelRefused(f"{path} is not the file that was trained: its sha256 differs")
    return content
