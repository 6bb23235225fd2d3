"""Watches over the weeks whether the model still says of this site's callers what it said at first, and says so.

It warns. Nothing that it finds reaches the model: no weight, no threshold and no language is changed by it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from typing import Final

import structlog

from analysis.emotion.drift import Drift, Outcome, Reference, drifts, reference_of, week_of
from analysis.emotion.model_choice import open_foreign
from analysis.emotion.model_files import CARD, PACKAGED
from analysis.store.weeks import Weeks, weeks_over
from ari_bridge.run.settings import Settings
from ari_bridge.run.tone import choice_of
from consent.errors import DatabaseUnavailable, InvalidValue

_NO_TABLE: Final = "no such table"
_log = structlog.get_logger(__name__)


class DriftWatch:
    """Folds what the calls gave into the weeks, and looks at them when one is over."""

    def __init__(
        self, weeks: Weeks, reference: Reference | None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._weeks = weeks
        self._reference = reference
        self._now = now
        self._running = ""
        self.newest: Drift | None = None
        """How the newest week that is over stands; None while there is none."""

    async def look(self) -> None:
        """Fold, and once in a week look and warn. Raises DatabaseUnavailable: the next look takes it up again."""
        try:
            await self._look()
        except InvalidValue as error:
            self.newest, self._running = None, week_of(self._now())
            _log.error("model.not_watched", error=str(error))

    async def _look(self) -> None:
        await self._weeks.fold()
        running = week_of(self._now())
        if running == self._running:
            return
        await self._weeks.expire()
        found = drifts(await self._weeks.over(), self._reference)
        self._running = running
        self.newest = found[-1] if found else None
        if self.newest is not None:
            _warn(self.newest)


def _warn(drift: Drift) -> None:
    for against, outcome, shifts in (
        ("first weeks", drift.outcome, drift.since_start),
        ("card", drift.card_outcome, drift.from_card),
    ):
        if outcome is Outcome.SHIFTED:
            figures = {one.output: round(one.psi, 2) for one in shifts if one.outcome is Outcome.SHIFTED}
            _log.warning("model.drifted", week=drift.week.name, against=against, calls=drift.week.calls, psi=figures)


def served(settings: Settings) -> tuple[str, Reference | None]:
    """The name of the model that the settings choose, and its card's reference; a foreign model has no card of ours.

    Raises:
        NotTrusted: a foreign model that nobody has confirmed.
    """
    choice = choice_of(settings)
    if choice.is_foreign:
        foreign = open_foreign(choice)
        foreign.close()
        return foreign.model_id, None
    try:
        card = json.loads(((choice.folder or PACKAGED) / CARD).read_bytes())
        return str(card["model_id"]), reference_of(card)
    except (OSError, ValueError, KeyError, TypeError):
        return "", None


def drifts_beside(settings: Settings, now: datetime) -> list[Drift]:
    """How the weeks in the file stand, beside the service that may have it open; the oldest first.

    Raises:
        DatabaseUnavailable: there is no such file, or it cannot be read.
        NotTrusted: see `served`.
    """
    path = settings.database.path
    model_id, reference = served(settings)
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            return drifts(weeks_over(connection, model_id, now), reference)
    except sqlite3.Error as error:
        if _NO_TABLE in str(error):  # a file of an older version, which the service has not opened yet
            return []
        raise DatabaseUnavailable(f"{path}: {error}") from error
