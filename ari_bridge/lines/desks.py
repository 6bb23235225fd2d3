"""Whom the lines ask: what the desks for rights and for staff must be able to do, whoever they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol


class Kept(Protocol):
    """What is kept of a call, for the ear."""

    @property
    def measurements(self) -> int | None:
        """How many; None while the call goes on."""
        ...

    @property
    def until(self) -> date:
        """The day on which the last of them goes; where there are none, the record of what was answered."""
        ...


class RightsDesk(Protocol):
    """The rights of callers. Raises DatabaseUnavailable where it could not do what it was asked."""

    async def stop_number(self, number: str) -> int:
        """Withdraw every yes of calls from this number that still holds; how many calls that were."""
        ...

    async def look_up(self, reference: str, source: str) -> Kept | None:
        """What is kept of the call with this reference, None where there is no such call.

        Raises:
            TooManyTries: nobody may guess on for now.
        """
        ...

    async def erase(self, reference: str) -> bool:
        """Erase what is kept of the call; False where nothing was left."""
        ...


class StaffDesk(Protocol):
    """The agents' acknowledgement of the notice to staff. Raises DatabaseUnavailable as above."""

    async def check_pin(self, endpoint: str, pin: str) -> bool:
        """Whether it is the PIN of the agent at that endpoint.

        Raises:
            TooManyTries: not even the right one is taken for now.
        """
        ...

    async def has_acknowledged(self, endpoint: str) -> bool:
        """Whether that agent acknowledged the notice as it is today, and did not take it back."""
        ...

    async def acknowledge(self, endpoint: str, language: str) -> None:
        """Record that the agent acknowledged today's notice, heard in that language."""
        ...

    async def withdraw(self, endpoint: str) -> bool:
        """Take it back, and stop hearing that agent; False where nothing was acknowledged."""
        ...

    async def receipt(self, endpoint: str) -> date | None:
        """The day on which the acknowledgement that holds was given."""
        ...

    async def site_facts(self) -> Mapping[str, date]:
        """The days of the site's `assessment`, `council` and last `change`: those that are on record."""
        ...


class ReferenceBook(Protocol):
    """Where the references of calls come from."""

    async def mint(self, call_id: str) -> str:
        """A new reference for a call that was granted, its digits alone. It is kept nowhere as it is."""
        ...
