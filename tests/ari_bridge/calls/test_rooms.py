"""What sessions work with."""

import dataclasses

import pytest

from ari_bridge.calls.rooms import Rooms
from tests.ari_bridge.calls.bench import Bench


async def test_rooms_are_the_same_for_all_and_for_good(bench: Bench) -> None:
    """Law: one ledger, one gate, one engine for all calls: nobody swaps the gate of a running bridge."""
    for field in dataclasses.fields(Rooms):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(bench.rooms, field.name, None)
