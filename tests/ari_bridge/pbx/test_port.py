"""The port's values."""

import dataclasses

import pytest

from ari_bridge.pbx.port import ChannelGone, PbxRefused, Snapshot


def test_events_cannot_be_changed() -> None:
    """Law: what the PBX said stays said: events are frozen values, equal when they say the same."""
    gone = ChannelGone("1.1")
    with pytest.raises(dataclasses.FrozenInstanceError):
        gone.channel_id = "1.2"  # type: ignore[misc]
    assert gone == ChannelGone("1.1")


def test_nobody_is_held_unless_it_is_said() -> None:
    """Law: an empty PBX is a snapshot like any other."""
    assert Snapshot((), {}).held == frozenset()


def test_a_refusal_is_its_sentence() -> None:
    """Law: whoever logs a refusal logs a sentence."""
    assert str(PbxRefused("no such leg")) == "no such leg"
