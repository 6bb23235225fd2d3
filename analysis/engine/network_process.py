"""The process in which the networks run: arrays in, arrays out, until the bridge closes its end.

Started by `network_child` as `python -m analysis.engine.network_process CONTROL BLOCK VOICE TONE`, four numbers of open
files: the socket for messages, the block of memory, and the weights of both networks. It knows nothing else: no call,
no party, no grant, no settings.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from analysis.emotion.log_mel import log_mel
from analysis.emotion.onnx_model import OnnxToneNetwork, ToneNetwork
from analysis.emotion.window import LONGEST_SAMPLES
from analysis.engine.network_wire import (
    BLOCK_BYTES,
    MESSAGE_BYTES,
    ROW,
    STATE,
    Block,
    Kind,
    MalformedMessage,
    Message,
    pack,
    parse,
)
from analysis.speech.silero import VoiceNetwork, network_of

NAME: Final = "ouidire-engine"
"""What `ps` and `top` call it; the kernel keeps 15 letters."""
NICE: Final = 1
"""Packets are received before chunks are heard: a verdict may be late, a packet is lost."""

_PR_SET_PDEATHSIG, _PR_SET_NAME = 1, 15


def main(arguments: Sequence[str]) -> int:
    """Serve one bridge. Whatever goes wrong ends the process: the bridge sees that, and starts another one."""
    control_fd, block_fd, voice_fd, tone_fd = (int(argument) for argument in arguments)
    _behave()
    voice = network_of(Path(f"/proc/self/fd/{voice_fd}"))
    tone: ToneNetwork = OnnxToneNetwork(Path(f"/proc/self/fd/{tone_fd}").read_bytes())
    voice.run(np.zeros((1, ROW), np.float32), np.zeros((2, 1, STATE), np.float32))
    tone.run(log_mel(np.zeros(LONGEST_SAMPLES, np.float32)))
    block = Block(memoryview(mmap.mmap(block_fd, BLOCK_BYTES)))
    with socket.socket(fileno=control_fd) as control:
        _close_the_doors()
        control.send(pack(Message(Kind.READY, 0, 0)))
        while data := control.recv(MESSAGE_BYTES + 1):
            control.send(pack(answer(parse(data), block, voice, tone)))
    return 0


def answer(request: Message, block: Block, voice: VoiceNetwork, tone: ToneNetwork) -> Message:
    """Run the network that is asked for, and lay its answer into the block. Raises MalformedMessage."""
    kind, number, count = request
    if kind is Kind.VOICE and count:
        block.chances(count)[:], block.states_after(count)[:] = voice.run(
            block.chunks(count), block.states_before(count)
        )
        return request
    if kind is Kind.TONE and count:
        logits, block.distance()[0] = tone.run(block.picture(count))
        block.logits(len(logits))[:] = logits
        return Message(kind, number, len(logits))
    raise MalformedMessage(f"nothing is asked by {request}")


def _behave() -> None:
    """End with the bridge whatever happens, leave the stop to it, and leave no core file, which would hold voices."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_NAME, NAME.encode())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(NICE)


def _close_the_doors() -> None:
    """From here on no file and no socket can be opened: native code that was taken over reaches nothing."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
