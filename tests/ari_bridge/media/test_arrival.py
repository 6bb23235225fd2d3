"""The datagram as a value."""

from ari_bridge.media.arrival import Arrival


def test_an_arrival_is_a_plain_tuple() -> None:
    """Law: what happens 50 times a second for each leg costs no more than a tuple."""
    assert tuple(Arrival(b"x", "127.0.0.1", 5, 1.5)) == (b"x", "127.0.0.1", 5, 1.5)
