"""Somebody on one of our own lines, who understands what is said and presses keys."""

import asyncio
import time
from dataclasses import dataclass, field

from tests.lab import ear
from tests.lab.errors import LabError
from tests.lab.phone import Call, CallStatus, Phone

BEGINNING_S = 1.2
"""So much of a prompt tells which one it is."""
LISTENS_EVERY_S = 0.25


@dataclass(slots=True)
class OnLine:
    """A call to a line. `understood`: what was said, in order."""

    call: Call
    language: str = "en"
    understood: list[str] = field(default_factory=list)
    _mark: int = 0

    @classmethod
    async def dial(cls, phone: Phone, extension: str, language: str = "en") -> "OnLine":
        """Call the line."""
        call = await phone.dial(extension)
        await call.answered()
        return cls(call, language)

    async def hears(self, *names: str, limit_s: float = 15.0) -> str:
        """Wait for the beginning of one of these prompts, after what was understood before; which it is.

        Raises LabError if none is said in time.
        """
        whole = ear.prompts(self.language, names)
        wanted = {name: ear.beginning(samples, BEGINNING_S) for name, samples in whole.items()}
        deadline_s = time.monotonic() + limit_s
        while True:
            found = ear.listen(self.call.stream.heard()[self._mark :], wanted)
            if found:
                self._mark += round(found[0].at_s * ear.RATE_HZ) + len(wanted[found[0].name])
                self.understood.append(found[0].name)
                return found[0].name
            if time.monotonic() > deadline_s:
                raise LabError(f"Not heard within {limit_s:.0f} s: {names}; before it: {self.understood}")
            if self.call.status is CallStatus.OVER:
                raise LabError(f"The line hung up instead of saying {names}; before it: {self.understood}")
            await asyncio.sleep(LISTENS_EVERY_S)

    async def hears_out(self, name: str, limit_s: float = 40.0) -> None:
        """Wait for a whole prompt, and for the silence after it."""
        await self.hears(name)
        await self.call.heard_out(timeout_s=limit_s)

    async def press(self, keys: str) -> None:
        """Press keys, as fast as a finger does."""
        await self.call.press(keys, 0.1)

    async def leave(self) -> None:
        """Hang up."""
        await self.call.hang_up()
