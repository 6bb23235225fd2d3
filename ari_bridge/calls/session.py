"""One call from its first question to its end: what is recorded, what is heard, what is shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from analysis.audio import AudioFrame
from analysis.conversation import ConversationFacts
from analysis.emotion.score import Verdict
from analysis.engine.engine import Engine
from analysis.store.scores import Scores
from ari_bridge.calls.board import Board, CallView, Stage
from ari_bridge.calls.fork import SILENT_AFTER_S, Fork, MediaPlace
from ari_bridge.calls.roles import Roles
from ari_bridge.calls.states import Plan, plan
from ari_bridge.calls.topology import Topology
from ari_bridge.media.udp_receiver import NoFreePort
from ari_bridge.pbx.port import Answered, Pbx, PbxRefused
from consent.errors import DatabaseUnavailable, NotGranted, Withdrawn
from consent.gate import Gate, Grants
from consent.grant import Consented
from consent.ledger import ENDINGS, Entry, Ledger, Standing
from consent.parties import Party
from consent.states import Answer, Why

log = structlog.get_logger()

FACTS_EVERY_S: Final = 2.0
"""How often the facts on the screen and in the file are brought up to date."""
TONE_STAYS_S: Final = 30.0
"""A verdict older than this is not shown any more: the screen cannot tell its age."""
TURN_S: Final = 0.5
"""A granted call takes a turn at least so often, for its leases, facts and retries."""
RETRY_S: Final = 2.0
"""How long after a failure (no port, PBX said no, database locked) the call is tried again."""

YOUNG_S: Final = 2.0
"""A fork that the PBX ended earlier never worked: the next waits for RETRY_S, so that none is tried in a loop."""
YOUNG_ENDS: Final = 4
"""After so many in a row (two forks, two times) the screen says so."""

STAGE_OF: Final[dict[Answer, Stage]] = {
    Answer.ASKED: Stage.ASKED,
    Answer.GRANTED: Stage.PAUSED,
    Answer.REFUSED: Stage.REFUSED,
    Answer.WITHDRAWN: Stage.WITHDRAWN,
    Answer.OBJECTED: Stage.OBJECTED,
    Answer.EXPIRED: Stage.ENDED,
}
FINAL: Final = frozenset({Stage.REFUSED, Stage.WITHDRAWN, Stage.OBJECTED, Stage.ENDED})
"""Nothing is heard any more once a call stands here."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """What every session of a bridge works with."""

    pbx: Pbx
    ledger: Ledger
    gate: Gate
    engine: Engine
    scores: Scores
    board: Board
    topology: Topology
    roles: Roles
    place: MediaPlace
    lease_s: float


class Session:
    """One call. Events come in through the plain methods, which never wait; `run` does the rest in turns, in order."""

    def __init__(self, rooms: Rooms, call_id: str) -> None:
        self.call_id = call_id
        self._rooms = rooms
        # The only conversation in which a call may be heard again after the bridge was away (None: it was not away).
        self._must_match: str | None = None
        self._forks: dict[str, Fork] = {}
        self._grants: Grants | None = None
        self._to_record: deque[tuple[Entry, Answered | None]] = deque()
        self._answers: set[Answer] = set()
        self._recorded: set[Answer] = set()
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._away = False
        self._heard_in = self._heard_next = self._agent_leg = ""
        self._zero_s = 0.0
        self._next_renewal_s = self._next_facts_s = self._not_before_s = self._tone_until_s = 0.0
        self._no_fork_before_s, self._young_ends = 0.0, 0
        self._stage = Stage.ASKED
        self._changed_at = datetime.now(UTC)
        self._language = self._notice_id = ""
        self._tone: Verdict | None = None
        self._facts: ConversationFacts | None = None
        self._problem = ""
        self._log = log.bind(call_id=call_id)

    # What happens to a call: plain methods, at once.

    def answer(self, entry: Entry, journalled: Answered | None) -> None:
        """Take an answer: an ending closes everything in this very moment; recording follows in the next turn."""
        self._language = entry.language or self._language
        self._notice_id = entry.notice_id or self._notice_id
        if entry.answer not in (Answer.ASKED, Answer.GRANTED):
            self._stop(entry.answer)
        if entry.answer is Answer.GRANTED and entry.source == "journal":
            self._must_match = self._heard_in  # said while we were away: keys pressed since may have been missed
        is_news = entry.answer not in self._answers
        if is_news and (self._stage not in FINAL or entry.answer in (Answer.WITHDRAWN, Answer.EXPIRED)):
            self._turn_to(STAGE_OF[entry.answer])
        self._answers.add(entry.answer)
        self._to_record.append((entry, journalled))
        self.wake()

    def restore(self, standing: Standing) -> None:
        """Take what the ledger holds of a call that was granted before this bridge was started."""
        self._answers |= standing.answers
        self._recorded |= standing.answers
        self._heard_in = standing.heard_in
        self._turn_to(Stage.PAUSED)

    def hang_up(self) -> None:
        """The caller's channel is gone: a live grant expires with it."""
        if Answer.GRANTED in self._answers and not self._answers & ENDINGS:
            now, told = datetime.now(UTC), (self._notice_id, self._language)
            self.answer(Entry(now, Answer.EXPIRED, Why.CALL_ENDED, self.call_id, Party.CALLER, *told, "bridge"), None)
        else:
            self._turn_to(Stage.ENDED)
            self.wake()

    def wake(self) -> None:
        """Something changed: take a turn."""
        self._woken.set()

    def leave(self) -> None:
        """The PBX is out of reach: hear nothing, because keys may be missed; what comes next is decided on return."""
        self._away = True
        self._close_forks()
        self.wake()

    def come_back(self) -> None:
        """The PBX is there again: only the conversation in which the call was heard before may be heard again."""
        if Answer.GRANTED in self._answers:
            self._must_match = self._heard_in
        self._away = False
        self.wake()

    def refuse_forks(self, why: str) -> None:
        """The PBX's own gate said no: do not try in a loop, and say so."""
        self._fail(f"the PBX refused the fork: {why}", retry_s=30.0)

    def verdict(self, verdict: Consented[Verdict]) -> None:
        """Show and keep what the engine says of the caller."""
        try:
            self._tone = verdict.open()
        except Withdrawn:
            return
        self._tone_until_s = asyncio.get_running_loop().time() + TONE_STAYS_S
        self._show()
        self._spawn(self._keep(verdict))

    def fork_ended(self, fork_id: str) -> None:
        """The PBX ended a fork (its leg hung up, its lease ran out, a stop): close ours."""
        for channel_id, fork in list(self._forks.items()):
            if fork.pbx_fork is not None and fork.pbx_fork.fork_id == fork_id:
                fork.close()
                del self._forks[channel_id]
                self._note_end(fork)
                self.wake()

    def _note_end(self, fork: Fork) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - fork.opened_s >= YOUNG_S:
            self._young_ends = 0
            return
        self._young_ends += 1
        self._no_fork_before_s = now_s + RETRY_S
        self._log.warning("fork.died_young", party=fork.grant.party)
        if self._young_ends >= YOUNG_ENDS:
            self._fail("the PBX ends each fork at once", RETRY_S)

    @property
    def is_over(self) -> bool:
        """The call has ended and everything about it is written down."""
        return self._stage is Stage.ENDED and not self._to_record and not self._tasks

    def fork_ids(self) -> frozenset[str]:
        """The ids under which the PBX knows this call's forks."""
        return frozenset(f.pbx_fork.fork_id for f in self._forks.values() if f.pbx_fork is not None)

    def forks(self) -> tuple[Fork, ...]:
        """The forks that are open now."""
        return tuple(self._forks.values())

    # The turns.

    async def run(self) -> None:
        """Take turns until the call is over."""
        while not self.is_over:
            await self._wait()
            await self._write_down()
            if self._stage is Stage.ENDED:
                await asyncio.gather(*self._tasks, return_exceptions=True)
                continue
            if self._may_listen():
                await self._listen()
            self._show()
        self._rooms.engine.forget(self.call_id)

    async def _wait(self) -> None:
        if self._to_record:
            return
        timeout_s = TURN_S if Answer.GRANTED in self._recorded and self._stage not in FINAL else None
        try:
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()

    async def _write_down(self) -> None:
        """Record what was answered, in order, and again until the file takes it: no answer is ever lost."""
        while self._to_record:
            entry, journalled = self._to_record[0]
            try:
                await self._record(entry)
            except DatabaseUnavailable as error:
                self._fail(str(error), RETRY_S)
                self._log.error("ledger.unavailable", error=str(error), answer=entry.answer)
                await asyncio.sleep(RETRY_S)
                continue
            self._to_record.popleft()
            if journalled is not None:
                await self._forget(journalled)

    async def _record(self, entry: Entry) -> None:
        if entry.answer is Answer.EXPIRED:
            with contextlib.suppress(Withdrawn):
                await self._keep_facts()
            self._rooms.gate.end(self.call_id, Answer.EXPIRED)
        if await self._rooms.ledger.record(entry):
            self._log.info(f"consent.{entry.answer}", why=entry.why, party=entry.party, source=entry.source)
        self._recorded.add(entry.answer)
        if entry.answer is Answer.WITHDRAWN:
            await self._erase(frozenset(Party))
        elif entry.answer is Answer.OBJECTED:
            await self._erase(frozenset({Party.AGENT}))

    async def _erase(self, parties: frozenset[Party]) -> None:
        self._rooms.engine.forget(self.call_id)
        ids = await self._rooms.ledger.grant_ids(self.call_id)
        erased = await self._rooms.scores.erase([ids[p] for p in parties if p in ids])
        self._log.info("derived.erased", rows=erased)

    async def _forget(self, journalled: Answered) -> None:
        try:
            await self._rooms.pbx.forget(journalled)
        except (PbxRefused, TimeoutError) as error:
            # It is drained again at the next connection, and the ledger knows it already.
            self._log.warning("journal.kept", error=str(error))

    def _may_listen(self) -> bool:
        return (
            not self._away
            and self._stage not in FINAL
            and Answer.GRANTED in self._recorded
            and asyncio.get_running_loop().time() >= self._not_before_s
        )

    async def _listen(self) -> None:
        """Bring what is heard in line with what may be heard."""
        try:
            await self._follow(self._plan())
            await self._renew()
            await self._refresh_facts()
        except DatabaseUnavailable as error:
            self._fail(str(error), RETRY_S)
        except NotGranted as error:
            self._log.error("grant.refused", error=str(error))
            self._fail("the ledger holds no live yes for this call", 3600.0)
        except NoFreePort as error:
            self._fail(str(error), RETRY_S)
        except (PbxRefused, TimeoutError) as error:
            self._fail(f"the PBX did not start the fork: {error}", RETRY_S)
        except Withdrawn:
            self._close_forks()

    def _plan(self) -> Plan:
        conversation = self._rooms.topology.conversation(self.call_id)
        wanted = plan(self.call_id, conversation, self._rooms.topology.channels, self._rooms.roles)
        if self._must_match is not None and (wanted.legs or conversation.fingerprint):
            if not self._must_match or conversation.fingerprint != self._must_match:
                self._log.warning("fork.withheld", reason="keys_may_have_been_missed")
                self._must_match = ""
                self._fail("the bridge was away and a key may have been missed: not heard again", 3600.0)
                return Plan({}, "keys_may_have_been_missed")
            self._must_match = None
        if wanted.legs:
            self._heard_next = conversation.fingerprint
        return wanted

    async def _follow(self, wanted: Plan) -> None:
        for channel_id in [c for c in self._forks if c not in wanted.legs]:
            self._end_forks([self._forks.pop(channel_id)])
        if not wanted.legs:
            if self._stage is Stage.GRANTED:
                self._turn_to(Stage.PAUSED)
            return
        self._meet(next(c for c, party in wanted.legs.items() if party is Party.AGENT))
        missing = [c for c in wanted.legs if c not in self._forks]
        if missing and asyncio.get_running_loop().time() >= self._no_fork_before_s:
            await self._start(missing, wanted)
        heard = wanted.legs.keys() == self._forks.keys() and all(f.is_open for f in self._forks.values())
        if self._stage in (Stage.PAUSED, Stage.FAILED) and heard:
            self._turn_to(Stage.GRANTED)

    def _meet(self, agent_leg: str) -> None:
        """A new agent begins with new facts: nobody sees, or is measured by, what another agent did."""
        if self._agent_leg not in ("", agent_leg):
            self._rooms.engine.forget(self.call_id)
            self._facts = None
        self._agent_leg = agent_leg

    async def _start(self, missing: list[str], wanted: Plan) -> None:
        variable = await self._rooms.pbx.consent_of(self.call_id)
        if variable != Answer.GRANTED:
            self._log.warning("fork.withheld", reason="the PBX's own variable does not say granted", variable=variable)
            raise PbxRefused(f"its own variable says {variable or 'nothing'}")
        if self._grants is None:
            self._grants = await self._rooms.gate.open(self.call_id)
            self._zero_s = asyncio.get_running_loop().time()
        if self._heard_next != self._heard_in:
            await self._rooms.ledger.heard_in(self.call_id, self._heard_next)
            self._heard_in = self._heard_next
        for channel_id in missing:
            await self._start_one(channel_id, wanted.legs[channel_id])
        self._next_renewal_s = asyncio.get_running_loop().time() + self._rooms.lease_s / 3

    async def _start_one(self, channel_id: str, party: Party) -> None:
        assert self._grants is not None  # noqa: S101
        grant = self._grants.of(party)
        fork = await Fork.open(grant, channel_id, self._rooms.place, self._zero_s, self._hear)
        self._forks[channel_id] = fork
        try:
            fork.pbx_fork = await self._rooms.pbx.fork(grant, channel_id, fork.port)
        except (PbxRefused, TimeoutError):
            fork.close()
            self._forks.pop(channel_id, None)
            raise
        if not fork.is_open or not grant.is_live:  # stopped while the PBX was at it
            self._end_forks([fork])
            raise Withdrawn("stopped while the fork was made")
        self._log.info("fork.opened", party=party, grant_id=grant.grant_id, port=fork.port)

    def _hear(self, frame: Consented[AudioFrame]) -> None:
        self._rooms.engine.hear(frame)

    async def _renew(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s < self._next_renewal_s:
            return
        self._next_renewal_s = now_s + self._rooms.lease_s / 3
        for channel_id, fork in list(self._forks.items()):
            if fork.pbx_fork is not None:
                try:
                    await self._rooms.pbx.renew(fork.pbx_fork)
                except PbxRefused:  # the fork is gone on the PBX's side; if it should be there it is made anew
                    self._end_forks([fork])
                    self._forks.pop(channel_id, None)
            if fork.is_open and now_s - (fork.last_heard_s or self._zero_s) > SILENT_AFTER_S + self._rooms.lease_s / 3:
                self._log.warning("fork.silent", channel_id=channel_id, port=fork.port)
                self._fail("the PBX sends no sound to the bridge", RETRY_S)

    async def _refresh_facts(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._forks and now_s >= self._next_facts_s:
            self._next_facts_s = now_s + FACTS_EVERY_S
            await self._keep_facts()

    async def _keep_facts(self) -> None:
        self._facts = self._rooms.engine.facts(self.call_id) or self._facts
        if self._facts is None or self._grants is None or not self._grants.are_live:
            return
        await self._rooms.scores.keep_facts(self._grants.caller, self._facts.of(Party.CALLER))
        await self._rooms.scores.keep_facts(self._grants.agent, self._facts.of(Party.AGENT))

    async def _keep(self, verdict: Consented[Verdict]) -> None:
        try:
            await self._rooms.scores.keep(verdict)
        except Withdrawn:
            pass
        except DatabaseUnavailable as error:
            self._log.error("score.lost", error=str(error))
            self._fail(str(error), RETRY_S)

    # Endings.

    def _stop(self, answer: Answer) -> None:
        if answer is not Answer.EXPIRED:  # facts of a call that ended are kept before its grants end: see _record
            self._rooms.gate.end(self.call_id, answer)
            self._tone = self._facts = None
        self._close_forks()

    def _close_forks(self) -> None:
        forks = list(self._forks.values())
        self._forks.clear()
        self._end_forks(forks)

    def _end_forks(self, forks: list[Fork]) -> None:
        for fork in forks:
            fork.close()
            self._log.info("fork.closed", party=fork.grant.party, grant_id=fork.grant.grant_id)
            if fork.pbx_fork is not None:
                self._spawn(self._end_on_pbx(fork))

    async def _end_on_pbx(self, fork: Fork) -> None:
        assert fork.pbx_fork is not None  # noqa: S101
        try:
            await self._rooms.pbx.end_fork(fork.pbx_fork)
        except (PbxRefused, TimeoutError) as error:
            # Its lease is not renewed any more, so the PBX ends it by itself.
            self._log.warning("fork.left_to_its_lease", error=str(error))

    def _fail(self, sentence: str, retry_s: float) -> None:
        """Hear nothing, say why on the screen, and try again later. The call itself is never touched."""
        self._close_forks()
        self._not_before_s = asyncio.get_running_loop().time() + retry_s
        if self._stage not in FINAL:
            self._turn_to(Stage.FAILED, sentence)
        self._log.error("call.not_analysed", reason=sentence)

    def _tone_is_old(self) -> bool:
        return asyncio.get_running_loop().time() > self._tone_until_s

    def _turn_to(self, stage: Stage, problem: str = "") -> None:
        if stage is not self._stage or problem != self._problem:
            self._stage, self._problem, self._changed_at = stage, problem, datetime.now(UTC)
            self._show()

    def _show(self) -> None:
        topology, roles = self._rooms.topology, self._rooms.roles
        legs = [topology.channels[i] for i in topology.conversation(self.call_id).legs if i in topology.channels]
        agents = {leg.endpoint for leg in legs if leg.endpoint and roles.of(leg) is Party.AGENT}
        self._rooms.board.put(
            CallView(
                call_id=self.call_id,
                stage=self._stage,
                changed_at=self._changed_at,
                language=self._language,
                agents=tuple(sorted(agents)),
                tone=self._tone if self._stage is Stage.GRANTED and not self._tone_is_old() else None,
                facts=self._facts if self._stage not in FINAL else None,
                problem=self._problem,
            )
        )

    def _spawn(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("session.task_failed", error=repr(task.exception()))
        self.wake()
