"""What the product wrote down, read from its SQLite file by somebody else: read-only, a fresh connection each time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consent.verification import verify_chain


@dataclass(frozen=True, slots=True)
class Derived:
    """How much of a call's voices the file holds: tone scores, abstentions, rows of facts by party."""

    scores: int
    abstained: int
    facts: tuple[str, ...]

    @property
    def is_nothing(self) -> bool:
        """No row at all."""
        return not (self.scores or self.abstained or self.facts)


class Records:
    """The file at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def answers(self, call_id: str) -> list[tuple[str, str, str]]:
        """(answer, why, source) of a call, in the chain's order."""
        return [
            (str(answer), str(why), str(source))
            for answer, why, source in self._rows(
                "SELECT answer, why, source FROM ledger WHERE call_id = ? ORDER BY seq", call_id
            )
        ]

    def calls(self) -> list[str]:
        """The ids of all calls in the ledger, in the order of their first record."""
        return [
            str(call_id) for (call_id,) in self._rows("SELECT call_id FROM ledger GROUP BY call_id ORDER BY min(seq)")
        ]

    def grants(self, call_id: str) -> dict[str, str | None]:
        """What ended each party's grant (None: it is live)."""
        return dict(self._rows("SELECT party, ended_by FROM grants WHERE call_id = ?", call_id))

    def derived(self, call_id: str) -> Derived:
        """What there is of a call now."""
        kinds = dict(
            self._rows(
                "SELECT kind, count(*) FROM scores JOIN grants USING (grant_id) WHERE call_id = ? GROUP BY kind",
                call_id,
            )
        )
        facts = self._rows("SELECT party FROM facts JOIN grants USING (grant_id) WHERE call_id = ? ORDER BY 1", call_id)
        return Derived(kinds.get("tone", 0), kinds.get("abstained", 0), tuple(str(party) for (party,) in facts))

    def talk_s(self, call_id: str) -> dict[str, float]:
        """How long each party talked, by the facts kept of a call."""
        query = "SELECT party, talk_s FROM facts JOIN grants USING (grant_id) WHERE call_id = ?"
        return dict(self._rows(query, call_id))

    def scores_of_agents(self) -> int:
        """Rows of tone under a grant that is not the caller's. There must never be one."""
        ((count,),) = self._rows("SELECT count(*) FROM scores JOIN grants USING (grant_id) WHERE party != 'caller'")
        return int(count)

    def integrity(self) -> str:
        """SQLite's own word on the whole file: "ok"."""
        ((word,),) = self._rows("PRAGMA integrity_check")
        return str(word)

    def verified(self) -> int:
        """How many records the chain holds. Raises LedgerBroken."""
        with self._opened() as connection:
            return verify_chain(connection).rows

    def _rows(self, query: str, *values: str) -> list[Any]:
        with self._opened() as connection:
            return connection.execute(query, values).fetchall()

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(f"{self._path.resolve().as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            yield connection
        finally:
            connection.close()
