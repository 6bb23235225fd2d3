"""One leg's voice on its way: an ear, the call's clock, and the only place where a frame is admitted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from analysis.audio import AudioFrame
from ari_bridge.media.ear import Ear, MediaPlace, Sound
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.pbx.port import PbxFork
from consent.errors import Withdrawn
from consent.grant import Consented, ConsentGrant


class Fork:
    """Hears one leg under one grant. Open it with `Fork.open`, give `target` to the PBX, `close` it at any time."""

    def __init__(
        self, grant: ConsentGrant, channel_id: str, zero_s: float, hear: Callable[[Consented[AudioFrame]], None]
    ) -> None:
        self.channel_id = channel_id
        self.grant = grant
        self.pbx_fork: PbxFork | None = None
        self._hear = hear
        self._zero_s = zero_s
        self._shift_samples: int | None = None
        self._ear: Ear | None = None
        self._counted = ReceiverStats()
        self.opened_s = 0.0
        self.last_heard_s: float | None = None

    @classmethod
    async def open(
        cls,
        grant: ConsentGrant,
        channel_id: str,
        place: MediaPlace,
        zero_s: float,
        hear: Callable[[Consented[AudioFrame]], None],
    ) -> Fork:
        """Open an ear for one leg. `zero_s` is the call's zero on the loop's clock. Raises NoFreePort, Withdrawn."""
        grant.admit(None)
        fork = cls(grant, channel_id, zero_s, hear)
        fork._ear = await place.open(fork._on_sound)
        fork.opened_s = asyncio.get_running_loop().time()
        return fork

    @property
    def target(self) -> str:
        """What the PBX is told to send that leg's sound to."""
        assert self._ear is not None, "made by Fork.open only"  # noqa: S101
        return self._ear.target

    @property
    def is_open(self) -> bool:
        """False from `close` on."""
        return self._ear is not None

    def stats(self) -> ReceiverStats:
        """What arrived so far, or until it was closed."""
        return self._ear.stats() if self._ear is not None else self._counted

    def close(self) -> None:
        """Hear nothing more, from this very moment."""
        if self._ear is not None:
            self._counted = self._ear.stats()
            self._ear.close()
            self._ear = None

    def _on_sound(self, sounds: Sequence[Sound]) -> None:
        self.last_heard_s = asyncio.get_running_loop().time()
        try:
            for start_sample, rate_hz, pcm, spoken_s in sounds:
                if self._shift_samples is None:  # from the first sample on the stream's own clock counts
                    self._shift_samples = max(0, round((spoken_s - self._zero_s) * rate_hz))
                self._hear(self.grant.admit(AudioFrame(start_sample + self._shift_samples, rate_hz, pcm)))
        except Withdrawn:
            self.close()
