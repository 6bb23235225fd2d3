"""Where the networks run when the tone model is of others: as before, with one more process to look at."""

from __future__ import annotations

from analysis.emotion.foreign.model import ForeignTone
from analysis.engine.network_host import NetworkHost


class WithForeign:
    """A `NetworkHost` that looks at a foreign tone model's process too.

    A foreign model that is lost is no trouble of the engine's: calls are taken and facts told without it.

    Args:
        networks: where the networks run.
        foreign: the tone model; `Engine` starts it by warming it.
    """

    def __init__(self, networks: NetworkHost, foreign: ForeignTone) -> None:
        self._networks = networks
        self._foreign = foreign

    @property
    def trouble(self) -> str:
        """That of the networks."""
        return self._networks.trouble

    @property
    def restarts(self) -> int:
        """Those of the networks."""
        return self._networks.restarts

    @property
    def pid(self) -> int | None:
        """That of the networks."""
        return self._networks.pid

    @property
    def last_loss(self) -> str:
        """That of the networks."""
        return self._networks.last_loss

    def start(self) -> None:
        """Start the networks. Raises EngineGone."""
        self._networks.start()

    def look(self) -> None:
        """Look at both."""
        self._networks.look()
        self._foreign.look()

    def stop(self) -> None:
        """End both."""
        self._foreign.close()
        self._networks.stop()
