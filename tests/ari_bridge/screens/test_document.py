"""Laws of what a family says of itself."""

from __future__ import annotations

import dataclasses

import pytest

from ari_bridge.screens.document import Family, PushKind
from ari_bridge.screens.families import FAMILIES
from consent.errors import InvalidValue


def test_no_family_claims_a_test_on_hardware() -> None:
    """Nobody has reported a real phone yet, so no capability says otherwise, and each names what a push needs."""
    for family in FAMILIES.values():
        assert family.capability.hardware_tested is False
        assert family.capability.needs


def test_a_capability_cannot_be_changed_in_passing() -> None:
    """Capabilities are frozen: "tested" is set in the source, with a report, or not at all."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(FAMILIES["yealink"].capability, "hardware_tested", True)  # noqa: B010 - the type checker refuses it too


def test_a_family_is_pushed_to_with_a_renderer_or_not_at_all() -> None:
    """A family that says it is pull only has nothing to push, and one that is pushed to has."""
    for family in FAMILIES.values():
        assert (family.notify is None) is (family.capability.push is PushKind.NONE)
    pulled, pushed = FAMILIES["grandstream"], FAMILIES["yealink"]
    with pytest.raises(InvalidValue):
        Family("grandstream", "g", pulled.capability, pulled.render, pushed.notify)
    with pytest.raises(InvalidValue):
        Family("yealink", "y", pushed.capability, pushed.render, None)
