"""What a voice may be used for. A purpose that is not named in the grant is refused."""

from enum import StrEnum
from typing import Final

from consent.parties import Party


class Purpose(StrEnum):
    """One thing that is done with a voice."""

    FACTS = "facts"
    """Talk share, overlap, pauses: of both parties, of this call only."""
    TONE = "tone"
    """Activation and likelihood of anger: of the caller only."""


PERMITTED: Final[dict[Party, frozenset[Purpose]]] = {
    Party.CALLER: frozenset({Purpose.FACTS, Purpose.TONE}),
    # EU AI Act, Article 5(1)(f), in force since 2025-02-02: no inferring of emotions at work. There is no switch.
    Party.AGENT: frozenset({Purpose.FACTS}),
}
"""The most that a grant of a party can cover, whatever the settings say."""
