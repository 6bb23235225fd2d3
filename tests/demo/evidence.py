"""What the product itself wrote down of a call, in clear or sealed: its files, opened for reading only."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from consent.errors import LedgerBroken
from consent.parties import Party
from consent.verification import verify
from tests.lab.kept import Kept, KeptFile

_FACTS = (
    "heard_s", "talk_s", "talk_share", "overlap_s", "longest_pause_s", "overlaps_begun", "answers",
    "response_latency_s", "articulation_s", "articulation_rate", "level_change_db",
)  # fmt: skip
_SCORE = ("start_s", "end_s", "activation", "activation_sigma", "anger", "anger_sigma", "reason")


@dataclass(frozen=True, slots=True)
class Answered:
    """One record of the ledger."""

    at_ns: int
    answer: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class Score:
    """A tone score, or an abstention (`reason` set, the estimates None). Seconds from the call's own zero."""

    start_s: float
    end_s: float
    activation: float | None
    activation_sigma: float | None
    anger: float | None
    anger_sigma: float | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of one call."""

    call_id: str
    language: str
    answers: tuple[Answered, ...]
    verdicts: tuple[Score, ...]
    facts: dict[Party, dict[str, float | None]]

    @property
    def answer(self) -> Answered:
        """The one that holds: the last, where the call's end does not count."""
        return [one for one in self.answers if one.answer != "expired"][-1]

    @property
    def yes(self) -> Answered | None:
        """The recorded yes."""
        return next((one for one in self.answers if one.answer == "granted"), None)

    @property
    def scores(self) -> int:
        """How many verdicts are scores."""
        return sum(one.reason is None for one in self.verdicts)

    @property
    def abstained(self) -> dict[str, int]:
        """How many are abstentions, by reason."""
        return dict(sorted(Counter(one.reason for one in self.verdicts if one.reason is not None).items()))


@dataclass(frozen=True, slots=True)
class LedgerState:
    """records: length of the chain. chain: "verified", or what is wrong with it. integrity: SQLite's own word."""

    records: int
    chain: str
    integrity: str


def call_between(file: KeptFile, since_ns: int, until_ns: int) -> Evidence | None:
    """The call that was asked in that time; None if there is none.

    The PBX's journal knows whole seconds only, so that the earlier bound is the begin of its second.
    """
    for kept in file.all():
        asked = next((one["at"] for one in kept.answers if one["answer"] == "asked"), None)
        if asked is not None and since_ns // 1_000_000_000 * 1_000_000_000 <= ns_of(asked) <= until_ns:
            return _call(kept)
    return None


def derived_rows(file: KeptFile, call_id: str) -> int:
    """How much was derived from a call's voices and is there now, in clear or sealed: scores, abstentions, facts."""
    kept = file.of(call_id)
    return len(kept.scores) + len(kept.facts)


def ledger_state(file: KeptFile) -> LedgerState:
    """Whether the chain holds, each answer is what it binds to, and the file is sound."""
    with file.opened() as connection:
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
        try:
            return LedgerState(verify(connection, file.records()).rows, "verified", str(integrity))
        except LedgerBroken as error:
            return LedgerState(0, str(error), str(integrity))


def ns_of(stamp: str) -> int:
    """A stamp of the file (2026-01-31T12:00:00.000Z) in ns since 1970."""
    moment = datetime.fromisoformat(stamp).astimezone(UTC)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000


def _call(kept: Kept) -> Evidence:
    return Evidence(
        call_id=kept.call_id,
        language=str(kept.answers[0]["language"]),
        answers=tuple(Answered(ns_of(one["at"]), one["answer"], one["why"], one["source"]) for one in kept.answers),
        verdicts=tuple(Score(*(one[name] for name in _SCORE)) for one in kept.scores),
        facts={Party(party): _rounded(facts) for party, facts in sorted(kept.facts.items(), reverse=True)},
    )


def _rounded(facts: dict[str, Any]) -> dict[str, float | None]:
    return {name: None if facts[name] is None else round(facts[name], 3) for name in _FACTS}
