"""What brings a leg's sound, whatever carries it: the roles, and the value that they hand on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from analysis.audio import Pcm16
from ari_bridge.media.stats import ReceiverStats


class Sound(NamedTuple):
    """Samples without a gap, mono int16 of shape (n,), native order, the receiver's no more.

    `start_sample` counts at `rate_hz` from the stream's first sample; sounds of a stream come in order and never
    overlap, and what lies between two of them was not heard. `spoken_s` is when the first sample was spoken, in seconds
    on the loop's clock: the arrival of its packet less that packet's length.
    """

    start_sample: int
    rate_hz: int
    pcm: Pcm16
    spoken_s: float


class Ear(Protocol):
    """Hears one leg from when it was opened until `close`."""

    @property
    def target(self) -> str:
        """What the PBX's gate is told to send that leg's sound to: the extension that a snoop is sent into."""
        ...

    def stats(self) -> ReceiverStats:
        """What arrived so far."""
        ...

    def close(self) -> None:
        """Hear nothing more, from this very moment; what the kernel still holds is thrown away."""
        ...


class MediaPlace(Protocol):
    """Where legs' sound arrives; one for all calls."""

    async def open(self, on_sound: Callable[[Sequence[Sound]], None]) -> Ear:
        """A new ear. `on_sound` is called on the loop with what came, never after `close`.

        Raises:
            NoFreePort: nothing more can be heard at once.
        """
        ...
