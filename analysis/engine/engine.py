"""The engine: hears every call under its grant, and says what it heard. Never blocks the loop, never ends a call."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from types import MappingProxyType
from typing import Final

from analysis.audio import AudioFrame
from analysis.conversation import ConversationFacts
from analysis.emotion.model import EmotionModel
from analysis.emotion.score import Abstained, Reason, Verdict
from analysis.engine.batcher import Batcher, unjudged
from analysis.engine.inbox import Heard, Inbox
from analysis.engine.local_pool import LocalPool
from analysis.resample import RATES_HZ, UnsupportedRate
from analysis.speech.detector import SpeechDetector
from analysis.speech.segment import CallerSpeech
from consent.grant import Consented
from consent.parties import Party

TICK_S: Final = 0.1
"""Three chunks of each stream in one batch round each; a verdict is late by no more than this and its own time."""
MAX_JUDGED: Final = 16
"""Windows in one tick, so that judging (10 ms each) never keeps the detector waiting for long."""
MAX_WAITING: Final = 256
"""Windows that wait for the tone model. The oldest is given up, and said to be."""


@dataclass(frozen=True, slots=True)
class EngineStats:
    """A snapshot for others to poll. `abstained` is the caller's alone: of an agent no reason is ever counted."""

    streams: int
    frames: int
    dropped_frames: int
    ticks: int
    failed_ticks: int
    tick_ms_max: float
    scored: int
    abstained: Mapping[Reason, int]
    last_failure: str


class Engine:
    """All calls, one batch a tick, models in one worker thread.

    `on_verdict` is called on the event loop, for grants that still live. `expected`: see `Batcher`.
    """

    def __init__(
        self,
        detector: SpeechDetector,
        tone: EmotionModel,
        on_verdict: Callable[[Consented[Verdict]], None],
        expected: frozenset[Party] = frozenset(Party),
    ) -> None:
        self._batcher = Batcher(detector, tone, expected)
        self._on_verdict = on_verdict
        self._pool = LocalPool()
        self._inboxes: dict[str, Inbox] = {}
        self._facts: dict[str, ConversationFacts] = {}
        self._waiting: deque[CallerSpeech] = deque()
        self._verdicts: deque[Consented[Verdict]] = deque()
        self._heard: list[Heard] = []
        self._judging: list[CallerSpeech] = []
        self._forgotten: set[str] = set()
        self._is_in_tick = False
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._abstained: Counter[Reason] = Counter()
        self._frames = self._dropped = self._ticks = self._failed = self._scored = 0
        self._tick_ms_max = 0.0
        self._last_failure = ""

    async def start(self) -> None:
        """Run both models once, then begin. Raises what a model raises that does not load."""
        await self._pool.run(self._batcher.warm)
        self._task = asyncio.create_task(self._run(), name="engine")

    async def stop(self) -> None:
        """Let the tick in hand end, then stop. What waits is dropped."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None
        await self._pool.close()

    def hear(self, frame: Consented[AudioFrame]) -> None:
        """Take a frame of a grant's voice. Never blocks; a frame whose grant has ended is dropped.

        Raises:
            UnsupportedRate: no line has this rate (a mistake of the caller of this method, to be seen at once).
        """
        grant = frame.grant
        if not grant.is_live:
            return
        if frame.open().rate_hz not in RATES_HZ:
            raise UnsupportedRate(f"{frame.open().rate_hz} Hz is not one of {sorted(RATES_HZ)}")
        inbox = self._inboxes.get(grant.grant_id)
        if inbox is None:
            inbox = self._inboxes[grant.grant_id] = Inbox(grant)
        self._frames += 1
        self._dropped += inbox.put(frame)

    def facts(self, call_id: str) -> ConversationFacts | None:
        """The facts of a call as of the last tick; None before anything was heard, and after `forget`."""
        return self._facts.get(call_id)

    def forget(self, call_id: str) -> None:
        """Drop all of a call: what is queued and known at once, the worker's state before its next tick."""
        for grant_id in [i for i, inbox in self._inboxes.items() if inbox.grant.call_id == call_id]:
            del self._inboxes[grant_id]
        self._waiting = deque(part for part in self._waiting if part.consented.grant.call_id != call_id)
        self._facts.pop(call_id, None)
        if self._is_in_tick:
            self._forgotten.add(call_id)
        else:
            self._batcher.forget(call_id)

    def stats(self) -> EngineStats:
        """What was counted so far."""
        return EngineStats(
            streams=len(self._inboxes),
            frames=self._frames,
            dropped_frames=self._dropped,
            ticks=self._ticks,
            failed_ticks=self._failed,
            tick_ms_max=self._tick_ms_max,
            scored=self._scored,
            abstained=MappingProxyType(dict(self._abstained)),
            last_failure=self._last_failure,
        )

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while not self._stopping.is_set():
            began = perf_counter()
            try:
                await self._tick()
            except Exception as failure:  # noqa: BLE001 - the root of this task: one bad tick never ends the engine
                self._failed += 1
                self._last_failure = f"{type(failure).__name__}: {failure}"
            self._ticks += 1
            self._tick_ms_max = max(self._tick_ms_max, (perf_counter() - began) * 1000)
            # After a tick that took too long the next one takes all that came: no ticks are made up for.
            next_s = max(next_s + TICK_S, loop.time())
            try:
                async with asyncio.timeout_at(next_s):
                    await self._stopping.wait()
            except TimeoutError:
                continue

    async def _tick(self) -> None:
        self._is_in_tick = True
        try:
            await self._say_what_was_lost()
            await self._listen()
            await self._judge()
        finally:
            self._is_in_tick = False
            for call_id in self._forgotten:
                self._batcher.forget(call_id)
            self._forgotten.clear()
            self._deliver()

    async def _say_what_was_lost(self) -> None:
        """What the tick before this one had in hand when it failed."""
        heard, self._heard = self._heard, []
        judging, self._judging = self._judging, []
        if heard or judging:
            self._verdicts.extend(unjudged(judging))
            self._verdicts.extend(await self._pool.run(lambda: self._batcher.lose(heard)))

    async def _listen(self) -> None:
        self._heard = self._collect()
        listened = await self._pool.run(lambda: self._batcher.listen(self._heard))
        self._heard = []
        self._facts.update((i, facts) for i, facts in listened.facts.items() if i not in self._forgotten)
        self._verdicts.extend(listened.abstained)
        self._waiting.extend(listened.speech)
        while len(self._waiting) > MAX_WAITING:
            self._verdicts.extend(unjudged([self._waiting.popleft()]))

    async def _judge(self) -> None:
        self._judging = [self._waiting.popleft() for _ in range(min(MAX_JUDGED, len(self._waiting)))]
        if self._judging:
            self._verdicts.extend(await self._pool.run(lambda: self._batcher.judge(self._judging)))
            self._judging = []

    def _collect(self) -> list[Heard]:
        """What came since the last tick; queues and facts of grants that have ended go."""
        for grant_id, inbox in list(self._inboxes.items()):
            if not inbox.grant.is_live:
                del self._inboxes[grant_id]
                self._facts.pop(inbox.grant.call_id, None)
        return [heard for inbox in self._inboxes.values() if (heard := inbox.take()) is not None]

    def _deliver(self) -> None:
        while self._verdicts:
            verdict = self._verdicts.popleft()
            if not verdict.grant.is_live or verdict.grant.grant_id not in self._inboxes:
                continue
            said = verdict.open()
            if isinstance(said, Abstained):
                self._abstained[said.reason] += 1
            else:
                self._scored += 1
            self._on_verdict(verdict)
