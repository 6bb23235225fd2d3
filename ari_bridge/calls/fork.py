"""One leg's voice on its way: a port of ours, the stream's checks, and the only place where a frame is admitted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from analysis.audio import ENGINE_RATE_HZ, AudioFrame
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.media.stream import MediaStream
from ari_bridge.media.udp_receiver import Arrival, PortRange, UdpReceiver
from ari_bridge.pbx.port import PbxFork
from consent.errors import Withdrawn
from consent.grant import Consented, ConsentGrant


@dataclass(frozen=True, slots=True)
class MediaPlace:
    """Where forks arrive: our host, the ports we may bind there, and the only address that may send."""

    host: str
    ports: PortRange
    pbx_host: str


class Fork:
    """Hears one leg under one grant. Open it with `Fork.open`, give `port` to the PBX, `close` it at any time."""

    def __init__(
        self, grant: ConsentGrant, channel_id: str, zero_s: float, hear: Callable[[Consented[AudioFrame]], None]
    ) -> None:
        self.channel_id = channel_id
        self.grant = grant
        self.pbx_fork: PbxFork | None = None
        self._hear = hear
        self._zero_s = zero_s
        self._shift_samples: int | None = None
        self._stream = MediaStream()
        self._receiver: UdpReceiver | None = None
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
        """Bind a port for one leg. `zero_s` is the call's zero on the loop's clock. Raises NoFreePort, Withdrawn."""
        grant.admit(None)
        fork = cls(grant, channel_id, zero_s, hear)
        fork._receiver = await UdpReceiver.open(place.host, place.ports, place.pbx_host, fork._on_packets)
        fork.opened_s = asyncio.get_running_loop().time()
        return fork

    @property
    def port(self) -> int:
        """Our UDP port."""
        assert self._receiver is not None, "made by Fork.open only"  # noqa: S101
        return self._receiver.port

    @property
    def is_open(self) -> bool:
        """False from `close` on."""
        return self._receiver is not None

    def stats(self) -> ReceiverStats:
        """What arrived so far, or until it was closed."""
        return self._receiver.stats() + self._stream.stats() if self._receiver is not None else self._counted

    def close(self) -> None:
        """Hear nothing more, from this very moment."""
        if self._receiver is not None:
            self._counted = self.stats()
            self._receiver.close()
            self._receiver = None

    def _on_packets(self, arrivals: list[Arrival]) -> None:
        try:
            for arrival in arrivals:
                self._take(arrival)
        except Withdrawn:
            self.close()

    def _take(self, arrival: Arrival) -> None:
        for run in self._stream.feed(arrival):
            self.last_heard_s = arrival.at_s
            if self._shift_samples is None:
                # The first sample was spoken one packet before it arrived; from here on RTP's own clock counts.
                self._shift_samples = max(0, round((arrival.at_s - self._zero_s) * ENGINE_RATE_HZ) - len(run.pcm))
            frame = AudioFrame(run.start_sample + self._shift_samples, ENGINE_RATE_HZ, run.pcm)
            self._hear(self.grant.admit(frame))
