"""Writes down what becomes of one call: answers into the ledger, verdicts and facts into the store, and erasures."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import deque
from typing import Final

from structlog.typing import FilteringBoundLogger

from analysis.conversation import ConversationFacts
from analysis.emotion.score import ToneScore, Verdict
from ari_bridge.calls.rooms import Rooms
from ari_bridge.pbx.port import Answered, PbxRefused
from consent.entry import Entry
from consent.errors import DatabaseUnavailable, Withdrawn
from consent.gate import Grants
from consent.grant import Consented, ConsentGrant
from consent.parties import Party
from consent.states import Answer

CONTEST_RETRY_S: Final = 2.0
"""How soon a contested score is tried to be erased again. The call is not sealed before."""
ERASES: dict[Answer, frozenset[Party]] = {
    Answer.WITHDRAWN: frozenset(Party),
    Answer.OBJECTED: frozenset({Party.AGENT}),
}
"""Whose rows go with an answer: the caller's stop erases all, since both parties' facts come of the caller's yes."""


class Scribe:
    """Holds what is to be recorded until the file has taken it, in order."""

    def __init__(self, rooms: Rooms, call_id: str, log: FilteringBoundLogger) -> None:
        self._rooms = rooms
        self._call_id = call_id
        self._log = log
        self._waiting: deque[tuple[Entry, Answered | None]] = deque()
        self.recorded: set[Answer] = set()
        self.facts: ConversationFacts | None = None

    def note(self, entry: Entry, journalled: Answered | None) -> None:
        """Have an answer recorded, and then removed from the PBX's journal if it came from there."""
        self._waiting.append((entry, journalled))

    @property
    def has_work(self) -> bool:
        """Whether something is not recorded yet."""
        return bool(self._waiting)

    async def write_next(self, grants: Grants | None) -> bool:
        """Record the oldest answer; True for a yes that was said a moment ago.

        Raises:
            DatabaseUnavailable: it stays the oldest, no answer is ever lost.
        """
        entry, journalled = self._waiting[0]
        if entry.answer is Answer.EXPIRED:
            await self.keep_facts(grants)
            self._rooms.gate.end(self._call_id, Answer.EXPIRED)
        is_news = await self._rooms.ledger.record(entry)
        if is_news:
            self._rooms.tally.answers[entry.answer] += 1
            self._log.info(f"consent.{entry.answer}", why=entry.why, party=entry.party, source=entry.source)
        self.recorded.add(entry.answer)
        if entry.answer in ERASES:
            await self._erase(ERASES[entry.answer])
        self._waiting.popleft()
        if journalled is not None:
            await self._forget(journalled)
        return is_news and entry.answer is Answer.GRANTED and entry.source == "event"

    async def keep(self, verdict: Consented[Verdict]) -> None:
        """Store a verdict; one whose grant has ended is dropped. Raises DatabaseUnavailable."""
        with contextlib.suppress(Withdrawn):
            await self._rooms.scores.keep(verdict)

    async def contest(self, grant: ConsentGrant, score: ToneScore) -> None:
        """Erase a score that the agent contested, however long the file cannot be written, and count it.

        No log tells of it: beside the PBX's call records a line would say who contests.
        """
        while True:
            try:
                await self._rooms.scores.contest(grant, score)
            except DatabaseUnavailable:
                await asyncio.sleep(CONTEST_RETRY_S)
            else:
                self._rooms.tally.contested += 1
                return

    async def keep_facts(self, grants: Grants | None) -> None:
        """Store the facts so far, of each party under its own grant. Raises DatabaseUnavailable."""
        if (
            grants is None or grants.agent is None
        ):  # shares and pauses of a talk of which one side is not heard are false
            return
        self.facts = self._rooms.engine.facts(self._call_id) or self.facts
        if self.facts is None:
            return
        with contextlib.suppress(Withdrawn):
            await self._rooms.scores.keep_facts(grants.caller, self.facts.of(Party.CALLER))
            await self._rooms.scores.keep_facts(grants.agent, self.facts.of(Party.AGENT))

    async def seal(self) -> None:
        """Seal what is kept of the call, which is over: no row of it stays in clear. Raises DatabaseUnavailable."""
        gather, vote = self._rooms.scores.gather(self._call_id), None

        def gathered(connection: sqlite3.Connection) -> bytes:
            nonlocal vote
            vote = self._rooms.weeks.vote_of(connection, self._call_id)
            return gather(connection)

        is_kept = await self._rooms.ledger.close(self._call_id, gathered)
        if is_kept and vote is not None:  # what is not kept counts in no sum either
            self._rooms.weeks.count(vote)

    def drop(self) -> None:
        """Let go of all that the engine holds of the call, and of its facts."""
        self._rooms.engine.drop(self._call_id)
        self.facts = None

    async def _erase(self, parties: frozenset[Party]) -> None:
        self.drop()
        self._rooms.engine.forget(self._call_id)  # it is not heard again: its place is free
        ids = await self._rooms.ledger.grant_ids(self._call_id)
        erased = await self._rooms.scores.erase([grant_id for grant_id, party in ids.items() if party in parties])
        self._log.info("derived.erased", rows=erased)

    async def _forget(self, journalled: Answered) -> None:
        try:
            await self._rooms.pbx.forget(journalled)
        except (PbxRefused, TimeoutError) as error:
            # It is drained again at the next connection, and the ledger knows it already.
            self._log.warning("journal.kept", error=str(error))
