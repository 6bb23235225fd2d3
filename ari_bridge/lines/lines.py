"""All calls on our own lines: takes the PBX's events beside the switchboard, and gives each caller an operator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from ari_bridge.lines.desks import RightsDesk, StaffDesk
from ari_bridge.lines.operator import Operator
from ari_bridge.lines.rights_clerk import RightsClerk
from ari_bridge.lines.staff_clerk import StaffClerk
from ari_bridge.pbx.port import (
    ChannelGone,
    Connected,
    Disconnected,
    KeyPressed,
    Line,
    LineEntered,
    LinePbx,
    PbxEvent,
    PbxRefused,
    PromptEnded,
)
from consent import rights_line, staff_line
from consent.line import Event, LineDialogue

log = structlog.get_logger()


class Lines:
    """`is_outside` tells whether an endpoint leads outside: nobody from there is staff."""

    def __init__(self, pbx: LinePbx, rights: RightsDesk, staff: StaffDesk, is_outside: Callable[[str], bool]) -> None:
        self._pbx = pbx
        self._rights = rights
        self._staff = staff
        self._is_outside = is_outside
        self._operators: dict[str, Operator[Any, Any]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.failures = 0
        """Calls on a line that ended by a fault of ours."""

    def take(self, event: PbxEvent) -> bool:
        """Take one event, without waiting; True where it is nobody else's."""
        match event:
            case LineEntered():
                self._begin(event)
                return True
            case PromptEnded() | KeyPressed():
                return self._hand(event.channel_id, event)
            case ChannelGone():
                self._hand(event.channel_id, event)
            case Connected(snapshot):
                self._end_all()
                for caller in snapshot.lines:  # they heard nothing while we were away: from the beginning
                    self._begin(caller)
            case Disconnected():
                self._end_all()
        return False

    async def close(self) -> None:
        """End every call on a line; what was being done for a caller is done first."""
        channels = list(self._operators)
        self._end_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for channel_id in channels:
            await self._hang_up(channel_id)

    def _hand(self, channel_id: str, event: KeyPressed | PromptEnded | ChannelGone) -> bool:
        operator = self._operators.get(channel_id)
        if operator is not None:
            operator.take(event)
        return operator is not None or isinstance(event, PromptEnded)

    def _end_all(self) -> None:
        for channel_id, operator in self._operators.items():
            operator.take(ChannelGone(channel_id))
        self._operators.clear()

    def _begin(self, caller: LineEntered) -> None:
        self._hand(caller.channel_id, ChannelGone(caller.channel_id))  # whatever we still thought of that channel
        log.info("line.entered", line=caller.line)
        if caller.line is Line.RIGHTS:
            rights = LineDialogue(rights_line.SCRIPT), RightsClerk(self._pbx, self._rights, caller)
            beginning = Event.BEGIN if caller.number else Event.STRANGER
            self._start(caller, Operator(self._pbx, caller.channel_id, *rights), beginning)
        else:
            endpoint = "" if caller.endpoint is None or self._is_outside(caller.endpoint) else caller.endpoint
            staff = LineDialogue(staff_line.SCRIPT), StaffClerk(self._pbx, self._staff, caller, endpoint)
            beginning = Event.BEGIN if endpoint else Event.STRANGER
            self._start(caller, Operator(self._pbx, caller.channel_id, *staff), beginning)

    def _start(self, caller: LineEntered, operator: Operator[Any, Any], beginning: Event) -> None:
        self._operators[caller.channel_id] = operator
        task = asyncio.get_running_loop().create_task(
            self._attend(caller, operator, operator.run(beginning)), name=f"line {caller.line}"
        )
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _attend(self, caller: LineEntered, operator: object, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # the root of this call's task: nobody is left on a line that nobody attends
            self.failures += 1
            log.exception("line.failed", line=caller.line)
            await self._hang_up(caller.channel_id)
        finally:
            if self._operators.get(caller.channel_id) is operator:
                del self._operators[caller.channel_id]
            log.info("line.left", line=caller.line)

    async def _hang_up(self, channel_id: str) -> None:
        try:
            await self._pbx.hang_up_line(channel_id)
        except (PbxRefused, TimeoutError) as error:
            log.warning("line.not_hung_up", error=str(error))
