"""A network process of the tests, which loads nothing and misbehaves as its first argument says."""

from __future__ import annotations

import mmap
import os
import signal
import socket
import sys
import time

from analysis.engine.network_wire import (
    BLOCK_BYTES,
    MAX_HEADS,
    MAX_ROWS,
    MESSAGE_BYTES,
    Block,
    Kind,
    Message,
    pack,
    parse,
)


def command(way: str) -> tuple[str, ...]:
    """What to start."""
    return sys.executable, "-m", "tests.fakes.network_process", way


def reply(way: str, request: Message, block: Block) -> bytes:
    """Half a chance for each chunk, or nonsense."""
    kind, number, length = request
    if way == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if way == "hang":
        time.sleep(600)
    if kind is Kind.VOICE:
        block.chances(length).fill(0.5)
        block.states_after(length)[:] = block.states_before(length)
    else:
        length = 5
        block.logits(length).fill(0.25)
        block.distance().fill(0.75)
    return {
        "rubbish": os.urandom(MESSAGE_BYTES),
        "short": b"yes",
        "long": bytes(MESSAGE_BYTES + 1),
        "another number": pack(Message(kind, number + 1, length)),
        "another kind": pack(Message(Kind.READY, number, 0)),
        "other rows": pack(Message(kind, number, length + 1)),
        "too many rows": pack(Message(Kind.VOICE, number, MAX_ROWS + 1)),
        "too many heads": pack(Message(kind, number, MAX_HEADS + 1)),
        "no head": pack(Message(kind, number, 0)),
    }.get(way, pack(Message(kind, number, length)))


def main(way: str, control_fd: int, block_fd: int) -> None:
    """Serve until the bridge closes its end."""
    if way == "no start":
        sys.exit("the library is not there")
    if way == "never ready":
        time.sleep(600)
    block = Block(memoryview(mmap.mmap(block_fd, BLOCK_BYTES)))
    with socket.socket(fileno=control_fd) as control:
        control.send(b"hello" if way == "not ready" else pack(Message(Kind.READY, 0, 0)))
        while data := control.recv(MESSAGE_BYTES):
            control.send(reply(way, parse(data), block))
        if way == "stays":
            time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
