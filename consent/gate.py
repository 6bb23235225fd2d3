"""The live grants of a call, and the one door through which an ending reaches everything that runs under them."""

from __future__ import annotations

from dataclasses import dataclass

from consent.grant import ConsentGrant
from consent.ledger import Ledger
from consent.parties import Party
from consent.states import Answer


@dataclass(frozen=True, slots=True)
class Grants:
    """The grants of one call: the agent's is struck with the caller's and ends with it."""

    caller: ConsentGrant
    agent: ConsentGrant

    def of(self, party: Party) -> ConsentGrant:
        """The grant of one party."""
        return self.caller if party is Party.CALLER else self.agent

    @property
    def are_live(self) -> bool:
        """Both live; one alone never does."""
        return self.caller.is_live and self.agent.is_live


class Gate:
    """Holds what was granted, until it ends."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._open: dict[str, Grants] = {}

    async def open(self, call_id: str) -> Grants:
        """The grants of a call, struck from the ledger's yes. Raises NotGranted and DatabaseUnavailable."""
        known = self._open.get(call_id)
        if known is not None and known.are_live:
            return known
        caller = await self._ledger.strike(call_id, Party.CALLER)
        agent = await self._ledger.strike(call_id, Party.AGENT)
        self._open[call_id] = grants = Grants(caller, agent)
        return grants

    def end(self, call_id: str, answer: Answer) -> None:
        """End the grants of a call now, one in the making too: no sample is admitted after this returns.

        Recording comes afterwards.
        """
        self._open.pop(call_id, None)
        self._ledger.end(call_id, answer)
