"""A PBX in memory that keeps the port's contract, for tests of what the bridge decides. tests/live has the real one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

from ari_bridge.pbx.port import (
    Answered,
    Channel,
    PbxEvent,
    PbxFork,
    PbxRefused,
)
from consent.grant import ConsentGrant
from consent.states import Answer, Why


def channel(channel_id: str, endpoint: str | None, *, peer_half: str | None = None, name: str = "") -> Channel:
    """A channel as the PBX would tell it."""
    return Channel(channel_id, name or f"PJSIP/{endpoint}-{channel_id}", endpoint, peer_half, "1.1", "", "en")


class FakePbx:
    """Remembers what it was asked; tests put events in and set what it says."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[PbxEvent] = asyncio.Queue()
        self.variables: dict[str, str] = {}
        self.entries: list[Answered] = []
        self.forks: dict[str, PbxFork] = {}
        self.opened: list[tuple[ConsentGrant, str]] = []
        self.renewed: list[str] = []
        self.stopped: list[tuple[str, Answer]] = []
        self.forgotten: list[Answered] = []
        self.refuses: str = ""
        self.answers_after_s = 0.0
        self.said: list[tuple[str, str]] = []
        self.played: list[tuple[str, tuple[str, ...]]] = []
        self.stopped_playing: list[str] = []
        self.hung_up: list[str] = []
        self.sent: list[tuple[str, str, str]] = []
        self.answered: list[tuple[str, str]] = []

    async def events(self) -> AsyncIterator[PbxEvent]:
        """What the test put in."""
        while True:
            yield await self.queue.get()

    async def consent_of(self, call_id: str) -> str:
        """The variable."""
        await asyncio.sleep(self.answers_after_s)
        return self.variables.get(call_id, "")

    async def fork(self, grant: ConsentGrant, channel_id: str, target: str) -> PbxFork:
        """A fork, unless the test has the PBX refuse."""
        await asyncio.sleep(self.answers_after_s)
        grant.admit(None)
        if self.refuses:
            raise PbxRefused(self.refuses)
        made = PbxFork(f"fork-{len(self.opened)}", channel_id, target)
        self.forks[made.fork_id] = made
        self.opened.append((grant, channel_id))
        return made

    async def renew(self, fork: PbxFork) -> None:
        """Refuses where the fork is gone."""
        if fork.fork_id not in self.forks:
            raise PbxRefused("gone")
        self.renewed.append(fork.fork_id)

    async def end_fork(self, fork: PbxFork) -> None:
        """Gone is gone."""
        self.forks.pop(fork.fork_id, None)

    async def sweep(self, keep: frozenset[str]) -> int:
        """Whatever is not kept."""
        gone = [i for i in self.forks if i not in keep]
        for fork_id in gone:
            del self.forks[fork_id]
        return len(gone)

    async def stop_call(self, call_id: str, answer: Answer) -> None:
        """As the dialplan does it."""
        self.stopped.append((call_id, answer))
        self.variables[call_id] = answer
        self.entries.append(Answered(call_id, answer, Why.STOP_KEYS, "", "", datetime.now(UTC), None))

    async def journal(self) -> Sequence[Answered]:
        """What is kept."""
        return list(self.entries)

    async def forget(self, entry: Answered) -> None:
        """No longer kept."""
        self.forgotten.append(entry)
        self.entries = [e for e in self.entries if (e.call_id, e.answer) != (entry.call_id, entry.answer)]

    async def say(self, call_id: str, recording: str) -> None:
        """Remembered, unless the test has the PBX refuse."""
        if self.refuses:
            raise PbxRefused(self.refuses)
        self.said.append((call_id, recording))

    async def answer_code(self, channel_id: str, prompt: str) -> None:
        """Remembered."""
        self.answered.append((channel_id, prompt))

    # As a LinePbx.

    async def play(self, channel_id: str, prompts: Sequence[str]) -> str:
        """Remembered, unless the test has the PBX refuse; its id counts."""
        if self.refuses:
            raise PbxRefused(self.refuses)
        self.played.append((channel_id, tuple(prompts)))
        return f"play-{len(self.played)}"

    async def stop_playing(self, play_id: str) -> None:
        """Remembered."""
        self.stopped_playing.append(play_id)

    async def hang_up_line(self, channel_id: str) -> None:
        """Remembered."""
        self.hung_up.append(channel_id)

    async def send_line(self, channel_id: str, context: str, extension: str) -> None:
        """Remembered."""
        self.sent.append((channel_id, context, extension))
