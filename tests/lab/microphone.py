"""A microphone made of nothing but ALSA's configuration: it hears what is written into a pipe."""

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
_BLOCK_S = 0.1
_AHEAD_S = 0.3
"""So much is written before its time: a pipe without sound would stop the stream."""


class PipeMicrophone:
    """Plays `sound` (int16, shape (n,), 16 kHz, mono) over and over, in real time. `alsa_file` is ALSA's
    configuration, in which this is the only device. Use it as a context.
    """

    def __init__(self, folder: Path, sound: NDArray[np.int16]) -> None:
        self.alsa_file = folder / "asound.conf"
        pipe = folder / "microphone"
        os.mkfifo(pipe)
        # The null device behind it has no clock of its own: the pipe is the clock.
        self.alsa_file.write_text(
            "pcm.nothing { type null }\nctl.!default { type null }\n"
            f'pcm.!default {{ type file slave.pcm nothing file "/dev/null" infile "{pipe}" format raw }}\n',
            encoding="utf-8",
        )
        # For reading and writing: opening waits for nobody, and the stream never ends.
        self._pipe = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
        self._sound = np.ascontiguousarray(sound, dtype="<i2")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)

    def __enter__(self) -> "PipeMicrophone":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        os.close(self._pipe)

    def _play(self) -> None:
        block = int(RATE_HZ * _BLOCK_S)
        begun_s = time.monotonic() - _AHEAD_S
        for number in range(10**6):
            at = np.arange(number * block, (number + 1) * block) % len(self._sound)
            with suppress(BlockingIOError):  # nobody listens, and the pipe is full: not heard
                os.write(self._pipe, self._sound[at].tobytes())
            if self._ended.wait(max(0.0, begun_s + (number + 1) * _BLOCK_S - time.monotonic())):
                return
