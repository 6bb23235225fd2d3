"""Errors as the port knows them."""

from ari_bridge.pbx.errors import NotLetIn, NotThere, Unreachable
from ari_bridge.pbx.port import PbxRefused


def test_every_error_is_one_of_the_ports_two() -> None:
    """Law: whoever uses the port needs to know a no (PbxRefused) and no answer (TimeoutError), and no more."""
    assert issubclass(NotLetIn, PbxRefused)
    assert issubclass(NotThere, PbxRefused)
    assert issubclass(Unreachable, TimeoutError)
