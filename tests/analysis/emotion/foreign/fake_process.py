"""Stands in for the process of a foreign model: `python -m ... WAY CONTROL`, with a way to behave."""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from pathlib import Path

import numpy as np

from analysis.emotion.foreign.wire import HEAD_BYTES, Kind, pack, parse_head

LABELS = ("neu", "ang", "hap", "sad")
SHARES = (0.1, 0.4, 0.2, 0.3)
WAYS = ("good", "hangs", "crashes", "rubbish", "too many", "no shares", "other kind")


def command(way: str) -> tuple[str, ...]:
    """What starts it."""
    return (sys.executable, "-m", "tests.analysis.emotion.foreign.fake_process", way)


def main(way: str, control_fd: int) -> None:
    """Behave."""
    with socket.socket(fileno=control_fd) as control:
        load = _receive(control)
        if way == "dies":
            print("no memory left", file=sys.stderr)
            sys.exit(3)
        if way == "refuses":
            control.sendall(pack(Kind.REFUSED, b"the folder is not what it was"))
            return
        if way == "never ready":
            time.sleep(60)
        if way == "odd labels":
            control.sendall(pack(Kind.READY, b'["one"]'))
            return
        if way == "silent":
            control.sendall(pack(Kind.SHARES, b""))
            return
        control.sendall(pack(Kind.READY, json.dumps(LABELS).encode()))
        if way.startswith("once:") and not Path(way[5:]).exists():
            Path(way[5:]).write_bytes(load)
            way = "crashes"
        while _receive(control):
            _answer(control, way)


def _answer(control: socket.socket, way: str) -> None:
    shares = np.array(SHARES, np.float32)
    if way == "hangs":
        time.sleep(60)
    if way == "crashes":
        os.abort()
    if way == "rubbish":
        control.sendall(b"these are sixteen bytes, and more")
    elif way == "too many":
        control.sendall(pack(Kind.SHARES, np.full(5, 0.2, np.float32).tobytes()))
    elif way == "no shares":
        control.sendall(pack(Kind.SHARES, (2 * shares).tobytes()))
    elif way == "other kind":
        control.sendall(pack(Kind.REFUSED, b"not now"))
    else:
        control.sendall(pack(Kind.SHARES, shares.tobytes()))


def _receive(control: socket.socket) -> bytes:
    head = control.recv(HEAD_BYTES, socket.MSG_WAITALL)
    return control.recv(parse_head(head).length, socket.MSG_WAITALL) if head else b""


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
