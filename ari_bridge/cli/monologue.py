"""A monologue: one voice, asked once, through the same consent, ledger and engine as a call.

The question is asked on the terminal and answered on the keyboard; without a yes the sound is not even opened. The
ledger lies in a temporary folder that is removed at the end: nothing is kept.
"""

import asyncio
import signal
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm16
from analysis.emotion.model_choice import opened
from analysis.emotion.score import Abstained, Verdict
from analysis.engine.engine import Engine
from analysis.speech.silero import SileroDetector
from ari_bridge.cli.keyboard import END, Keyboard
from ari_bridge.run.notices import notices
from ari_bridge.run.records import open_ledger
from ari_bridge.run.settings import Settings
from ari_bridge.run.tone import choice_of, reports_of
from consent.dialogue import Dialogue
from consent.entry import Entry
from consent.errors import Withdrawn
from consent.grant import Consented, ConsentGrant
from consent.ledger import Ledger
from consent.parties import Party
from consent.states import KEYS, STOP_KEYS, STOP_KEYS_GAP_S, Answer, Event, State, Step, Why
from dialplan.recordings import text

ANSWER_TIMEOUT_S: Final = 10.0
"""Longer than on a telephone: the question is read, not heard."""

_LAST_WORDS: Final = {
    State.REFUSED: "Understood. The microphone was not opened.",
    State.WITHDRAWN: "The measuring has stopped, and what was derived is gone.",
    State.OVER: "Ended. Nothing was kept.",
}


class Sound(Protocol):
    """Where the voice comes from: an open microphone, or a recording in a test."""

    def blocks(self) -> Iterator[Pcm16]:
        """Runs of int16 samples at 16 kHz, in order and in real time; ends when nothing more can be heard."""
        ...


class Monologue:
    """One person with one keyboard, who is asked once."""

    def __init__(self, settings: Settings, keyboard: Keyboard, ledger: Ledger, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._keyboard = keyboard
        self._ledger = ledger
        self._say = say
        self._notices = {notice.language: notice for notice in notices(settings)}
        self._call_id = uuid.uuid4().hex
        self._dialogue = Dialogue(tuple(self._notices))

    async def talk(self, open_sound: Callable[[], AbstractContextManager[Sound]]) -> State:
        """Ask; on a yes open the sound and print what is heard, until somebody stops it or it ends."""
        await self._ledger.announce(self._notices.values())
        await self._record(Answer.ASKED, Why.NOTICE)
        self._keyboard.start()
        await self._ask()
        if self._dialogue.is_granted:
            grant = await self._ledger.strike(self._call_id, Party.CALLER)
            self._say(f"Listening. {STOP_KEYS} stops it, and Ctrl+C ends it. Say a few sentences.")
            await self._step(await self._listen(grant, open_sound))
        self._say(_LAST_WORDS[self._dialogue.state])
        return self._dialogue.state

    async def _ask(self) -> None:
        while self._dialogue.state not in (State.GRANTED, State.REFUSED, State.OVER):
            if self._dialogue.state in (State.ASKING, State.ASKING_AGAIN):
                await self._step(_meaning(await self._keyboard.key(ANSWER_TIMEOUT_S)))
            else:
                self._say(text(self._dialogue.language, self._dialogue.prompt or ""))
                await self._step(Event.PROMPT_ENDED)

    async def _listen(self, grant: ConsentGrant, open_sound: Callable[[], AbstractContextManager[Sound]]) -> Event:
        with opened(choice_of(self._settings), reports_of(self._settings).languages) as tone:
            engine = Engine(SileroDetector(), tone, self._tell_verdict, expected=frozenset({Party.CALLER}))
            await engine.start()
            engine.reserve(self._call_id, grant.language)  # one's own language is the one that one chose to read
            try:
                with open_sound() as sound:
                    return await self._until_ended(grant, engine, sound)
            finally:
                engine.forget(self._call_id)
                await engine.stop()

    async def _until_ended(self, grant: ConsentGrant, engine: Engine, sound: Sound) -> Event:
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Event] = loop.create_future()

        def end(event: Event) -> None:
            if not ended.done():
                ended.set_result(event)

        def pump() -> None:
            start_sample = 0
            for block in sound.blocks():
                if ended.done():
                    return
                frame = AudioFrame(start_sample, ENGINE_RATE_HZ, block)
                loop.call_soon_threadsafe(_hear, engine, grant, frame)
                start_sample += len(block)
            loop.call_soon_threadsafe(end, Event.HANGUP)

        reader = threading.Thread(target=pump, daemon=True)
        keys = asyncio.create_task(self._until_stopped())
        keys.add_done_callback(lambda task: end(Event.CALLER_STOPS) if not task.cancelled() else None)
        loop.add_signal_handler(signal.SIGINT, end, Event.HANGUP)
        reader.start()
        try:
            return await ended
        finally:
            keys.cancel()
            loop.remove_signal_handler(signal.SIGINT)
            await asyncio.to_thread(reader.join, 1.0)

    async def _until_stopped(self) -> None:
        """Return when the two stop keys were pressed one after the other. The end of the input stops nothing."""
        first, second = STOP_KEYS
        key = await self._keyboard.key()
        while key != END:
            if key != first:
                key = await self._keyboard.key()
                continue
            key = await self._keyboard.key(STOP_KEYS_GAP_S)
            if key == second:
                return
        await asyncio.Event().wait()

    async def _step(self, event: Event) -> None:
        step: Step = self._dialogue.feed(event)
        if step.answer is not None and step.why is not None:
            await self._record(step.answer, step.why)

    async def _record(self, answer: Answer, why: Why) -> None:
        party, notice = Party.CALLER, self._notices[self._dialogue.language]
        await self._ledger.record(
            Entry(datetime.now(UTC), answer, why, self._call_id, party, notice.notice_id, notice.language, "keys")
        )

    def _tell_verdict(self, consented: Consented[Verdict]) -> None:
        try:
            self._say(in_words(consented.open()))
        except Withdrawn:
            return


def in_words(verdict: Verdict) -> str:
    """One line: the stretch of time, and what was heard in it with its uncertainty, or why nothing was judged."""
    stretch = f"{verdict.start_s:6.1f} to {verdict.end_s:5.1f} s  "
    if isinstance(verdict, Abstained):
        return f"{stretch}not measured: {verdict.reason.replace('_', ' ')}"
    activation, anger = verdict.activation, verdict.anger
    return (
        f"{stretch}activation {activation.value:.2f} ± {activation.sigma:.2f}, "
        f"likelihood of anger {anger.value:.2f} ± {anger.sigma:.2f}"
    )


def _meaning(key: str | None) -> Event:
    if key is None:
        return Event.SILENCE
    return Event.HANGUP if key == END else KEYS.get(key, Event.OTHER_KEY)


def _hear(engine: Engine, grant: ConsentGrant, frame: AudioFrame) -> None:
    try:
        engine.hear(grant.admit(frame))
    except Withdrawn:
        return


async def hold(
    settings: Settings, keyboard: Keyboard, open_sound: Callable[[], AbstractContextManager[Sound]]
) -> State:
    """The whole command on a ledger of its own, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="ouidire-listen-") as folder:
        async with open_ledger(Path(folder) / "listen.sqlite", Path(folder) / "keys") as ledger:
            return await Monologue(settings, keyboard, ledger, _print).talk(open_sound)


def _print(line: str) -> None:
    print(line, flush=True)
