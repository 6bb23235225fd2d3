"""What the line of rights asks for and what says references, done by `consent.rights`, all by reference alone."""

from __future__ import annotations

from consent.errors import InvalidValue
from consent.guesses import Guesses
from consent.rights import Kept, Rights

SOURCE = "line"


class LineDesk:
    """The desk behind the dial-in line: see `ari_bridge.lines.desks`. May raise DatabaseUnavailable."""

    def __init__(self, rights: Rights, guesses: Guesses) -> None:
        self._rights = rights
        self._guesses = guesses

    async def stop_number(self, number: str) -> int:
        """Withdraw every yes of calls from this number that still holds; how many calls that were."""
        return await self._rights.stop_number(number, SOURCE)

    async def look_up(self, reference: str, source: str) -> Kept | None:
        """What is kept of the call with this reference, None where there is none.

        Raises:
            TooManyTries: nobody may guess on for now.
        """
        record = await self._guesses.find(reference, source)
        return None if record is None else await self._rights.kept(record)

    async def erase(self, reference: str) -> bool:
        """Erase what is kept of a call that was looked up before; False where nothing is left.

        Raises:
            Held: a legal hold keeps it.
        """
        try:
            record = await self._rights.of_reference(reference)
        except InvalidValue:
            return False
        if record is None:
            return False
        await self._rights.erase(record, SOURCE)
        return True

    async def mint(self, call_id: str) -> str:
        """A new reference for a call that was granted: 14 digits.

        Raises:
            NothingKept: the call is unknown, or was given one before.
        """
        return (await self._rights.mint(call_id)).digits
