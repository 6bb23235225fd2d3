"""The yes, and what it covers: `ConsentGrant` and `Consented`, the first of the three locks (types).

Nothing that holds a voice is handed on without a `Consented` around it, and only a live grant makes one. Only the
ledger strikes grants (tests/house asserts it), so a yes that is not recorded cannot be used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from consent.errors import InvalidValue, Withdrawn
from consent.parties import Party
from consent.purposes import PERMITTED, Purpose
from consent.retention import Retention

T = TypeVar("T")
U = TypeVar("U")


class Life:
    """Whether the grants of one call still live: the one mutable thing about them, shared by both parties' grants.

    One life for a call is why the agent's grant ends with the caller's, whoever holds it.
    """

    __slots__ = ("__weakref__", "ended_by")

    def __init__(self) -> None:
        self.ended_by: str | None = None

    def end(self, answer: str) -> None:
        """End it at once and for good; the first reason stays."""
        if self.ended_by is None:
            self.ended_by = answer


@dataclass(frozen=True, slots=True)
class ConsentGrant:
    """One recorded yes of one party in one call. Never leaves the process.

    Raises:
        InvalidValue: an empty id, or a purpose that the party's grants can never cover.
    """

    grant_id: str
    call_id: str
    party: Party
    purposes: frozenset[Purpose]
    notice_id: str
    language: str
    struck_at: datetime
    retention: Retention
    _life: Life = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.grant_id or not self.call_id:
            raise InvalidValue("a grant needs an id and a call")
        if not self.purposes or not self.purposes <= PERMITTED[self.party]:
            raise InvalidValue(f"a grant of the {self.party} cannot cover {sorted(self.purposes)}")

    def __reduce__(self) -> str:
        raise TypeError("a grant never leaves the process: a copy would not hear of the withdrawal")

    @property
    def is_live(self) -> bool:
        """False from the instant of a withdrawal on, for every holder of this grant."""
        return self._life.ended_by is None

    def admit(self, value: T) -> Consented[T]:
        """Take a value under this grant. Raises Withdrawn once the grant has ended."""
        if self._life.ended_by is not None:
            raise Withdrawn(f"the grant of the {self.party} was {self._life.ended_by}")
        return Consented(self, value)

    def end(self, answer: str) -> None:
        """End the grant, and the other party's with it."""
        self._life.end(answer)


@dataclass(frozen=True, slots=True)
class Consented(Generic[T]):
    """A value together with the grant that covers it."""

    grant: ConsentGrant
    _value: T

    def open(self) -> T:
        """The value. Raises Withdrawn once the grant has ended, however long the value was in a queue."""
        if not self.grant.is_live:
            raise Withdrawn(f"the grant of the {self.grant.party} has ended")
        return self._value

    def map(self, change: Callable[[T], U]) -> Consented[U]:
        """What `change` makes of the value, under the same grant. Raises Withdrawn as `open` does."""
        return Consented(self.grant, change(self.open()))
