"""Who says references, in memory."""

from __future__ import annotations


class FakeReferences:
    """Remembers for which calls, in which language, it was asked."""

    def __init__(self) -> None:
        self.announced: list[tuple[str, str]] = []

    async def announce(self, call_id: str, language: str) -> None:
        """Nobody hears anything."""
        self.announced.append((call_id, language))
