"""The engine: hears every call under its grant, and says what it heard. Never blocks the loop, never ends a call."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from time import monotonic, perf_counter
from types import MappingProxyType
from typing import Final, TypeVar

from analysis.audio import AudioFrame
from analysis.conversation import ConversationFacts
from analysis.emotion.languages import UNKNOWN
from analysis.emotion.model import EmotionModel
from analysis.emotion.score import Abstained, Reason, Verdict
from analysis.engine.admission import MAX_CALLS, Admission, Workload
from analysis.engine.batcher import Batcher, Listened, unjudged
from analysis.engine.histogram import Tally
from analysis.engine.inbox import Heard, Inbox
from analysis.engine.local_pool import LocalPool
from analysis.engine.network_host import InBridge, NetworkHost
from analysis.engine.stats import QUEUE_AGE_MS, TICK_MS, VERDICT_AGE_S, EngineStats
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


T = TypeVar("T")


class Engine:
    """All calls, one batch a tick, models in one worker thread.

    `on_verdict` is called on the event loop, for grants that still live. `expected`: see `Batcher`. `host` is where the
    models' networks run, `max_calls` how many calls are admitted.
    """

    def __init__(
        self,
        detector: SpeechDetector,
        tone: EmotionModel,
        on_verdict: Callable[[Consented[Verdict]], None],
        expected: frozenset[Party] = frozenset(Party),
        *,
        host: NetworkHost | None = None,
        max_calls: int = MAX_CALLS,
    ) -> None:
        self._host: NetworkHost = host or InBridge()
        self._admission = Admission(max_calls)
        self._workload = Workload()
        self.model_id = tone.model_id
        """Of the model that judges."""
        self.languages = tone.languages
        """Those in which it judges, as primary tags."""
        self._batcher = Batcher(detector, tone, expected)
        self._on_verdict = on_verdict
        self._pool = LocalPool()
        self._inboxes: dict[str, Inbox] = {}
        self._spoken: dict[str, str] = {}
        self._facts: dict[str, ConversationFacts] = {}
        self._waiting: deque[CallerSpeech] = deque()
        self._verdicts: deque[Consented[Verdict]] = deque()
        self._heard: list[Heard] = []
        self._judging: list[CallerSpeech] = []
        self._forgotten: set[str] = set()
        self._misread: set[str] = set()
        self._is_in_tick = False
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._abstained: Counter[Reason] = Counter()
        self._frames = self._dropped = self._ticks = self._failed = self._scored = 0
        self._tick_ms = Tally(TICK_MS)
        self._queue_age_ms, self._verdict_age_s = Tally(QUEUE_AGE_MS), Tally(VERDICT_AGE_S)
        self._busy_s, self._oldest_s = 0.0, None  # type: float, float | None
        # By caller's grant: when its newest frame came, less that frame's end on the call's clock.
        self._offsets_s: dict[str, float] = {}
        self._last_failure = ""

    async def start(self) -> None:
        """Return when both models are warm. Raises what a model raises that does not load, EngineGone for its host."""
        await self._pool.run(self._host.start)
        await self._pool.run(self._batcher.warm)
        self._task = asyncio.create_task(self._run(), name="engine")

    async def stop(self) -> None:
        """Let the tick in hand end, then stop. What waits is dropped."""
        self._stopping.set()
        if self._task is not None:
            await self._task
            self._task = None
        await self._pool.run(self._host.stop)
        await self._pool.close()

    def reserve(self, call_id: str, language: str) -> None:
        """Keep a place for a call, before it is heard and until `forget`. Raises EngineFull, which says why not.

        `language` is the tag of what the caller speaks, from now on and as far as it is known (else ""). A call that
        was not reserved, or whose language the model was not tried in, has its facts and no score.
        """
        self._admission.reserve(call_id, self._obstacle())
        self._spoken[call_id] = language

    def hear(self, frame: Consented[AudioFrame]) -> None:
        """Take a frame of a grant's voice. Never blocks; a frame whose grant has ended is dropped.

        Raises:
            UnsupportedRate: no line has this rate (a mistake of the caller of this method, to be seen at once).
        """
        grant = frame.grant
        if not grant.is_live:
            return
        heard = frame.open()
        if heard.rate_hz not in RATES_HZ:
            raise UnsupportedRate(f"{heard.rate_hz} Hz is not one of {sorted(RATES_HZ)}")
        inbox = self._inboxes.get(grant.grant_id)
        if inbox is None:
            inbox = self._inboxes[grant.grant_id] = Inbox(grant)
        now_s = monotonic()
        if self._oldest_s is None:
            self._oldest_s = now_s
        if grant.party is Party.CALLER:
            self._offsets_s[grant.grant_id] = now_s - heard.end_sample / heard.rate_hz
        self._frames += 1
        self._dropped += inbox.put(frame)

    @property
    def networks_pid(self) -> int | None:
        """The number of the process in which the networks run; None where it is this one, or there is none now."""
        return self._host.pid

    def facts(self, call_id: str) -> ConversationFacts | None:
        """The facts of a call as of the last tick; None before anything was heard, and after `forget`."""
        return self._facts.get(call_id)

    def forget(self, call_id: str) -> None:
        """Drop all of a call, and its place."""
        self._admission.let_go(call_id)
        self._spoken.pop(call_id, None)
        self.drop(call_id)

    def drop(self, call_id: str) -> None:
        """Drop what was heard of a call: what is queued and known at once, the worker's state before its next tick."""
        for grant_id in [i for i, inbox in self._inboxes.items() if inbox.grant.call_id == call_id]:
            self._close(grant_id)
        self._waiting = deque(part for part in self._waiting if part.consented.grant.call_id != call_id)
        self._facts.pop(call_id, None)
        if self._is_in_tick:
            self._forgotten.add(call_id)
        else:
            self._batcher.forget(call_id)

    def begin_anew(self, call_id: str) -> None:
        """A person says that the caller is misread: no verdict comes any more of what was said up to now."""
        self._hush(call_id)
        if self._is_in_tick:
            self._misread.add(call_id)
        else:
            self._batcher.begin_anew(call_id)

    def stats(self) -> EngineStats:
        """What was counted so far."""
        return EngineStats(
            streams=len(self._inboxes),
            frames=self._frames,
            dropped_frames=self._dropped,
            ticks=self._ticks,
            failed_ticks=self._failed,
            tick_ms=self._tick_ms.snapshot(),
            batch_rows=self._batcher.batch_rows.snapshot(),
            queue_age_ms=self._queue_age_ms.snapshot(),
            verdict_age_s=self._verdict_age_s.snapshot(),
            waiting_windows=len(self._waiting),
            scored=self._scored,
            abstained=MappingProxyType(dict(self._abstained)),
            busy_share=self._workload.busy_share,
            admitted_calls=self._admission.admitted,
            refused_calls=self._admission.refused,
            full=self._full,
            is_ready=not self._trouble,
            trouble=self._trouble,
            restarts=self._host.restarts,
            last_loss=self._host.last_loss,
            last_failure=self._last_failure,
        )

    @property
    def _full(self) -> str:
        return self._admission.full or self._workload.brake

    @property
    def _trouble(self) -> str:
        return self._host.trouble if self._task is not None else "it is not running"

    def _obstacle(self) -> str:
        if self._trouble:
            return f"the engine is not ready: {self._trouble}"
        return f"the engine is full: {self._full}" if self._full else ""

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_s = loop.time()
        while not self._stopping.is_set():
            began, self._busy_s = perf_counter(), 0.0
            try:
                await self._tick()
            except Exception as failure:  # noqa: BLE001 - the root of this task: one bad tick never ends the engine
                self._failed += 1
                self._last_failure = f"{type(failure).__name__}: {failure}"
            self._ticks += 1
            took_ms = (perf_counter() - began) * 1000
            self._tick_ms.add(took_ms)
            self._workload.note(loop.time(), self._busy_s, self._dropped)
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
            for call_id in self._misread:
                self._batcher.begin_anew(call_id)
                self._hush(call_id)
            self._misread.clear()
            self._deliver()

    async def _in_worker(self, work: Callable[[], T]) -> T:
        def timed() -> T:
            began = perf_counter()
            try:
                return work()
            finally:
                self._busy_s += perf_counter() - began

        return await self._pool.run(timed)

    async def _say_what_was_lost(self) -> None:
        """What the tick before this one had in hand when it failed."""
        heard, self._heard = self._heard, []
        judging, self._judging = self._judging, []
        if heard or judging:
            self._verdicts.extend(unjudged(judging))
            lost = await self._in_worker(lambda: self._batcher.lose(heard))
            self._verdicts.extend(lost)

    async def _listen(self) -> None:
        self._heard = self._collect()
        listened = await self._in_worker(self._look_and_listen)
        self._heard = []
        self._facts.update((i, facts) for i, facts in listened.facts.items() if i not in self._forgotten)
        self._verdicts.extend(listened.abstained)
        self._waiting.extend(listened.speech)
        while len(self._waiting) > MAX_WAITING:
            self._verdicts.extend(unjudged([self._waiting.popleft()]))

    def _look_and_listen(self) -> Listened:
        self._host.look()
        return self._batcher.listen(self._heard)

    async def _judge(self) -> None:
        self._judging = [self._waiting.popleft() for _ in range(min(MAX_JUDGED, len(self._waiting)))]
        if self._judging:
            # Not in one line: while it waits, a call that is hushed puts another deque in this one's place.
            judged = await self._in_worker(self._judge_and_follow)
            self._verdicts.extend(judged)
            self._judging = []

    def _judge_and_follow(self) -> list[Consented[Verdict]]:
        return self._batcher.follow(self._batcher.judge(self._judging))

    def _collect(self) -> list[Heard]:
        """What came since the last tick; queues and facts of grants that have ended go."""
        if self._oldest_s is not None:
            self._queue_age_ms.add((monotonic() - self._oldest_s) * 1000)
            self._oldest_s = None
        for grant_id, inbox in list(self._inboxes.items()):
            if not inbox.grant.is_live:
                self._close(grant_id)
                self._facts.pop(inbox.grant.call_id, None)
        taken = (inbox.take(self._spoken.get(inbox.grant.call_id, UNKNOWN)) for inbox in self._inboxes.values())
        return [heard for heard in taken if heard is not None]

    def _hush(self, call_id: str) -> None:
        self._waiting = deque(part for part in self._waiting if part.consented.grant.call_id != call_id)
        self._verdicts = deque(verdict for verdict in self._verdicts if verdict.grant.call_id != call_id)

    def _close(self, grant_id: str) -> None:
        del self._inboxes[grant_id]
        self._offsets_s.pop(grant_id, None)

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
            self._verdict_age_s.add(max(0.0, monotonic() - said.end_s - self._offsets_s[verdict.grant.grant_id]))
            self._on_verdict(verdict)
