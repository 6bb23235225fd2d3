"""Our own lines and the saying of references, built of the settings and held together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date

import structlog

from ari_bridge.calls.roles import Roles
from ari_bridge.lines.announcer import Announcer
from ari_bridge.lines.lines import Lines
from ari_bridge.lines.spoken import Spoken
from ari_bridge.pbx.port import PbxEvent
from ari_bridge.run.notices import recordings_of, staff_notices
from ari_bridge.run.pbx_choice import ChosenPbx
from ari_bridge.run.persons import NOTE
from ari_bridge.run.rights_desk import LineDesk
from ari_bridge.run.settings import Settings
from consent.guesses import Guesses
from consent.ledger import Ledger
from consent.rights import Rights
from consent.staff import Staff

log = structlog.get_logger()


class DialIn:
    """What hears the PBX's events beside the calls."""

    def __init__(self, lines: Lines, announcer: Announcer) -> None:
        self.lines = lines
        self.announcer = announcer

    def take(self, event: PbxEvent) -> bool:
        """Take one event, without waiting; True where it is no matter of a call."""
        is_of_lines, is_of_references = self.lines.take(event), self.announcer.take(event)
        return is_of_lines or is_of_references

    async def close(self) -> None:
        """Finish what callers asked for, let them go, and delete what waits to be said."""
        await self.lines.close()
        self.announcer.close()


async def open_dial_in(
    settings: Settings, ledger: Ledger, pbx: ChosenPbx, obey: Callable[[], Awaitable[None]]
) -> DialIn:
    """Build it. `obey` has calls stopped that were stopped on a line, at once.

    Raises:
        SettingsError: a language without prompts.
        NotSpoken: the folder of recordings cannot be used.
        DatabaseUnavailable: the file cannot be written.
    """
    announced = staff_notices(settings)
    await ledger.announce(announced)
    staff = Staff(ledger, {one.language: one.notice_id for one in announced}, _site_facts(settings, ledger), obey)
    if lapsed := await staff.lapse_outdated():
        log.warning("staff.lapsed", agents=lapsed, reason="the notice to staff is another one now")
    spoken = Spoken(settings.media.say_folder, recordings_of(settings).recording)
    if swept := await asyncio.to_thread(spoken.prepare):
        log.info("references.swept", recordings=swept)
    desk = LineDesk(Rights(ledger), Guesses(ledger.database, ledger.keyring, ledger.keys))
    roles = Roles(settings.parties.trunks, settings.parties.unmonitored)
    return DialIn(Lines(pbx.lines, desk, staff, roles.is_outside), Announcer(pbx.calls, desk, spoken))


def _site_facts(settings: Settings, ledger: Ledger) -> Callable[[], Awaitable[Mapping[str, date]]]:
    async def facts() -> Mapping[str, date]:
        papers = {"assessment": settings.profile.assessment, "council": settings.profile.council}
        days = {name: paper.date for name, paper in papers.items() if paper is not None}
        change = await ledger.last_note(NOTE)
        return days if change is None else days | {"change": date.fromisoformat(change["at"][:10])}

    return facts
