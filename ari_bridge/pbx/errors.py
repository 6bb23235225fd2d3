"""What a PBX can answer instead of what was asked, finer than the port needs it."""

from __future__ import annotations

from ari_bridge.pbx.port import PbxRefused


class Unreachable(TimeoutError):
    """Nothing answers there, or not in time, or the connection broke; a retry may help."""


class NotThere(PbxRefused):
    """The channel or variable asked for does not exist (any more)."""


class NotLetIn(PbxRefused):
    """No retry can help: wrong password, rights or release, or another bridge took our name. The message says more."""
