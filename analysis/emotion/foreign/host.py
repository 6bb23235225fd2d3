"""A foreign model as something to be asked: its process is started, lost, and started again after a pause."""

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Pcm32
from analysis.beside.pauses import Pauses
from analysis.emotion.foreign.child import COMMAND, ForeignChild, ForeignGone
from analysis.emotion.foreign.order import Order
from analysis.emotion.model_files import ModelRefused

START_S: Final = 120.0
"""Importing torch and SpeechBrain, copying and checking up to a gigabyte, building and warming."""
ANSWER_S: Final = 1.8
"""The engine's thread waits for an answer, and its queues hold 2 s of sound: who takes longer costs the facts too."""
FIRST_PAUSE_S: Final = 1.0
MAX_PAUSE_S: Final = 60.0
"""The pause before a new start doubles from the first to this: a model that always hangs costs 1.8 s in a minute."""
STEADY_S: Final = 300.0


class ForeignHost:
    """One foreign model's process. Not for two threads at once.

    Args:
        order: what to load.
        command: what is started; see `ForeignChild`.
        answer_s: how long an answer may take.
        now: a clock, in seconds.
    """

    def __init__(
        self,
        order: Order,
        *,
        command: Sequence[str] = COMMAND,
        answer_s: float = ANSWER_S,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.labels: tuple[str, ...] = ()
        self.trouble = "the tone model's process is not started"
        self.restarts = 0
        self._order = order.as_bytes()
        self._command = tuple(command)
        self._answer_s = answer_s
        self._now = now
        self._child: ForeignChild | None = None
        self._is_ready = self._is_stopped = False
        self._started_s = 0.0
        self._pauses = Pauses(FIRST_PAUSE_S, MAX_PAUSE_S, STEADY_S)

    @property
    def pid(self) -> int | None:
        """The process's number; None while there is none."""
        return self._child.pid if self._child is not None else None

    def start(self) -> None:
        """Return when the model is warm. Blocking. Raises ModelRefused with the reason why it is not."""
        if self._is_ready:
            return
        try:
            self._child = self._child or ForeignChild(self._order, self._command)
            self.labels = self._child.labels(START_S)
        except (OSError, ForeignGone) as error:
            raise ModelRefused(f"the tone model's process does not start: {self._lose(str(error))}") from None
        except ModelRefused as error:
            self._lose(str(error))
            raise
        if not self.labels:
            raise ModelRefused(f"the tone model's process {self._lose(f'is not ready within {START_S:g} s')}")
        self._set_ready()

    def ask(self, samples: Pcm32) -> NDArray[np.float32]:
        """The shares of the labels in one window of at most 8 s at 16 kHz. Raises ForeignGone."""
        self.look()
        if self._child is None or not self._is_ready:
            raise ForeignGone(self.trouble)
        try:
            return self._child.ask(samples, self._answer_s)
        except ForeignGone as error:
            self._lose(str(error))
            raise

    def stop(self) -> None:
        """End it for good."""
        self._is_stopped, self._is_ready = True, False
        self.trouble = "the tone model's process is stopped"
        if self._child is not None:
            self._child.end()
            self._child = None

    def look(self) -> None:
        """Notice that it ended, or that it is ready; start it again when its pause is over. Never waits for it."""
        if self._is_stopped or not self.labels:
            return
        try:
            if self._child is None:
                self._start_again()
            elif not self._is_ready:
                self._see_whether_ready(self._child)
            elif not self._child.is_alive:
                raise ForeignGone("it ended while nothing was asked of it")
        except (OSError, ForeignGone, ModelRefused) as error:
            self._lose(str(error))

    def _start_again(self) -> None:
        if self._pauses.is_over(self._now()):
            self.restarts += 1
            self._started_s = self._now()
            self._child = ForeignChild(self._order, self._command)

    def _see_whether_ready(self, child: ForeignChild) -> None:
        labels = child.labels()
        if labels and labels != self.labels:
            raise ForeignGone("it has other labels than before")
        if labels:
            self._set_ready()
        elif self._now() - self._started_s > START_S:
            raise ForeignGone(f"it is not ready within {START_S:g} s")

    def _set_ready(self) -> None:
        self._is_ready, self.trouble = True, ""
        self._pauses.ready(self._now())

    def _lose(self, why: str) -> str:
        """Note the loss; how it came about, as part of a sentence."""
        child, self._child = self._child, None
        self._is_ready = False
        how = why if child is None else f"{why}; {child.end()}"
        self.trouble = f"the tone model's process is lost ({how}), and started again"
        self._pauses.lost(self._now())
        return how
