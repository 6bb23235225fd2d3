"""The process in which a foreign model runs: windows in, shares of labels out, until the bridge closes its end.

Started by `child` as `python -m analysis.emotion.foreign.process CONTROL`, the number of an open socket. What is loaded
may be code of others, so this process has no network, no settings and no word about calls, and may hang or crash.
"""

import ctypes
import json
import os
import resource
import signal
import socket
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from analysis.audio import ENGINE_RATE_HZ
from analysis.emotion.foreign.checked_copy import copy_checked
from analysis.emotion.foreign.classifier import Classifier
from analysis.emotion.foreign.order import Order, parse_order
from analysis.emotion.foreign.wire import (
    HEAD_BYTES,
    MOST_BYTES,
    Kind,
    MalformedAnswer,
    pack,
    parse_head,
    parse_samples,
)
from analysis.emotion.window import LONGEST_SAMPLES
from consent.errors import OuidireError

NAME: Final = "ouidire-tone"
"""What `ps` and `top` call it; the kernel keeps 15 letters."""
NICE: Final = 5
"""Behind packets and behind the detector of voices."""
_PR_SET_PDEATHSIG, _PR_SET_NAME, _PR_SET_NO_NEW_PRIVS = 1, 15, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000


def main(arguments: Sequence[str]) -> int:
    """Serve one bridge. Whatever goes wrong ends the process: the bridge sees that, and starts another one."""
    (control_fd,) = (int(argument) for argument in arguments)
    _behave()
    _leave_the_network()
    with socket.socket(fileno=control_fd) as control:
        sys.addaudithook(_refuse_sockets)
        kind, content = _receive(control)
        if kind is not Kind.LOAD:
            raise MalformedAnswer("the first message says what to load")
        try:
            classifier = load(parse_order(content))
            control.sendall(pack(Kind.READY, json.dumps(list(classifier.labels)).encode()))
        except OuidireError as refusal:
            control.sendall(pack(Kind.REFUSED, str(refusal).encode()[: MOST_BYTES[Kind.REFUSED]]))
            return 0
        _close_the_doors()
        _serve(control, classifier)
    return 0


def load(order: Order) -> Classifier:
    """Check, copy, build and warm the model.

    Raises:
        NotTrusted: the folder is no longer what was confirmed.
        ModelRefused: it is no model of its kind.
    """
    with tempfile.TemporaryDirectory(prefix="ouidire-tone-") as folder:
        checked = Path(folder) / "model"
        checked.mkdir()
        # A cache of earlier downloads was never confirmed: an empty one takes its place.
        os.environ.update(HF_HOME=f"{folder}/none", TORCH_HOME=f"{folder}/none")
        copy_checked(order.trusted, checked)
        classifier = _built(order, checked)
        for length in (ENGINE_RATE_HZ, LONGEST_SAMPLES):
            classifier.shares(np.zeros(length, np.float32))
        return classifier


def _built(order: Order, folder: Path) -> Classifier:
    # Imported here: torch and SpeechBrain take seconds, and the bridge, which imports no adapter, has neither.
    if order.kind == "speechbrain":
        from analysis.emotion.foreign.speechbrain_classifier import SpeechBrainClassifier

        return SpeechBrainClassifier(folder)
    from analysis.emotion.foreign.wav2vec2_iemocap import Wav2vec2Iemocap

    return Wav2vec2Iemocap(folder)


def _serve(control: socket.socket, classifier: Classifier) -> None:
    while True:
        try:
            kind, content = _receive(control)
        except EOFError:
            return
        if kind is not Kind.READ:
            raise MalformedAnswer(f"nothing is asked by {kind.name}")
        shares = np.ascontiguousarray(classifier.shares(parse_samples(content)), np.float32)
        control.sendall(pack(Kind.SHARES, shares.tobytes()))


def _receive(control: socket.socket) -> tuple[Kind, bytes]:
    """The next message. Raises EOFError where the bridge has closed its end."""
    kind, length = parse_head(_exactly(control, HEAD_BYTES))
    return kind, _exactly(control, length)


def _exactly(control: socket.socket, length: int) -> bytes:
    content = control.recv(length, socket.MSG_WAITALL)
    if len(content) < length:
        raise EOFError
    return content


def _behave() -> None:
    """End with the bridge whatever happens, leave the stop to it, leave no core file, gain no rights."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_NAME, NAME.encode())
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)


def _leave_the_network() -> None:
    """Move into a network of its own with nothing in it, where the kernel lets an ordinary user do so."""
    ctypes.CDLL(None).unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _refuse_sockets(event: str, _: tuple[object, ...]) -> None:
    """What Python code asks for, also where the kernel gave no network of its own. A hook cannot be taken away."""
    if event.startswith("socket."):
        raise PermissionError(f"{event} is refused here: a foreign model has no network")


def _close_the_doors() -> None:
    """From here on no file and no socket can be opened."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
