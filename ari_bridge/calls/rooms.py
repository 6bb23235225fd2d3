"""What every session of a bridge works with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from analysis.engine.engine import Engine
from analysis.store.scores import Scores
from analysis.store.weeks import Weeks
from ari_bridge.calls.board import Board
from ari_bridge.calls.roles import Roles
from ari_bridge.calls.tally import Tally
from ari_bridge.calls.topology import Topology
from ari_bridge.media.ear import MediaPlace
from ari_bridge.pbx.port import Pbx
from consent.gate import Gate
from consent.ledger import Ledger


class References(Protocol):
    """What follows a yes: the caller hears by which number the call is found again."""

    async def announce(self, call_id: str, language: str) -> None:
        """Have the caller hear a new reference. Raises nothing: a call goes on without one."""
        ...


@dataclass(frozen=True, slots=True)
class Rooms:
    """The long-lived parts, one of each for all calls. `lease_s` is how long a fork lives without a renewal."""

    pbx: Pbx
    ledger: Ledger
    gate: Gate
    engine: Engine
    scores: Scores
    weeks: Weeks
    board: Board
    topology: Topology
    roles: Roles
    references: References
    place: MediaPlace
    lease_s: float
    tally: Tally = field(default_factory=Tally)
