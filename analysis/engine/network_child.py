"""The bridge's end of the network process: started, asked, ended. One object is one process."""

from __future__ import annotations

import fcntl
import mmap
import os
import socket
import sys
from collections.abc import Sequence
from typing import Final

from analysis.beside.program import Program, environment_without_settings
from analysis.engine.network_host import EngineGone
from analysis.engine.network_wire import (
    BLOCK_BYTES,
    MESSAGE_BYTES,
    Block,
    Kind,
    MalformedMessage,
    Message,
    answers,
    pack,
    parse,
)

COMMAND: Final = (sys.executable, "-m", "analysis.engine.network_process")


def weights(name: str, content: bytes) -> int:
    """A file in memory alone: each process gets what was checked, whatever happens on disk, and can change nothing."""
    fd = os.memfd_create(f"ouidire-{name}", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    with open(os.dup(fd), "wb") as file:
        file.write(content)
    fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    return fd


class NetworkChild:
    """One process, from its start to its end.

    Args:
        voice_fd, tone_fd: open files with the weights of the networks.
        command: what is started; the four numbers of its files are put behind.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(self, voice_fd: int, tone_fd: int, command: Sequence[str] = COMMAND) -> None:
        self._number = 0
        block_fd = os.memfd_create("ouidire-block", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.ftruncate(block_fd, BLOCK_BYTES)
            # Memory that the process made shorter would end us with a bus error.
            fcntl.fcntl(block_fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
            self._memory = mmap.mmap(block_fd, BLOCK_BYTES)
            self.block = Block(memoryview(self._memory))
            self._program = Program(
                command,
                socket.SOCK_SEQPACKET,
                (block_fd, voice_fd, tone_fd),
                environment=environment_without_settings(),
            )
        finally:
            os.close(block_fd)
        self._control = self._program.control

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._program.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._program.is_alive

    def is_ready(self, wait_s: float = 0.0) -> bool:
        """Whether it has said that both networks are warm; asked until it is so. Raises EngineGone."""
        self._control.settimeout(wait_s)
        try:
            said = self._receive()
        except (TimeoutError, BlockingIOError):
            return False
        if said.kind is not Kind.READY:
            raise EngineGone("it did not say that it is ready")
        return True

    def ask(self, kind: Kind, count: int, patience_s: float) -> Message:
        """Have it work on what lies in the block. Blocking. Raises EngineGone: it ended, hangs, or answers rubbish."""
        self._number = (self._number + 1) % 2**32
        request = Message(kind, self._number, count)
        self._control.settimeout(patience_s)
        try:
            self._control.send(pack(request))
            answer = self._receive()
        except TimeoutError:
            raise EngineGone(f"it did not answer within {patience_s:g} s") from None
        except OSError as error:
            raise EngineGone(f"it cannot be reached: {error}") from None
        if not answers(request, answer):
            raise EngineGone("it answers what was not asked")
        return answer

    def end(self) -> str:
        """Let it leave, or kill it; wipe and let go of all. How it ended, as part of a sentence."""
        how = self._program.end()
        self.block.let_go()
        self._memory[:] = bytes(BLOCK_BYTES)
        self._memory.close()
        return how

    def _receive(self) -> Message:
        try:
            data = self._control.recv(MESSAGE_BYTES + 1)
        except ConnectionError:
            raise EngineGone("it hung up") from None
        if not data:
            raise EngineGone("it hung up")
        try:
            return parse(data)
        except MalformedMessage as error:
            raise EngineGone(f"it answers rubbish: {error}") from None
