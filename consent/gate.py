"""The live grants of a call, and the one door through which an ending reaches everything that runs under them."""

from __future__ import annotations

from dataclasses import dataclass

from consent.errors import NotGranted
from consent.grant import ConsentGrant
from consent.ledger import Ledger
from consent.parties import Party
from consent.states import Answer


@dataclass(frozen=True, slots=True)
class Grants:
    """The grants of one call. The agent's ends with the caller's; it is None where the agent who talks now has not
    acknowledged the notice to staff, and then that leg is not heard at all.
    """

    caller: ConsentGrant
    agent: ConsentGrant | None

    def of(self, party: Party) -> ConsentGrant | None:
        """The grant of one party."""
        return self.caller if party is Party.CALLER else self.agent


class Gate:
    """The way to the grants of a call, and out of them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def open(self, call_id: str, endpoint: str) -> Grants:
        """The grants of a call whose caller talks with the agent at `endpoint`, struck from what the ledger holds.

        Raises:
            NotGranted: the caller said no yes, or took it back.
            DatabaseUnavailable: nothing was struck.
        """
        caller = await self._ledger.strike(call_id, Party.CALLER)
        try:
            return Grants(caller, await self._ledger.strike(call_id, Party.AGENT, endpoint))
        except NotGranted:
            return Grants(caller, None)

    def end(self, call_id: str, answer: Answer) -> None:
        """End the grants of a call now, one in the making too: no sample is admitted after this returns.

        Recording comes afterwards.
        """
        self._ledger.end(call_id, answer)
