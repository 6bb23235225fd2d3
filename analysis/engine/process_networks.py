"""Both networks in a process of their own: asked as if they were here, started again when it was lost.

All that is remembered of a call stays in the bridge. A process that is killed costs the sound that came while it was
away, and nothing that was known before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

import numpy as np

from analysis.beside.pauses import Pauses
from analysis.engine.network_child import COMMAND, NetworkChild, weights
from analysis.engine.network_host import EngineGone
from analysis.engine.network_wire import MAX_FRAMES, MAX_ROWS, Block, Floats, Kind, Message
from analysis.speech.detector import Chances
from consent.errors import InvalidValue

Ask = Callable[[Kind, int, Callable[[Block], None], Callable[[Block, Message], None]], None]
"""How a network asks the process about `count` rows or frames: lay its arrays down, pick the answer up. Raises
EngineGone."""

ANSWER_S: Final = 5.0
"""A batch of 1000 rows takes a quarter of a second. Who is silent for so long hangs, and is ended."""
START_S: Final = 30.0
"""Loading and warming take about one second on an idle core."""
FIRST_PAUSE_S: Final = 0.2
MAX_PAUSE_S: Final = 5.0
"""The pause before a new start doubles from the first to this: a process that always crashes must not take the core."""
STEADY_S: Final = 30.0
"""Who lived for so long is started again at once: what ended it was not what it began with."""


class ProcessNetworks:
    """A `NetworkHost` with a process beside the bridge. `voice` and `tone` may be used before it is started.

    Args:
        voice, tone: the files of the networks, as they were checked.
        command: what is started; see `NetworkChild`.
        answer_s: how long an answer may take.
        now: a clock, in seconds.
    """

    def __init__(
        self,
        voice: bytes,
        tone: bytes,
        *,
        command: Sequence[str] = COMMAND,
        answer_s: float = ANSWER_S,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.voice = RemoteVoice(self._ask)
        self.tone = RemoteTone(self._ask)
        self.trouble = "it is not started"
        self.restarts = 0
        self.last_loss = ""
        self._contents = (("voice", voice), ("tone", tone))
        self._weights: list[int] = []
        self._command = tuple(command)
        self._answer_s = answer_s
        self._now = now
        self._child: NetworkChild | None = None
        self._is_ready = False
        self._started_s = 0.0
        self._pauses = Pauses(FIRST_PAUSE_S, MAX_PAUSE_S, STEADY_S)

    @property
    def pid(self) -> int | None:
        """The process's number; None while there is none."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Return when both networks are warm. Blocking. Raises EngineGone, with the process's own last words."""
        self._weights = [weights(name, content) for name, content in self._contents]
        try:
            self._child = self._launch()
            is_ready = self._child.is_ready(START_S)
        except (OSError, EngineGone) as error:
            self._lose(str(error))
            raise EngineGone(f"the engine's process does not start: {self.last_loss}") from None
        if not is_ready:
            self._lose(f"it was not ready within {START_S:g} s")
            raise EngineGone(f"the engine's process does not start: {self.last_loss}")
        self._set_ready()

    def look(self) -> None:
        """Notice that it ended, or that it is ready; start it again when its pause is over."""
        try:
            if self._child is None:
                self._start_again()
            elif not self._is_ready:
                self._wait_for_ready(self._child)
            elif not self._child.is_alive:
                self._lose("it ended while nothing was asked of it")
        except (OSError, EngineGone) as error:
            self._lose(str(error))

    def stop(self) -> None:
        """End it, and let go of the weights."""
        self.trouble, self._is_ready = "it is stopped", False
        if self._child is not None:
            self._child.end()
            self._child = None
        while self._weights:
            os.close(self._weights.pop())

    def _start_again(self) -> None:
        if self._weights and self._pauses.is_over(self._now()):
            self.restarts += 1
            self._started_s = self._now()
            self._child = self._launch()

    def _launch(self) -> NetworkChild:
        voice_fd, tone_fd = self._weights
        return NetworkChild(voice_fd, tone_fd, self._command)

    def _wait_for_ready(self, child: NetworkChild) -> None:
        if child.is_ready():
            self._set_ready()
        elif self._now() - self._started_s > START_S:
            self._lose(f"it was not ready within {START_S:g} s")

    def _set_ready(self) -> None:
        self._is_ready, self.trouble = True, ""
        self._pauses.ready(self._now())

    def _lose(self, why: str) -> None:
        self._is_ready = False
        self.trouble = "its process is lost, and started again"
        child, self._child = self._child, None
        self.last_loss = why if child is None else f"{why}; {child.end()}"
        self._pauses.lost(self._now())

    def _ask(
        self, kind: Kind, count: int, lay: Callable[[Block], None], pick: Callable[[Block, Message], None]
    ) -> None:
        child = self._child
        if child is None or not self._is_ready:
            raise EngineGone(f"{self.trouble}: {self.last_loss}")
        lay(child.block)
        try:
            answer = child.ask(kind, count, self._answer_s)
        except EngineGone as error:
            self._lose(str(error))
            raise
        pick(child.block, answer)
        child.block.wipe(kind, count)


class RemoteVoice:
    """A `VoiceNetwork` in the process."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def run(self, batch: Floats, states: Floats) -> tuple[Chances, Floats]:
        """Likelihoods and states; see `VoiceNetwork.run`. Raises EngineGone."""
        chances, after = np.empty(len(batch), np.float32), np.empty_like(states)
        for first in range(0, len(batch), MAX_ROWS):
            rows = slice(first, first + MAX_ROWS)
            self._run_some(batch[rows], states[:, rows], chances[rows], after[:, rows])
        return chances, after

    def _run_some(self, batch: Floats, states: Floats, chances: Floats, after: Floats) -> None:
        count = len(batch)

        def lay(block: Block) -> None:
            block.chunks(count)[:] = batch
            block.states_before(count)[:] = states

        def pick(block: Block, _: Message) -> None:
            chances[:] = block.chances(count)
            after[:] = block.states_after(count)

        self._ask(Kind.VOICE, count, lay, pick)


class RemoteTone:
    """A `ToneNetwork` in the process."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def run(self, picture: Floats) -> tuple[Floats, float]:
        """Logits and distance; see `ToneNetwork.run`. Raises EngineGone, and InvalidValue for a picture too long."""
        frames = picture.shape[1]
        if not 0 < frames <= MAX_FRAMES:
            raise InvalidValue(f"a picture has 1 to {MAX_FRAMES} frames, not {frames}")
        found: list[tuple[Floats, float]] = []

        def lay(block: Block) -> None:
            block.picture(frames)[:] = picture

        def pick(block: Block, answer: Message) -> None:
            found.append((block.logits(answer.length).copy(), float(block.distance()[0])))

        self._ask(Kind.TONE, frames, lay, pick)
        return found[0]
