"""One call on a line: plays what its script says, takes the keys, and has its clerk do the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final, Generic, Protocol, TypeVar

import structlog

from ari_bridge.pbx.port import ChannelGone, KeyPressed, LinePbx, PbxRefused, PromptEnded
from consent.errors import OuidireError, TooManyTries
from consent.line import KEY_TIMEOUT_S, Event, F, LineDialogue, S, Step

log = structlog.get_logger()

PROMPT_LIMIT_S: Final = 180.0
"""No prompt is so long: what plays longer has been lost."""
GONE_S: Final = 1.0
"""A prompt that failed because the caller hung up is told a moment before the hang-up is."""

LineEvent = KeyPressed | PromptEnded | ChannelGone
Effect_contra = TypeVar("Effect_contra", contravariant=True)


class Clerk(Protocol[Effect_contra]):
    """Carries out the effects of one call on a line."""

    @property
    def facts(self) -> Mapping[str, tuple[str, ...]]:
        """What was found out so far, as prompts."""
        ...

    async def carry_out(self, effect: Effect_contra, entered: str) -> Event:
        """Do it, with the digits entered last; what came of it."""
        ...


class Operator(Generic[S, F]):
    """Events come in by `take`, which never waits; `run` does the rest, until the call on the line is over."""

    def __init__(self, pbx: LinePbx, channel_id: str, dialogue: LineDialogue[S, F], clerk: Clerk[F]) -> None:
        self._pbx = pbx
        self._channel_id = channel_id
        self._dialogue = dialogue
        self._clerk = clerk
        self._inbox: asyncio.Queue[LineEvent] = asyncio.Queue()
        self._play_id = ""

    def take(self, event: LineEvent) -> None:
        """Something happened to the caller's channel."""
        self._inbox.put_nowait(event)

    async def run(self, beginning: Event) -> None:
        """Lead the call to its end. An effect that was begun is carried out, whoever hangs up meanwhile."""
        step = self._dialogue.feed(beginning)
        while step.effect is not None or not self._dialogue.is_over:
            step = await self._follow(step)

    async def _follow(self, step: Step[S, F]) -> Step[S, F]:
        if step.effect is not None:
            outcome = await self._carry_out(step.effect)
            self._forget_keys()
            return self._dialogue.feed(outcome)
        if step.state is not None:
            at_once = await self._speak()
            if at_once is not None:
                return self._dialogue.feed(at_once)
        return await self._listen()

    async def _carry_out(self, effect: F) -> Event:
        try:
            return await self._clerk.carry_out(effect, self._dialogue.entered)
        except TooManyTries:
            log.warning("line.locked", effect=effect)
            return Event.TOO_OFTEN
        except (OuidireError, PbxRefused, TimeoutError) as error:
            log.error("line.effect_failed", effect=effect, error=str(error))
            return Event.TROUBLE

    async def _speak(self) -> Event | None:
        """Begin what the new state plays; what follows at once where nothing does."""
        prompts = self._dialogue.script.prompts_of(self._dialogue.state, self._clerk.facts)
        await self._be_quiet()
        if not prompts:
            return Event.PROMPT_ENDED
        try:
            self._play_id = await self._pbx.play(self._channel_id, prompts)
        except (PbxRefused, TimeoutError) as error:
            return await self._trouble(str(error))
        return None

    async def _listen(self) -> Step[S, F]:
        try:
            async with asyncio.timeout(PROMPT_LIMIT_S if self._play_id else KEY_TIMEOUT_S):
                event = await self._inbox.get()
        except TimeoutError:
            return self._dialogue.feed(Event.TROUBLE) if self._play_id else self._dialogue.fall_silent()
        match event:
            case KeyPressed():
                return await self._press(event.key)
            case PromptEnded():
                return await self._ended(event)
            case ChannelGone():
                return self._dialogue.feed(Event.HANGUP)

    async def _press(self, key: str) -> Step[S, F]:
        if self._play_id:
            if not self._dialogue.may_interrupt:
                return Step(None)
            await self._be_quiet()
        return self._dialogue.press(key)

    async def _ended(self, event: PromptEnded) -> Step[S, F]:
        if event.play_id != self._play_id:
            return Step(None)
        self._play_id = ""
        return self._dialogue.feed(Event.PROMPT_ENDED if event.is_whole else await self._trouble("not played whole"))

    async def _trouble(self, reason: str) -> Event:
        """Why nothing is heard: the caller is gone, or there is trouble."""
        try:
            async with asyncio.timeout(GONE_S):
                while not isinstance(await self._inbox.get(), ChannelGone):
                    pass
        except TimeoutError:
            log.error("line.prompt_failed", state=self._dialogue.state, error=reason)
            return Event.TROUBLE
        return Event.HANGUP

    async def _be_quiet(self) -> None:
        if not self._play_id:
            return
        play_id, self._play_id = self._play_id, ""
        try:
            await self._pbx.stop_playing(play_id)
        except (PbxRefused, TimeoutError) as error:
            log.warning("line.prompt_not_stopped", error=str(error))

    def _forget_keys(self) -> None:
        """Keys pressed before the next prompt began were not meant for it."""
        kept = [event for event in self._drain() if not isinstance(event, KeyPressed)]
        for event in kept:
            self._inbox.put_nowait(event)

    def _drain(self) -> list[LineEvent]:
        return [self._inbox.get_nowait() for _ in range(self._inbox.qsize())]
