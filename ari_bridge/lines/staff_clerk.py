"""What the line for staff has done by its desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

from ari_bridge.lines.desks import StaffDesk
from ari_bridge.lines.digits import day
from ari_bridge.pbx.port import LineEntered, LinePbx
from consent.line import Event
from consent.staff_line import Effect

log = structlog.get_logger()

SITE_PROMPTS: Final = {
    "assessment": "staff_site_assessment",
    "council": "staff_site_council",
    "change": "staff_site_change",
}
"""What is said before each of the site's days."""


class StaffClerk:
    """For one call of the agent at `endpoint`."""

    def __init__(self, pbx: LinePbx, desk: StaffDesk, caller: LineEntered, endpoint: str) -> None:
        self._pbx = pbx
        self._desk = desk
        self._caller = caller
        self._endpoint = endpoint
        self._facts: dict[str, tuple[str, ...]] = {}

    @property
    def facts(self) -> Mapping[str, tuple[str, ...]]:
        """`acknowledged`, the day of the receipt, and `site`, the site's days with what they are."""
        return self._facts

    async def carry_out(self, effect: Effect, entered: str) -> Event:
        """See `consent.staff_line.Effect` for what can come of each. Raises what the desk and the PBX raise."""
        match effect:
            case Effect.CHECK_PIN:
                return await self._check(entered)
            case Effect.ACKNOWLEDGE:
                await self._desk.acknowledge(self._endpoint, self._caller.language)
                log.info("staff.acknowledged")
                return Event.DONE
            case Effect.WITHDRAW:
                is_done = await self._desk.withdraw(self._endpoint)
                log.info("staff.withdrawn", is_done=is_done)
                return Event.DONE if is_done else Event.NOTHING
            case Effect.READ_RECEIPT:
                return await self._read()
            case Effect.GATHER_FACTS:
                return await self._gather()
            case Effect.HANG_UP:
                await self._pbx.hang_up_line(self._caller.channel_id)
                return Event.DONE

    async def _check(self, pin: str) -> Event:
        if not await self._desk.check_pin(self._endpoint, pin):
            log.warning("staff.wrong_pin", endpoint=self._endpoint)
            return Event.WRONG
        return Event.KNOWN if await self._desk.has_acknowledged(self._endpoint) else Event.DONE

    async def _read(self) -> Event:
        acknowledged = await self._desk.receipt(self._endpoint)
        if acknowledged is None:
            return Event.NOTHING
        self._facts["acknowledged"] = day(acknowledged)
        return Event.DONE

    async def _gather(self) -> Event:
        days = await self._desk.site_facts()
        said = [
            prompt for name, before in SITE_PROMPTS.items() if name in days for prompt in (before, *day(days[name]))
        ]
        self._facts["site"] = tuple(said)
        return Event.DONE if said else Event.NOTHING
