"""One call from its first question to its end: when it may be heard, and how it stands on the screens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from analysis.emotion.score import Verdict
from analysis.engine.admission import EngineFull
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.ears import YOUNG_S, Ears
from ari_bridge.calls.fork import Fork
from ari_bridge.calls.rooms import Rooms
from ari_bridge.calls.scribe import Scribe
from ari_bridge.calls.states import FINAL, LAST_FIRST, STAGE_OF, Plan, plan
from ari_bridge.calls.told_tone import ToldTone
from ari_bridge.media.udp_receiver import NoFreePort
from ari_bridge.pbx.port import Answered, PbxRefused
from consent.entry import ENDINGS, Entry, Standing
from consent.errors import DatabaseUnavailable, NotGranted, Withdrawn
from consent.gate import Grants
from consent.grant import Consented
from consent.parties import Party
from consent.states import Answer, State, Why

log = structlog.get_logger()

FACTS_EVERY_S: Final = 2.0
"""How often the facts on the screen and in the file are brought up to date."""
TURN_S: Final = 0.5
"""A granted call takes a turn at least so often, for its leases, facts and retries."""
RETRY_S: Final = 2.0
"""How long after a failure (no port, PBX said no, database locked) the call is tried again."""
FULL_RETRY_S: Final = 30.0
"""How long after the PBX's own gate refused (it is full, or it does not believe us)."""
NEVER_S: Final = float("inf")
AWAY: Final = "the PBX is out of reach: nothing is heard until it is back"
YOUNG_ENDS: Final = 4
"""After so many forks in a row that ended at once (two forks, two times) the screen says so."""


