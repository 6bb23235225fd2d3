"""What a voice may be used for. A purpose that is not named in the grant is refused."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from consent.errors import InvalidValue
from consent.parties import Party


class Purpose(StrEnum):
    """One thing that is done with a voice."""

    FACTS = "facts"
    """Talk share, overlap, answers, pauses: of both parties, of this call only. Pace and level of the caller only."""
    TONE = "tone"
    """Activation and likelihood of anger: of the caller only."""
    CLIPS = "clips"
    """Short clips that a person hears to check the machine. Declared, and refused until there are clips."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked in one go: purposes that cannot do without each other. Each question has a yes of its own.

    `dpv` is the purpose in terms of the W3C's Data Privacy Vocabulary 2.3; `missing` says why it cannot be asked yet.
    """

    name: str
    purposes: frozenset[Purpose]
    dpv: str
    missing: str = ""


QUESTIONS: Final = (
    # The facts of a talk are by-products of finding where the caller speaks, without which no tone is measured.
    Question("tone", frozenset({Purpose.FACTS, Purpose.TONE}), "dpv:CommunicationForCustomerCare"),
    Question("clips", frozenset({Purpose.CLIPS}), "dpv:ServiceMonitoring", missing="no clip is kept by this version"),
)
"""Every question there is, in the order in which they would be asked."""

PERMITTED: Final[dict[Party, frozenset[Purpose]]] = {
    Party.CALLER: frozenset({Purpose.FACTS, Purpose.TONE}),
    # EU AI Act, Article 5(1)(f), in force since 2025-02-02: no inferring of emotions at work. There is no switch.
    Party.AGENT: frozenset({Purpose.FACTS}),
}
"""The most that a grant of a party can cover, whatever the settings say."""


def question(name: str) -> Question:
    """The question of that name. Raises InvalidValue: there is none, or it cannot be asked yet."""
    found = next((one for one in QUESTIONS if one.name == name), None)
    if found is None:
        raise InvalidValue(f"no such question: {name!r}; there are {', '.join(one.name for one in QUESTIONS)}")
    if found.missing:
        raise InvalidValue(f"{name!r} cannot be asked: {found.missing}")
    return found
