"""What the product wrote down, read from its files by somebody else: read-only, fresh connections each time."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from consent.verification import verify
from tests.lab.kept import Kept, KeptFile


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
    """The file at `path`, with its keys in the folder `keys`."""

    def __init__(self, path: Path, keys: Path) -> None:
        self.file = KeptFile(path, keys)

    def of(self, call_id: str) -> Kept:
        """All that is kept of a call, in clear while it is in progress, sealed afterwards."""
        return self.file.of(call_id)

    def answers(self, call_id: str) -> list[tuple[str, str, str]]:
        """(answer, why, source) of a call, in the chain's order."""
        return [(one["answer"], one["why"], one["source"]) for one in self.of(call_id).answers]

    def calls(self) -> list[str]:
        """The ids of all calls in the ledger, in the order of their first record."""
        return [one.call_id for one in self.file.all()]

    def in_progress(self) -> list[str]:
        """The ids of the calls that stand in clear now."""
        with self.file.opened() as connection:
            return [str(call_id) for (call_id,) in connection.execute("SELECT call_id FROM calls")]

    def is_over(self, call_id: str) -> bool:
        """Whether nothing of a call stands in clear."""
        return call_id not in self.in_progress()

    def grants(self, call_id: str) -> dict[str, str | None]:
        """What ended each party's grant (None: it is live), of a call in progress; {} of one that is over."""
        return self.of(call_id).grants

    def derived(self, call_id: str) -> Derived:
        """What there is of a call now."""
        found = self.of(call_id)
        kinds = [one["kind"] for one in found.scores]
        return Derived(kinds.count("tone"), kinds.count("abstained"), tuple(sorted(found.facts)))

    def talk_s(self, call_id: str) -> dict[str, float]:
        """How long each party talked, by the facts kept of a call."""
        return {party: float(facts["talk_s"]) for party, facts in self.of(call_id).facts.items()}

    def scores_of_agents(self) -> int:
        """Rows of tone under a grant that is not the caller's. There must never be one."""
        with self.file.opened() as connection:
            ((count,),) = connection.execute(
                "SELECT count(*) FROM scores JOIN grants USING (grant_id) WHERE party != 'caller'"
            )
        return int(count)

    def rows_in_clear(self, tables: Iterable[str] = ("calls", "answers", "grants", "scores", "facts")) -> int:
        """How many rows of the tables of calls in progress there are."""
        with self.file.opened() as connection:
            return sum(int(connection.execute(f"SELECT count(*) FROM {one}").fetchone()[0]) for one in tables)

    def integrity(self) -> str:
        """SQLite's own word on the whole file: "ok"."""
        with self.file.opened() as connection:
            ((word,),) = connection.execute("PRAGMA integrity_check")
        return str(word)

    def verified(self) -> int:
        """How many records the chain holds; each that can be opened is the one it binds to. Raises LedgerBroken."""
        with self.file.opened() as connection:
            connection.execute("SELECT 1 FROM ledger").fetchone()  # the moment is now: the keys are read after it
            return verify(connection, self.file.records()).rows

    def notices(self) -> dict[str, str]:
        """The ids of the callers' notices that were announced, by language."""
        with self.file.opened() as connection:
            return _by_language(connection)


def _by_language(connection: sqlite3.Connection) -> dict[str, str]:
    query = "SELECT language, notice_id FROM notices WHERE json_extract(told, '$.party') = 'caller'"
    return {str(language): str(notice_id) for language, notice_id in connection.execute(query)}
