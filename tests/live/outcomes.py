"""What came of calls that are played at once: each has its outcome or its error, and none spoils another's."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

_Name = TypeVar("_Name")
_Outcome = TypeVar("_Outcome")


async def at_once(acts: Mapping[_Name, Awaitable[_Outcome]]) -> dict[_Name, _Outcome | BaseException]:
    """Play all of them, and wait for the last."""
    outcomes = await asyncio.gather(*acts.values(), return_exceptions=True)
    return dict(zip(acts, outcomes, strict=True))


def of(outcome: _Outcome | BaseException) -> _Outcome:
    """The outcome, where there is one. Raises the error of the act that failed."""
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome
