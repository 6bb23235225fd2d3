"""The section [pbx]."""

import pytest
from pydantic import ValidationError

from ari_bridge.run.pbx_section import PbxSection


def test_it_is_an_asterisk_on_this_machine_where_nothing_is_said() -> None:
    """Law: the defaults are Asterisk's own ports, all on loopback."""
    section = PbxSection()
    assert (section.kind, section.ami_host, section.esl_host, section.esl_port) == (
        "asterisk", "127.0.0.1", "127.0.0.1", 8021,
    )  # fmt: skip


@pytest.mark.parametrize("key", ["ami_host", "esl_host"])
def test_what_is_spoken_in_clear_stays_on_this_machine(key: str) -> None:
    """Law: neither AMI nor the event socket is spoken over a network."""
    with pytest.raises(ValidationError, match="must be loopback"):
        PbxSection.model_validate({key: "10.0.0.2"})


def test_another_pbx_is_an_error() -> None:
    """Law: a kind that nobody adapts is refused, never ignored."""
    with pytest.raises(ValidationError):
        PbxSection.model_validate({"kind": "3cx"})
