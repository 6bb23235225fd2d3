"""The door to PyAudio: without it a sentence, with it 20 ms at a time."""

import struct
import sys
from types import ModuleType

import numpy as np
import pytest

from ari_bridge.cli.microphone import BLOCK_SAMPLES, Microphone, NoLoudspeaker, NoMicrophone, play, require_pyaudio


class FakeStream:
    """Two blocks, then the device is pulled out."""

    def __init__(self) -> None:
        self.blocks = [struct.pack("<h", 7) * BLOCK_SAMPLES, struct.pack("<h", -7) * BLOCK_SAMPLES]
        self.is_closed = False

    def read(self, count: int, exception_on_overflow: bool) -> bytes:
        """The next block."""
        assert count == BLOCK_SAMPLES
        if not self.blocks:
            raise OSError("Unanticipated host error")
        return self.blocks.pop(0)

    def close(self) -> None:
        """Noted."""
        self.is_closed = True


class FakePyAudio:
    """PyAudio's class as this door uses it."""

    stream = FakeStream()
    error: OSError | None = None

    def open(self, **options: object) -> FakeStream:
        """The stream, or what a machine without a microphone answers."""
        assert options["rate"] == 16_000
        if self.error is not None:
            raise self.error
        return self.stream

    def terminate(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
def pyaudio(monkeypatch: pytest.MonkeyPatch) -> type[FakePyAudio]:
    """A machine with PyAudio."""
    module = ModuleType("pyaudio")
    fake = type("PyAudio", (FakePyAudio,), {"stream": FakeStream()})
    module.PyAudio, module.paInt16 = fake, 8  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pyaudio", module)
    return fake


def test_without_pyaudio_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: what is missing is named together with the commands that bring it."""
    monkeypatch.setitem(sys.modules, "pyaudio", None)
    with pytest.raises(NoMicrophone, match=r"apt install portaudio19-dev.*ouidire\[mic\]"):
        require_pyaudio()


def test_blocks_are_samples_until_the_device_goes(pyaudio: type[FakePyAudio]) -> None:
    """Law: 320 int16 samples a block, in order; a device that goes away ends them; the stream is closed."""
    with Microphone() as microphone:
        blocks = list(microphone.blocks())
    assert [block.dtype for block in blocks] == [np.int16, np.int16]
    assert [int(block[0]) for block in blocks] == [7, -7]
    assert pyaudio.stream.is_closed


class FakeLoudspeaker:
    """PyAudio's class on a machine that can be heard: what was written, and what was done after it."""

    def __init__(self) -> None:
        self.done: list[object] = []
        self.error: OSError | None = None

    def open(self, **options: object) -> "FakeLoudspeaker":
        """The stream, or what a machine without a loudspeaker answers."""
        if self.error is not None:
            raise self.error
        self.done.append((options["rate"], options["output"]))
        return self

    def write(self, samples: bytes) -> None:
        """Noted."""
        self.done.append(samples)

    def stop_stream(self) -> None:
        """Noted."""
        self.done.append("heard to its end")

    def close(self) -> None:
        """Noted."""
        self.done.append("closed")

    def terminate(self) -> None:
        """Noted."""
        self.done.append("terminated")


def test_a_prompt_is_heard_to_its_end(pyaudio: type[FakePyAudio]) -> None:
    """Law: the stream is emptied before it is closed, and the device let go of, also where it does not open."""
    loudspeaker = FakeLoudspeaker()
    sys.modules["pyaudio"].PyAudio = lambda: loudspeaker  # type: ignore[attr-defined]
    play(b"\1\0" * 80, 8000)
    assert loudspeaker.done == [(8000, True), b"\1\0" * 80, "heard to its end", "closed", "terminated"]
    loudspeaker.error = OSError(-9996, "Invalid output device")
    with pytest.raises(NoLoudspeaker, match="--to"):
        play(b"\1\0", 8000)
    assert loudspeaker.done[-2:] == ["terminated", "terminated"]


def test_no_microphone_is_a_sentence(pyaudio: type[FakePyAudio]) -> None:
    """Law: a machine without a microphone is told in words."""
    pyaudio.error = OSError(-9996, "Invalid input device")
    with pytest.raises(NoMicrophone, match=r"no microphone opens.*arecord"):
        Microphone()
