"""What the line of rights has done: by the desk, or by the PBX."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import structlog

from ari_bridge.lines.desks import RightsDesk
from ari_bridge.lines.digits import day, digits
from ari_bridge.pbx.port import LineEntered, LinePbx
from consent.line import Event
from consent.rights_line import Effect

log = structlog.get_logger()

QUIET_CONTEXT: Final = "ouidire-quiet"
"""Where the dialplan writes down whom it asks no more, and says so."""
SOURCE: Final = "line"
"""How the desk knows the tries that were made here, with the number that made them: it keeps neither."""


class RightsClerk:
    """For one call."""

    def __init__(self, pbx: LinePbx, desk: RightsDesk, caller: LineEntered) -> None:
        self._pbx = pbx
        self._desk = desk
        self._caller = caller
        self._facts: dict[str, tuple[str, ...]] = {}

    @property
    def facts(self) -> Mapping[str, tuple[str, ...]]:
        """`count` (none while the call goes on) and `until` of what is kept."""
        return self._facts

    async def carry_out(self, effect: Effect, entered: str) -> Event:
        """See `consent.rights_line.Effect` for what can come of each. Raises what the desk and the PBX raise."""
        match effect:
            case Effect.STOP_NUMBER:
                return await self._stop()
            case Effect.QUIET:
                return await self._quiet()
            case Effect.LOOK_UP:
                return await self._look_up(entered)
            case Effect.ERASE:
                is_done = await self._desk.erase(entered)
                log.info("rights.erased", is_done=is_done, source=SOURCE)
                return Event.DONE if is_done else Event.NOTHING
            case Effect.HANG_UP:
                await self._pbx.hang_up_line(self._caller.channel_id)
                return Event.DONE

    async def _stop(self) -> Event:
        if not self._caller.number:
            return Event.STRANGER
        # How many there were is told to nobody: not to whoever may have forged the number, and not to the log, which
        # tells when, as the PBX's call records tell who.
        await self._desk.stop_number(self._caller.number)
        log.info("rights.number_stopped", source=SOURCE)
        return Event.DONE

    async def _quiet(self) -> Event:
        if not self._caller.number:
            return Event.STRANGER
        await self._pbx.send_line(self._caller.channel_id, QUIET_CONTEXT, "s")
        return Event.DONE

    async def _look_up(self, entered: str) -> Event:
        kept = await self._desk.look_up(entered, f"{SOURCE} {self._caller.number}".strip())
        if kept is None:
            return Event.WRONG
        count = () if kept.measurements is None else digits(str(kept.measurements))
        self._facts = {"count": count, "until": day(kept.until)}
        return Event.KNOWN
