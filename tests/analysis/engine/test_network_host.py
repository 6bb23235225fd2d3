"""Where the networks run."""

from analysis.engine.network_host import InBridge, NetworkHost


def test_networks_of_the_own_process_are_never_lost() -> None:
    """Law: where there is no second process nothing can be lost, and nothing is done about it."""
    host: NetworkHost = InBridge()
    host.start()
    host.look()
    host.stop()
    assert (host.trouble, host.restarts, host.pid) == ("", 0, None)
