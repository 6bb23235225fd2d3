"""Laws of the microphone that is a pipe."""

import os
import time
from pathlib import Path

import numpy as np

from tests.lab.microphone import RATE_HZ, PipeMicrophone


def test_it_speaks_in_real_time_over_and_over(tmp_path: Path) -> None:
    """Law: the samples come in order, again from the first after the last, and no faster than somebody speaks."""
    sound = np.arange(5000, dtype=np.int16)
    with PipeMicrophone(tmp_path, sound):
        begun_s = time.monotonic()
        pipe = os.open(tmp_path / "microphone", os.O_RDONLY)
        heard = b""
        while len(heard) < RATE_HZ * 2:
            heard += os.read(pipe, 640)
        took_s = time.monotonic() - begun_s
        os.close(pipe)
    samples = np.frombuffer(heard, dtype="<i2")
    assert np.array_equal(samples, np.arange(len(samples)) % 5000)
    assert took_s > 0.5
    assert str(tmp_path / "microphone") in (tmp_path / "asound.conf").read_text()
