"""Single keys of a terminal (or characters of a pipe), without the wait for Enter."""

from __future__ import annotations

import asyncio
import os
import termios
import threading
import tty
from typing import Final

END: Final = ""
"""What stands for the end of the input."""


class Keyboard:
    """Reads `fd` key by key in a thread of its own. A terminal gets its old mode back at `close`."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._keys: asyncio.Queue[str] = asyncio.Queue()
        self._mode = termios.tcgetattr(fd) if os.isatty(fd) else None
        if self._mode is not None:
            tty.setcbreak(fd)

    def start(self) -> None:
        """Begin to read; what was typed before does not count."""
        if self._mode is not None:
            termios.tcflush(self._fd, termios.TCIFLUSH)
        # A daemon: a read that waits for a key must not keep the process alive.
        threading.Thread(target=self._read, args=(asyncio.get_running_loop(),), daemon=True).start()

    def close(self) -> None:
        """Give the terminal its mode back."""
        if self._mode is not None:
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._mode)

    async def key(self, timeout_s: float | None = None) -> str | None:
        """The next key; END when there will be no more; None when `timeout_s` went by without one."""
        try:
            return await asyncio.wait_for(self._keys.get(), timeout_s)
        except TimeoutError:
            return None

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        key = "start"
        while key != END:
            try:
                key = os.read(self._fd, 1).decode("ascii", "replace")
            except OSError:
                key = END
            if key.strip() or key == END:
                try:
                    loop.call_soon_threadsafe(self._keys.put_nowait, key)
                except RuntimeError:  # the loop is closed: nobody waits for keys any more
                    return
