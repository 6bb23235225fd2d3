"""The commands of `ouidire`."""

from ari_bridge.cli.parser import main

__all__ = ["main"]
