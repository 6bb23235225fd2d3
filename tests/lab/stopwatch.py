"""`ouidire` as it is, with a note in a file of each moment at which a verdict came and a card was offered to a phone.

    python -m tests.lab.stopwatch NOTES serve --settings FILE

The notes tell cards apart by a digest and hold nothing of them. What is measured is the program that ships: the two
methods are called as ever, with one line written before each.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Offered:
    """A card offered to a phone (ns since 1970). `verdict_ns` is the moment of the verdict that it came of, or 0.

    `face` is a digest of what the card says, but for the facts of the talk, which are new with nearly every card.
    """

    at_ns: int
    endpoint: str
    face: str
    verdict_ns: int


def read(notes: Path) -> list[Offered]:
    """What was noted so far, in order."""
    if not notes.exists():
        return []
    whole = notes.read_text(encoding="utf-8").rpartition("\n")[0]  # the last line may still be on its way
    return [Offered(**json.loads(line)) for line in whole.splitlines()]


class Stopwatch:
    """Notes what is offered while, or while no, verdict is being told; all in the one thread of the loop."""

    def __init__(self, write: Callable[[str], object]) -> None:
        self._write = write
        self._verdict_ns = 0

    def telling(self, told: Callable[..., None]) -> Callable[..., None]:
        """What tells a verdict, with the moment kept."""

        def timed(*arguments: Any) -> None:
            self._verdict_ns = time.time_ns()
            try:
                told(*arguments)
            finally:
                self._verdict_ns = 0

        return timed

    def offering(self, show: Callable[..., None]) -> Callable[..., None]:
        """What offers a card to a phone, with a note of it."""

        def timed(pusher: Any, phone: Any, url: str, card: Any) -> None:
            told = (url, card.state, card.lines[: 1 + bool(card.cue)], card.takes_back)
            face = hashlib.sha256(repr(told).encode()).hexdigest()[:12]
            note = {"at_ns": time.time_ns(), "endpoint": phone.endpoint, "face": face, "verdict_ns": self._verdict_ns}
            self._write(json.dumps(note) + "\n")
            show(pusher, phone, url, card)

        return timed


def main(argv: Sequence[str]) -> int:
    """Run `ouidire` with these notes; its exit code."""
    from ari_bridge.calls.switchboard import Switchboard
    from ari_bridge.cli import main as ouidire
    from ari_bridge.screens.push import Pusher

    with Path(argv[0]).open("a", encoding="utf-8", buffering=1) as notes:
        watch = Stopwatch(notes.write)
        Switchboard.verdict = watch.telling(Switchboard.verdict)  # type: ignore[method-assign]
        Pusher.show = watch.offering(Pusher.show)  # type: ignore[method-assign]
        return ouidire(list(argv[1:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
