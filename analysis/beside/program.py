"""A program of ours that runs beside the bridge, where it may crash or hang: started, spoken to, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import analysis

_PLACE: Final = Path(analysis.__path__[0]).parent
"""Where our packages lie: the program must run the same code as we do."""
_LEAVE_S: Final = 0.2
"""How long it may take to leave by itself once its socket is closed."""
_END_S: Final = 2.0
"""How long a killed process may take to be gone; one that hangs in the kernel is left to it."""
_WORDS_BYTES: Final = 4096
_WORDS_LETTERS: Final = 200
_OWN_VARIABLES: Final = "OUIDIRE_"


class Program:
    """One process, from its start to its end. What it writes to its standard error is kept in memory alone.

    Args:
        command: what is started; the number of its socket and those of `fds` are put behind.
        wire: whether its socket has messages (SOCK_SEQPACKET) or a stream of bytes (SOCK_STREAM).
        fds: further open files that are handed to it.
        environment: its variables.

    Raises:
        OSError: the process cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        wire: socket.SocketKind,
        fds: Sequence[int] = (),
        *,
        environment: Mapping[str, str],
    ) -> None:
        self._words_fd = os.memfd_create("ouidire-words")
        self.control, theirs = socket.socketpair(socket.AF_UNIX, wire)
        """Our end of its socket: closing it tells the process to leave."""
        handed = (theirs.fileno(), *fds)
        try:
            self._process = subprocess.Popen(
                [*command, *map(str, handed)],
                cwd=_PLACE,
                env=environment,
                pass_fds=handed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._words_fd,
            )
        except BaseException:
            self.control.close()
            os.close(self._words_fd)
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def end(self) -> str:
        """Let it leave, or kill it. How it ended, with its last words, as part of a sentence."""
        self.control.close()
        how = self._wait_or_kill()
        last = self._last_words()
        return f"{how} ({last})" if last else how

    def _wait_or_kill(self) -> str:
        try:
            return _how(self._process.wait(_LEAVE_S))
        except subprocess.TimeoutExpired:
            self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        return "it had to be killed"

    def _last_words(self) -> str:
        size = os.fstat(self._words_fd).st_size
        words = os.pread(self._words_fd, _WORDS_BYTES, max(0, size - _WORDS_BYTES)).decode(errors="replace")
        os.close(self._words_fd)
        return words.strip().rpartition("\n")[2][:_WORDS_LETTERS]


def environment_without_settings() -> dict[str, str]:
    """Our variables, less those of ours that may name files of secrets: they are no business of a program's."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)}


def _how(status: int) -> str:
    if status >= 0:
        return f"it ended with status {status}"
    try:
        return f"it was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"it was ended by signal {-status}"
