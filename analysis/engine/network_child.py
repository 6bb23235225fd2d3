"""The bridge's end of the network process: started, asked, ended. One object is one process."""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import analysis
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
_PLACE: Final = Path(analysis.__path__[0]).parent
"""Where our packages lie: the process must run the same code as we do."""
_LEAVE_S: Final = 0.2
"""How long it may take to leave by itself once its socket is closed."""
_END_S: Final = 2.0
"""How long a killed process may take to be gone; one that hangs in the kernel is left to it."""
_WORDS_BYTES: Final = 4096
_OWN_VARIABLES: Final = "OUIDIRE_"


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
        self._words_fd = os.memfd_create("ouidire-words")
        block_fd = os.memfd_create("ouidire-block", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            os.ftruncate(block_fd, BLOCK_BYTES)
            # Memory that the process made shorter would end us with a bus error.
            fcntl.fcntl(block_fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
            self._memory = mmap.mmap(block_fd, BLOCK_BYTES)
            self.block = Block(memoryview(self._memory))
            fds = (theirs.fileno(), block_fd, voice_fd, tone_fd)
            self._process = subprocess.Popen(
                [*command, *map(str, fds)],
                cwd=_PLACE,
                # Our settings may stand in the environment: they are no business of its.
                env={name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)},
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words_fd,
            )
        except BaseException:
            self._control.close()
            os.close(self._words_fd)
            raise
        finally:
            theirs.close()
            os.close(block_fd)

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

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
        self._control.close()
        how = self._wait_or_kill()
        self.block.let_go()
        self._memory[:] = bytes(BLOCK_BYTES)
        self._memory.close()
        size = os.fstat(self._words_fd).st_size
        words = os.pread(self._words_fd, _WORDS_BYTES, max(0, size - _WORDS_BYTES)).decode(errors="replace")
        os.close(self._words_fd)
        last = words.strip().rpartition("\n")[2][:200]
        return f"{how} ({last})" if last else how

    def _wait_or_kill(self) -> str:
        try:
            return _how(self._process.wait(_LEAVE_S))
        except subprocess.TimeoutExpired:
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        return "it had to be killed"

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


def _how(status: int) -> str:
    if status >= 0:
        return f"it ended with status {status}"
    try:
        return f"it was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"it was ended by signal {-status}"
