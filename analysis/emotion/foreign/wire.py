"""What the bridge and the process of a foreign model say to each other: a head of fixed size, then its content.

Sans-IO. A window of sound goes out, shares of labels come back: no call, no party, no grant, no embedding, no text.
"""

import json
from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Pcm32
from analysis.emotion.window import LONGEST_SAMPLES
from consent.errors import OuidireError

MAX_LABELS: Final = 64
MAX_LABEL_LETTERS: Final = 40
_HEAD: Final = Struct("<4sBxxxI")
_MAGIC: Final = b"OuF1"
HEAD_BYTES: Final = _HEAD.size
_TOLERANCE: Final = 1e-3


class MalformedAnswer(OuidireError):
    """Not a message of this wire, or one that says what cannot be."""


class Kind(IntEnum):
    """What a message is about."""

    LOAD = 1
    """To the process: which model, as JSON."""
    READY = 2
    """From it: the model's labels, as JSON."""
    REFUSED = 3
    """From it: why the model cannot be loaded, a sentence."""
    READ = 4
    """To it: a window, float32 at 16 kHz."""
    SHARES = 5
    """From it: how likely each label is, float32, in the labels' order."""


MOST_BYTES: Final = {
    Kind.LOAD: 1 << 20,
    Kind.READY: 1 << 14,
    Kind.REFUSED: 1 << 12,
    Kind.READ: 4 * LONGEST_SAMPLES,
    Kind.SHARES: 4 * MAX_LABELS,
}
"""The longest content of each kind."""


class Head(NamedTuple):
    """What follows, and how many bytes of it."""

    kind: Kind
    length: int


def pack(kind: Kind, content: bytes) -> bytes:
    """A whole message. Raises MalformedAnswer for a content too long."""
    if len(content) > MOST_BYTES[kind]:
        raise MalformedAnswer(f"{len(content)} bytes are too many for {kind.name}")
    return _HEAD.pack(_MAGIC, kind, len(content)) + content


def parse_head(data: bytes) -> Head:
    """The head of a message. Raises MalformedAnswer."""
    if len(data) != HEAD_BYTES:
        raise MalformedAnswer(f"{len(data)} bytes are no head")
    magic, kind, length = _HEAD.unpack(data)
    if magic != _MAGIC or kind not in Kind.__members__.values() or length > MOST_BYTES[Kind(kind)]:
        raise MalformedAnswer("these bytes are no head")
    return Head(Kind(kind), length)


def parse_labels(content: bytes) -> tuple[str, ...]:
    """The labels of a model. Raises MalformedAnswer."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswer(f"these are no labels: {error}") from error
    if not isinstance(told, list) or not 2 <= len(told) <= MAX_LABELS or len(set(map(str, told))) != len(told):
        raise MalformedAnswer(f"a model has 2 to {MAX_LABELS} labels, each once")
    if not all(isinstance(one, str) and 0 < len(one) <= MAX_LABEL_LETTERS and one.isprintable() for one in told):
        raise MalformedAnswer("a label is a short word")
    return tuple(told)


def parse_samples(content: bytes) -> Pcm32:
    """The window of a READ. Raises MalformedAnswer."""
    if not content or len(content) % 4:
        raise MalformedAnswer(f"{len(content)} bytes are no window")
    return np.frombuffer(content, np.float32).copy()


def parse_shares(content: bytes, labels: int) -> NDArray[np.float32]:
    """The shares of that many labels: each 0 to 1, together 1. Raises MalformedAnswer."""
    if len(content) != 4 * labels:
        raise MalformedAnswer(f"{len(content)} bytes are no shares of {labels} labels")
    shares = np.frombuffer(content, np.float32).copy()
    if not (np.isfinite(shares).all() and (shares >= 0).all() and abs(float(shares.sum()) - 1.0) <= _TOLERANCE):
        raise MalformedAnswer("the shares of all labels are not 1 together")
    return shares
