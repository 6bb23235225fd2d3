"""What every session of a bridge works with."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.engine.engine import Engine
from analysis.store.scores import Scores
from ari_bridge.calls.board import Board
from ari_bridge.calls.fork import MediaPlace
from ari_bridge.calls.roles import Roles
from ari_bridge.calls.topology import Topology
from ari_bridge.pbx.port import Pbx
from consent.gate import Gate
from consent.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Rooms:
    """The long-lived parts, one of each for all calls. `lease_s` is how long a fork lives without a renewal."""

    pbx: Pbx
    ledger: Ledger
    gate: Gate
    engine: Engine
    scores: Scores
    board: Board
    topology: Topology
    roles: Roles
    place: MediaPlace
    lease_s: float
