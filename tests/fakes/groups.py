"""Groups of a site that does not exist: agents, and calls whose scores lie where a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from analysis.emotion.drift import SCORED
from analysis.store.group_row import Floor, Grouping
from analysis.store.groups import Groups
from analysis.store.weeks import Vote
from consent.database import Database
from tests.fakes.sums import Clock

SALES = tuple(str(number) for number in range(1001, 1011))
SUPPORT = tuple(str(number) for number in range(2001, 2013))
BOTH = Grouping({"sales": frozenset(SALES), "support": frozenset(SUPPORT)})
CALM = (2, 0)
TENSE = (7, 4)


def groups_of(
    database: Database, clock: Callable[[], datetime], grouping: Grouping = BOTH, floor: Floor | None = None
) -> Groups:
    """The groups of one bridge; `await .open()` is the test's."""
    return Groups(database, grouping, floor or Floor(), "m", 30, clock)


def calls(agents: Iterable[str], count: int, bins: tuple[int, int] | None = CALM, kind: str = SCORED) -> list[Vote]:
    """So many calls, of these agents in turn."""
    names = tuple(agents)
    return [Vote(kind, bins, frozenset({names[number % len(names)]})) for number in range(count)]


def live(groups: Groups, votes: Iterable[Vote], refused: int = 0) -> None:
    """Let these calls be over, each with a yes, and as many refused ones as are asked for with the same agents."""
    every = list(votes)
    for vote in every:
        groups.asked(vote.agents, is_yes=True)
        groups.take(vote)
    for vote in every[:refused]:
        groups.asked(vote.agents, is_yes=False)


async def fill(database: Database, weeks: int = 1, grouping: Grouping = BOTH, sales: tuple[int, int] = CALM) -> None:
    """So many weeks that are over now, each of 100 calls a group."""
    clock = Clock(datetime.now(UTC) - timedelta(days=7 * weeks))
    groups = groups_of(database, clock, grouping)
    await groups.open()
    for _ in range(weeks):
        for name, members in grouping.members.items():
            live(groups, calls(sorted(members), 100, sales if name == "sales" else CALM), refused=25)
        clock.later()
        await groups.fold()
