"""The five calls, played by two phones."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from consent.parties import Party
from tests.demo import desk_screen, evidence, figures, voices
from tests.demo.performance import CallName, Performance, PhoneAudio, ScreenSeen, Spoken
from tests.demo.script import TALK, WORDS, Cue, Turn, cues, duration_s
from tests.demo.stage import Stage
from tests.lab.errors import LabError
from tests.lab.phone import Call, CallFailed, Phone, Said
from tests.lab.service import FAMILIES, LEASE_S

NOTICE_LIMIT_S = 40.0
MIN_NOTICE_PACKETS = 150
"""3 s: no notice says who hears what and why in less."""
THINKS_S = 0.4
TALKS_S = 24.0
"""Before the *9 and before the SIGKILL."""
SCORE_LIMIT_S = 20.0
"""How much longer the parties talk if nothing was judged by then."""
AFTER_STOP_S = 5.0
AFTER_LEASE_S = 3.0
SETTLES_S = 1.5
"""After hanging up: whatever is late would come now."""


@dataclass(frozen=True, slots=True)
class Act:
    """One call as it is to be: who is called how, in which language, the key pressed ("" for none), what is said."""

    name: CallName
    dialled: str
    agent: str
    language: str
    key: str
    turns: tuple[Turn, ...]


ACTS = (
    Act(CallName.YES, "200", "1001", "en", "1", TALK),
    Act(CallName.NO, "51002", "1002", "en", "2", WORDS),
    Act(CallName.SILENCE, "201", "1001", "fr", "", WORDS),
    Act(CallName.WITHDRAWN, "51002", "1002", "en", "1", TALK * 2),
    Act(CallName.KILLED, "200", "1001", "en", "1", TALK * 2),
)


class Scene:
    """One act being played: notes when things happen."""

    def __init__(self, stage: Stage, act: Act) -> None:
        self._stage = stage
        self._act = act
        self._legs: dict[Party, Call] = {}
        self._spoken: list[Spoken] = []
        self._notices_before = len(self._agent.notices)
        self._started_ns = 0
        self._key_ns: int | None = None
        self._stop_keys_ns: tuple[int, ...] = ()
        self._killed_ns: int | None = None
        self._scores_before: int | None = None
        self._rows_after: int | None = None
        self._screen: ScreenSeen | None = None

    async def play(self) -> Performance:
        """The whole call. Raises CallFailed or LabError where it cannot be had."""
        caller = await self._stage.new_caller("0612345678")
        async with caller:
            self._started_ns = time.time_ns()
            await self._connect(caller)
            connected_ns = self._legs[Party.AGENT].answered_ns
            script = list(cues(self._act.turns, voices.Voices(voices.load(self._act.language))))
            talk = asyncio.create_task(self._talk(script))
            try:
                await self._middle(duration_s(script))
            finally:
                talk.cancel()
                await asyncio.gather(talk, return_exceptions=True)
            hung_up_ns = time.time_ns()
            for leg in self._legs.values():
                leg.hush()
            await self._legs[Party.CALLER].hang_up()
            await self._legs[Party.AGENT].ended()
            await asyncio.sleep(SETTLES_S)
        return self._noted(connected_ns, hung_up_ns)

    @property
    def _agent(self) -> Phone:
        return self._stage.agents[self._act.agent]

    async def _connect(self, caller: Phone) -> None:
        """Dial, listen to the notice, press the key, and wait until the agent is there."""
        say, act = self._stage.say, self._act
        call = self._legs[Party.CALLER] = await caller.dial(self._stage.place.number_of(act.dialled))
        await call.answered()
        say("    the notice plays")
        await call.heard_out(least_packets=MIN_NOTICE_PACKETS, timeout_s=NOTICE_LIMIT_S)
        if act.key:
            await asyncio.sleep(THINKS_S)
            [self._key_ns] = await call.press(act.key)
            say(f"    the caller presses {act.key}")
            if act.key == "1":
                say("    the caller is thanked, and hears the reference of the call")
        else:
            say("    the caller presses nothing, which is a no")
        agent = self._legs[Party.AGENT] = await self._agent.incoming(NOTICE_LIMIT_S)
        await agent.answered()
        say("    the agent answers; both talk")

    async def _middle(self, script_s: float) -> None:
        match self._act.name:
            case CallName.YES:
                await asyncio.sleep(script_s + 1)
                await self._until_scored()
                await self._look()
            case CallName.NO | CallName.SILENCE:
                await asyncio.sleep(script_s + 0.5)
                await self._look()
            case CallName.WITHDRAWN:
                await asyncio.sleep(TALKS_S)
                await self._withdraw(await self._until_scored())
            case CallName.KILLED:
                await asyncio.sleep(TALKS_S)
                await self._kill(await self._until_scored())

    async def _withdraw(self, call_id: str | None) -> None:
        stage, call = self._stage, self._legs[Party.CALLER]
        self._stop_keys_ns = tuple(await call.press("*9"))
        stage.say(f"    the caller presses *9 ({self._scores_before} scores so far); the call goes on")
        await asyncio.sleep(AFTER_STOP_S - (time.time_ns() - self._stop_keys_ns[-1]) / 1e9)
        if call_id is not None:
            self._rows_after = evidence.derived_rows(stage.kept, call_id)
        await self._look()

    async def _kill(self, call_id: str | None) -> None:
        await self._look()
        self._killed_ns = await self._stage.service.kill()
        self._stage.say(f"    SIGKILL to the bridge ({self._scores_before} scores so far); the call goes on")
        await asyncio.sleep(LEASE_S + AFTER_LEASE_S)

    async def _until_scored(self) -> str | None:
        """Wait until the file holds a score of this call, or the limit; the call's id as the PBX names it."""
        file, deadline_s = self._stage.kept, time.monotonic() + SCORE_LIMIT_S
        while True:
            kept = evidence.call_between(file, self._started_ns, time.time_ns())
            self._scores_before = kept.scores if kept is not None else None
            if self._scores_before or time.monotonic() > deadline_s:
                return kept.call_id if kept is not None else None
            await asyncio.sleep(0.5)

    async def _look(self) -> None:
        """Look at the agent's phone."""
        notices = self._agent.notices[self._notices_before :]
        self._screen = await desk_screen.look(notices, FAMILIES[self._act.agent])

    async def _talk(self, script: Iterable[Cue]) -> None:
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        said = []
        for cue in sorted(script, key=lambda cue: cue.at_s):
            await asyncio.sleep(begin_s + cue.at_s - loop.time())
            said.append(asyncio.create_task(self._note(cue, self._legs[cue.clip.party].say(cue.clip.samples))))
        await asyncio.gather(*said)

    async def _note(self, cue: Cue, said: "asyncio.Future[Said]") -> None:
        played = await said
        self._spoken.append(Spoken(cue.clip.party, cue.clip.mood, played.start_ns, played.end_ns))

    def _noted(self, connected_ns: int, hung_up_ns: int) -> Performance:
        return Performance(
            name=self._act.name,
            dialled=self._act.dialled,
            started_ns=self._started_ns,
            connected_ns=connected_ns,
            key=self._act.key,
            key_ns=self._key_ns,
            stop_keys_ns=self._stop_keys_ns,
            killed_ns=self._killed_ns,
            hung_up_ns=hung_up_ns,
            spoken=tuple(sorted(self._spoken, key=lambda spoken: spoken.start_ns)),
            audio={party: _audio(leg, connected_ns, hung_up_ns) for party, leg in self._legs.items()},
            screen=self._screen,
            scores_before_end=self._scores_before,
            rows_after_stop=self._rows_after,
        )


async def play(stage: Stage, act: Act) -> Performance:
    """One call, from dialling to some time after hanging up. Raises LabError with a sentence where it fails."""
    try:
        return await Scene(stage, act).play()
    except CallFailed as error:
        words = stage.place.last_words()
        raise LabError(f"The call {act.name} failed: {error}; the PBX's log ends: {words}") from error


def _audio(leg: Call, since_ns: int, until_ns: int) -> PhoneAudio:
    arrivals_ns = leg.stream.arrivals_ns
    return PhoneAudio(
        arrivals_ns=np.asarray(arrivals_ns[arrivals_ns >= since_ns], dtype=np.int64),
        speech_s=figures.speech_s(leg.stream.heard(since_ns), voices.RATE_HZ),
        pace_ms_max=leg.stream.pace_max_ms(since_ns, until_ns),
    )