class Session:
    """One call. Events come in through the plain methods, which never wait; `run` does the rest in turns, in order."""

    def __init__(self, rooms: Rooms, call_id: str) -> None:
        self.call_id = call_id
        self._rooms = rooms
        self._log = log.bind(call_id=call_id)
        self._scribe = Scribe(rooms, call_id, self._log)
        self._ears = Ears(rooms, self._log, self._spawn)
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._grants: Grants | None = None
        self._answers: set[Answer] = set()
        self._away = False
        # The only conversation in which a call may be heard again after the bridge was away (None: it was not away).
        self._must_match: str | None = None
        self._heard_in = self._agent_leg = self._unheard_leg = ""
        self._zero_s = self._next_facts_s = self._not_before_s = 0.0
        self._no_fork_before_s, self._young_ends = 0.0, 0
        self._stage, self._problem, self._changed_at = Stage.ASKED, "", datetime.now(UTC)
        self._language = self._notice_id = ""
        self._tone = ToldTone()

    # What happens to a call: plain methods, at once.

    def answer(self, entry: Entry, journalled: Answered | None) -> None:
        """Take an answer: an ending closes everything in this very moment; recording follows in the next turn."""
        self._language = entry.language or self._language
        self._notice_id = entry.notice_id or self._notice_id
        if entry.answer in ENDINGS:
            self._stop(entry.answer)
        if entry.answer is Answer.GRANTED and entry.source == "journal":
            self._must_match = self._heard_in  # said while we were away: keys pressed since may have been missed
        is_news = entry.answer not in self._answers
        self._answers.add(entry.answer)
        self._scribe.note(entry, journalled)
        self.wake()
        # Last, since a screen's mistake must not keep an answer out of the ledger.
        if is_news and (self._stage not in FINAL or entry.answer in (Answer.WITHDRAWN, Answer.EXPIRED)):
            self._turn_to(STAGE_OF[entry.answer])

    def restore(self, standing: Standing) -> None:
        """Take what the ledger holds of a call that was answered before this bridge was started."""
        self._answers |= standing.answers
        self._scribe.recorded |= standing.answers
        self._heard_in = standing.heard_in
        self._turn_to(STAGE_OF[next((one for one in LAST_FIRST if one in self._answers), Answer.ASKED)])

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

    def look(self) -> None:
        """The conversation may have changed: who may not be heard any more is not, from this very moment.

        The turn that follows may have to wait for the PBX or the file; a hold or a third party does not wait for it.
        """
        if self._ears.legs:
            self._hush(self._wanted())
        self.wake()

    def leave(self) -> None:
        """The PBX is out of reach: hear nothing, because keys may be missed; what comes next is decided on return."""
        self._away = True
        self._ears.close_all()
        self.wake()
        if self._stage is Stage.GRANTED:
            self._turn_to(Stage.FAILED, AWAY)

    def come_back(self) -> None:
        """The PBX is there again: only the conversation in which the call was heard before may be heard again."""
        if Answer.GRANTED in self._answers:
            now = self._rooms.topology.conversation(self.call_id).fingerprint
            self._must_match = self._heard_in if now == self._heard_in else ""
        self._away = False
        self.wake()
        if self._problem == AWAY:
            self._turn_to(Stage.PAUSED)

    def refuse_forks(self, why: str) -> None:
        """The PBX's own gate said no: do not try in a loop, and say so."""
        self._fail(f"the PBX refused the fork: {why}", FULL_RETRY_S)

    def verdict(self, verdict: Consented[Verdict]) -> None:
        """Show and keep what the engine says of the caller."""
        with contextlib.suppress(Withdrawn):
            if self._tone.tell(verdict.open(), self._now_s()):
                self._show()
                self._spawn(self._keep(verdict))

    def contest(self) -> bool:
        """The agent says that the score on the screen is wrong: it is hidden now, then erased; False without one."""
        if self._stage is not Stage.GRANTED or self._grants is None:
            return False
        contested = self._tone.contest(self._now_s())
        if contested is not None:
            self._rooms.engine.begin_anew(self.call_id)
            self._show()
            self._spawn(self._scribe.contest(self._grants.caller, contested))
        return contested is not None

    def fork_ended(self, fork_id: str) -> None:
        """The PBX ended a fork: one that never worked is not made again in a loop."""
        fork = self._ears.ended(fork_id)
        if fork is None:
            return
        self.wake()
        if self._now_s() - fork.opened_s >= YOUNG_S:
            self._young_ends = 0
            return
        self._young_ends += 1
        self._no_fork_before_s = self._now_s() + RETRY_S
        self._log.warning("fork.died_young", party=fork.grant.party)
        if self._young_ends >= YOUNG_ENDS:
            self._fail("the PBX ends each fork at once", RETRY_S)

    @property
    def state(self) -> State:
        """Where its dialogue stands, by the answers that came."""
        for answer in LAST_FIRST:
            if answer in self._answers:
                return State.OVER if answer is Answer.EXPIRED else State(answer.value)
        return State.ASKING

    async def settle(self) -> None:
        """Wait until the PBX was told of every fork that has ended, and the file holds what was on its way there."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def is_over(self) -> bool:
        """The call has ended and everything about it is written down."""
        return self._stage is Stage.ENDED and not self._scribe.has_work and not self._tasks

    def forks(self) -> tuple[Fork, ...]:
        """The forks that are open now."""
        return self._ears.forks()

    # The turns.

    async def run(self) -> None:
        """Take turns until the call is over. A turn that fails is said, and taken again."""
        while not self.is_over:
            try:
                await self._turn()
            except Exception as error:  # noqa: BLE001 - the root of a call's task: else its screen would say yes for ever
                self._log.exception("turn.failed")
                self._fail(f"the bridge failed: {type(error).__name__}", RETRY_S)
                await asyncio.sleep(RETRY_S)
        self._rooms.engine.forget(self.call_id)
        await self._seal()

    async def _turn(self) -> None:
        await self._wait()
        await self._write_down()
        if self._stage is Stage.ENDED:
            self._ears.close_all()  # one that was being made when the call ended
            await asyncio.gather(*self._tasks, return_exceptions=True)
            return
        if self._may_listen():
            await self._listen()
        self._show()

    async def _wait(self) -> None:
        if self._scribe.has_work:
            return
        timeout_s = TURN_S if Answer.GRANTED in self._scribe.recorded and self._stage not in FINAL else None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._woken.wait()
        self._woken.clear()

    async def _write_down(self) -> None:
        while self._scribe.has_work:
            try:
                if await self._scribe.write_next(self._grants) and not self._answers & ENDINGS:
                    self._spawn(self._rooms.references.announce(self.call_id, self._language))
            except DatabaseUnavailable as error:
                self._fail(str(error), RETRY_S)
                await asyncio.sleep(RETRY_S)

    async def _seal(self) -> None:
        while True:
            try:
                return await self._scribe.seal()
            except DatabaseUnavailable as error:
                self._log.error("call.not_sealed", error=str(error))
                await asyncio.sleep(RETRY_S)

    def _may_listen(self) -> bool:
        is_granted = Answer.GRANTED in self._scribe.recorded and self._stage not in FINAL
        return is_granted and not self._away and self._now_s() >= self._not_before_s

    async def _listen(self) -> None:
        """Bring what is heard in line with what may be heard. Whatever goes wrong is said, and the call goes on."""
        try:
            await self._follow(self._plan())
            await self._ears.renew()
            await self._refresh_facts()
        except (DatabaseUnavailable, EngineFull, NoFreePort) as error:
            self._fail(str(error), RETRY_S)
        except NotGranted as error:
            self._fail(f"no live yes: {error}", NEVER_S)
        except (PbxRefused, TimeoutError) as error:
            self._fail(f"the PBX did not start the fork: {error}", RETRY_S)
        except Withdrawn:
            self._ears.close_all()
        if self._ears.silent() is not None:
            self._fail("the PBX sends no sound to the bridge", RETRY_S)

    def _wanted(self) -> Plan:
        topology = self._rooms.topology
        return plan(self.call_id, topology.conversation(self.call_id), topology.channels, self._rooms.roles)

    def _plan(self) -> Plan:
        conversation, wanted = self._rooms.topology.conversation(self.call_id), self._wanted()
        if self._must_match is None or not conversation.fingerprint:
            return wanted
        if conversation.fingerprint != self._must_match:
            self._fail("the bridge was away and a key may have been missed: not heard again", NEVER_S)
            return Plan({}, "keys_may_have_been_missed")
        self._must_match = None
        return wanted

    def _hush(self, wanted: Plan) -> None:
        for channel_id in self._ears.legs - wanted.legs.keys():
            self._ears.close(channel_id)
        if not wanted.legs and self._stage is Stage.GRANTED:
            self._log.info("call.paused", reason=wanted.pause)
            self._turn_to(Stage.PAUSED)

    async def _follow(self, wanted: Plan) -> None:
        self._hush(wanted)
        if not wanted.legs:
            return
        self._meet(next(c for c, party in wanted.legs.items() if party is Party.AGENT))
        missing = [c for c in wanted.legs if c not in self._ears.legs and c != self._unheard_leg]
        if missing and self._now_s() >= self._no_fork_before_s:
            await self._start({c: wanted.legs[c] for c in missing})
        if self._stage in (Stage.PAUSED, Stage.FAILED) and self._ears.legs == wanted.legs.keys() - {self._unheard_leg}:
            self._turn_to(Stage.GRANTED)

    def _meet(self, agent_leg: str) -> None:
        """A new agent begins with new facts: nobody sees, or is measured by, what another agent did."""
        if self._agent_leg not in ("", agent_leg):
            self._scribe.drop()
            self._tone.clear()
            self._grants, self._unheard_leg = None, ""
        self._agent_leg = agent_leg

    async def _start(self, legs: dict[str, Party]) -> None:
        endpoint = self._rooms.topology.channels[self._agent_leg].endpoint or ""  # it may hang up while we wait
        variable = await self._rooms.pbx.consent_of(self.call_id)
        if variable != Answer.GRANTED:
            self._log.warning("fork.withheld", reason="the PBX's own variable does not say granted", variable=variable)
            raise PbxRefused(f"its own variable says {variable or 'nothing'}")
        self._ears.reserve(self.call_id)
        self._grants = grants = await self._rooms.gate.open(self.call_id, endpoint)
        self._zero_s = self._zero_s or self._now_s()
        await self._note_conversation()
        for channel_id, party in legs.items():
            if self._stage in FINAL or self._away or channel_id not in self._wanted().legs:  # while we waited
                raise Withdrawn("stopped before the fork was made")
            grant = grants.of(party)
            if grant is None:
                self._unheard_leg = channel_id
                self._log.info("agent.not_heard", reason="the notice to staff is not acknowledged")
            else:
                await self._ears.open(grant, channel_id, self._zero_s)

    async def _note_conversation(self) -> None:
        conversation = self._rooms.topology.conversation(self.call_id)
        # Where the PBX looks at no key, nobody may be heard again after we were away: no fingerprint equals "".
        fingerprint = conversation.fingerprint if conversation.watched else ""
        if fingerprint != self._heard_in:
            await self._rooms.ledger.heard_in(self.call_id, fingerprint)
            self._heard_in = fingerprint

    async def _refresh_facts(self) -> None:
        if self._ears.legs and self._now_s() >= self._next_facts_s:
            self._next_facts_s = self._now_s() + FACTS_EVERY_S
            await self._scribe.keep_facts(self._grants)

    async def _keep(self, verdict: Consented[Verdict]) -> None:
        try:
            await self._scribe.keep(verdict)
        except DatabaseUnavailable as error:
            self._log.error("score.lost", error=str(error))
            self._fail(str(error), RETRY_S)

    # Endings, and what is shown.

    def _stop(self, answer: Answer) -> None:
        if answer is not Answer.EXPIRED:  # facts of a call that ended are kept before its grants end: see the scribe
            self._rooms.gate.end(self.call_id, answer)
            self._tone.clear()
        self._ears.close_all()

    def _fail(self, sentence: str, retry_s: float) -> None:
        """Hear nothing, say why (once, however often it is tried), and try again later. The call is never touched."""
        self._ears.close_all()
        # Of two reasons at once the longer wait holds: a PBX tells some refusals twice.
        self._not_before_s = max(self._not_before_s, self._now_s() + retry_s)
        (self._log.debug if sentence == self._problem else self._log.error)("call.not_analysed", reason=sentence)
        if Answer.GRANTED in self._answers and self._stage not in FINAL:
            self._turn_to(Stage.FAILED, sentence)

    def _turn_to(self, stage: Stage, problem: str = "") -> None:
        if stage is not self._stage or problem != self._problem:
            self._stage, self._problem, self._changed_at = stage, problem, datetime.now(UTC)
            self._show()

    def _show(self) -> None:
        topology, roles = self._rooms.topology, self._rooms.roles
        legs = [topology.channels[i] for i in topology.conversation(self.call_id).legs if i in topology.channels]
        agents = {leg.channel_id: leg.endpoint for leg in legs if leg.endpoint and roles.of(leg) is Party.AGENT}
        is_theirs = agents.keys() == {self._agent_leg}  # the facts so far are not of another agent
        is_heard, now_s = self._stage is Stage.GRANTED, self._now_s()
        self._rooms.board.put(
            CallView(
                call_id=self.call_id,
                stage=self._stage,
                changed_at=self._changed_at,
                language=self._language,
                agents=tuple(sorted(set(agents.values()))),
                tone=self._tone.shown(now_s) if is_heard else None,
                facts=self._scribe.facts if is_theirs and self._stage not in FINAL else None,
                problem=self._problem,
                contested=is_heard and self._tone.is_contested(now_s),
                trace=self._tone.trace if is_heard and is_theirs else (),
            )
        )

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("session.task_failed", error=repr(task.exception()))
        self.wake()
