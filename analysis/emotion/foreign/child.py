"""The bridge's end of a foreign model's process: started, asked, ended. One object is one process."""

import contextlib
import socket
import sys
from collections.abc import Sequence
from time import monotonic
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Pcm32
from analysis.beside.program import Program, environment_without_settings
from analysis.emotion.foreign.wire import (
    HEAD_BYTES,
    Head,
    Kind,
    MalformedAnswer,
    pack,
    parse_head,
    parse_labels,
    parse_shares,
)
from analysis.emotion.model_files import ModelRefused
from consent.errors import OuidireError

COMMAND: Final = (sys.executable, "-m", "analysis.emotion.foreign.process")
_ENVIRONMENT: Final = {
    # Whatever a recipe or SpeechBrain asks of torch.load, and however it asks: numbers alone.
    "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
_DROPPED: Final = frozenset({"TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"})
_ORDER_S: Final = 2.0
"""How long it may take to hand the order over."""


class ForeignGone(OuidireError):
    """A foreign model cannot be asked now: its process has ended, hangs, or is still starting."""


class ForeignChild:
    """One process, from its start to its end.

    Args:
        order: what it loads, as `Order.as_bytes` has it.
        command: what is started; the number of its socket is put behind.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self, order: bytes, command: Sequence[str] = COMMAND) -> None:
        load = pack(Kind.LOAD, order)
        self._labels: tuple[str, ...] = ()
        self._got = bytearray()
        self._program = Program(command, socket.SOCK_STREAM, environment=_environment())
        self._control = self._program.control
        self._control.settimeout(_ORDER_S)
        with contextlib.suppress(ConnectionError, TimeoutError):  # it is seen to have ended when it is looked at
            self._control.sendall(load)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._program.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._program.is_alive

    def labels(self, wait_s: float = 0.0) -> tuple[str, ...]:
        """The model's labels once it is warm; empty while it is not.

        Raises:
            ModelRefused: it says why it does not load the model.
            ForeignGone: it ended, or speaks rubbish.
        """
        if self._labels:
            return self._labels
        try:
            head, content = self._receive(wait_s)
        except TimeoutError:
            return ()
        if head.kind is Kind.REFUSED:
            raise ModelRefused(content.decode(errors="replace"))
        if head.kind is not Kind.READY:
            raise ForeignGone("it did not say that it is ready")
        try:
            self._labels = parse_labels(content)
        except MalformedAnswer as error:
            raise ForeignGone(f"it answers rubbish: {error}") from None
        return self._labels

    def ask(self, samples: Pcm32, patience_s: float) -> NDArray[np.float32]:
        """The shares of its labels in one window. Blocking. Raises ForeignGone: it ended, hangs, or answers rubbish."""
        try:
            self._control.settimeout(patience_s)
            self._control.sendall(pack(Kind.READ, np.ascontiguousarray(samples, np.float32).tobytes()))
            head, content = self._receive(patience_s)
            if head.kind is not Kind.SHARES:
                raise ForeignGone("it answers what was not asked")
            return parse_shares(content, len(self._labels))
        except TimeoutError:
            raise ForeignGone(f"it did not answer within {patience_s:g} s") from None
        except OSError as error:
            raise ForeignGone(f"it cannot be reached: {error}") from None
        except MalformedAnswer as error:
            raise ForeignGone(f"it answers rubbish: {error}") from None

    def end(self) -> str:
        """Let it leave, or kill it. How it ended, with its last words, as part of a sentence."""
        return self._program.end()

    def _receive(self, wait_s: float) -> tuple[Head, bytes]:
        """The next message; what came of one that is not whole yet is kept. Raises TimeoutError, ForeignGone."""
        until = monotonic() + wait_s
        self._fill(HEAD_BYTES, until)
        try:
            head = parse_head(bytes(self._got[:HEAD_BYTES]))
        except MalformedAnswer as error:
            raise ForeignGone(f"it answers rubbish: {error}") from None
        self._fill(HEAD_BYTES + head.length, until)
        content = bytes(self._got[HEAD_BYTES : HEAD_BYTES + head.length])
        del self._got[: HEAD_BYTES + head.length]
        return head, content

    def _fill(self, size: int, until: float) -> None:
        while len(self._got) < size:
            self._control.settimeout(max(0.0, until - monotonic()))
            try:
                part = self._control.recv(size - len(self._got))
            except BlockingIOError:
                raise TimeoutError from None
            except ConnectionError:
                part = b""
            if not part:
                raise ForeignGone("it hung up")
            self._got += part


def _environment() -> dict[str, str]:
    """Ours without our settings, and with what keeps libraries from the network and from running checkpoints."""
    kept = {name: value for name, value in environment_without_settings().items() if name not in _DROPPED}
    return kept | _ENVIRONMENT
