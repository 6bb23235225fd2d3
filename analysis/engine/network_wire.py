"""What bridge and network process say to each other: messages of a fixed size, and arrays in one block of memory.

Sans-IO. There is no field for a call, a party or a grant: the process gets sound and no word about whose it is.

The block's areas are used one after the other: a request's arrays are laid down, the message goes out, the answer's
arrays are there when the message comes back, and both are wiped.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.emotion.log_mel import BANDS
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.silero import CONTEXT_SAMPLES
from consent.errors import OuidireError

Floats = NDArray[np.float32]

MAX_ROWS: Final = 1024
"""Streams in one request; a settings' `media.max_forks` is at most 1000, and more are asked about in two requests."""
MAX_FRAMES: Final = 1024
"""Frames of a picture (10 ms each): the tone model hears 8 s."""
MAX_HEADS: Final = 64
"""Rows of logits in an answer: the shipped model has 5."""
ROW: Final = CONTEXT_SAMPLES + CHUNK_SAMPLES
STATE: Final = 128

_MESSAGE: Final = Struct("<4sBxxxII")
_MAGIC: Final = b"OuN1"
MESSAGE_BYTES: Final = _MESSAGE.size

_AREAS: Final = (
    MAX_ROWS * ROW,  # chunks
    2 * MAX_ROWS * STATE,  # states before
    MAX_ROWS,  # chances
    2 * MAX_ROWS * STATE,  # states after
    BANDS * MAX_FRAMES,  # picture
    2 * MAX_HEADS + 1,  # logits, and the distance behind them
)
BLOCK_BYTES: Final = 4 * sum(_AREAS)


class MalformedMessage(OuidireError):
    """Not a message of this wire, or one about more than the block holds."""


class Kind(IntEnum):
    """What a message is about."""

    READY = 1
    VOICE = 2
    TONE = 3


MOST: Final = {Kind.READY: 0, Kind.VOICE: MAX_ROWS, Kind.TONE: MAX_FRAMES}
"""The greatest `length` of each kind."""


class Message(NamedTuple):
    """A request or its answer, which bears the same number.

    `length` is how many rows (VOICE) or frames (TONE) lie in the block; in the answer to TONE how many heads.
    """

    kind: Kind
    number: int
    length: int


def pack(message: Message) -> bytes:
    """The bytes of a message."""
    return _MESSAGE.pack(_MAGIC, message.kind, message.number, message.length)


def parse(data: bytes) -> Message:
    """The message of some bytes. Raises MalformedMessage."""
    if len(data) != MESSAGE_BYTES:
        raise MalformedMessage(f"{len(data)} bytes are no message")
    magic, kind, number, length = _MESSAGE.unpack(data)
    if magic != _MAGIC or kind not in Kind.__members__.values():
        raise MalformedMessage("these bytes are no message")
    if length > MOST[Kind(kind)]:
        raise MalformedMessage(f"{length} do not fit into the block")
    return Message(Kind(kind), number, length)


def answers(request: Message, said: Message) -> bool:
    """Whether what was said answers the request, with no more than the block holds."""
    if said[:2] != request[:2]:
        return False
    return 0 < said.length <= MAX_HEADS if request.kind is Kind.TONE else said.length == request.length


class Block:
    """The arrays of one request at a time, as views into shared memory.

    Raises:
        MalformedMessage: the memory has another size.
    """

    def __init__(self, memory: memoryview) -> None:
        if memory.nbytes != BLOCK_BYTES:
            raise MalformedMessage(f"the block has {memory.nbytes} bytes, not {BLOCK_BYTES}")
        floats = np.frombuffer(memory, np.float32)
        self._areas = np.split(floats, np.cumsum(_AREAS)[:-1])

    def chunks(self, rows: int) -> Floats:
        """What each stream's network hears: shape (rows, 576)."""
        return self._areas[0][: rows * ROW].reshape(rows, ROW)

    def states_before(self, rows: int) -> Floats:
        """What it remembers: shape (2, rows, 128)."""
        return self._areas[1][: 2 * rows * STATE].reshape(2, rows, STATE)

    def chances(self, rows: int) -> Floats:
        """How likely each chunk is speech: shape (rows,)."""
        return self._areas[2][:rows]

    def states_after(self, rows: int) -> Floats:
        """What it remembers now: shape (2, rows, 128)."""
        return self._areas[3][: 2 * rows * STATE].reshape(2, rows, STATE)

    def picture(self, frames: int) -> Floats:
        """A window for the tone network: shape (80, frames)."""
        return self._areas[4][: BANDS * frames].reshape(BANDS, frames)

    def logits(self, heads: int) -> Floats:
        """The tone network's answer: shape (heads, 2)."""
        return self._areas[5][: 2 * heads].reshape(heads, 2)

    def distance(self) -> Floats:
        """How far the window is from what was trained on: shape (1,)."""
        return self._areas[5][-1:]

    def wipe(self, kind: Kind, length: int) -> None:
        """Overwrite what a request and its answer have left."""
        if kind is Kind.VOICE:
            for array in (
                self.chunks(length),
                self.states_before(length),
                self.chances(length),
                self.states_after(length),
            ):
                array.fill(0.0)
        else:
            self.picture(length).fill(0.0)
            self._areas[5].fill(0.0)

    def let_go(self) -> None:
        """Hold no view of the memory any more, so that it can be unmapped."""
        self._areas = []
