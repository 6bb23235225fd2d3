"""A monologue: the same consent as on a telephone, the same engine, and nothing that stays."""

import os
import time
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from analysis.audio import Pcm16
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore
from ari_bridge.cli.keyboard import Keyboard
from ari_bridge.cli.monologue import Monologue, hold, in_words
from ari_bridge.run.settings import Settings
from consent.database import Database
from consent.ledger import Ledger
from consent.states import State

SPEECH = Path(__file__).parents[2] / "demo" / "speech" / "caller_calm_en.wav"


class Recording:
    """A person of the demo, at the pace of a microphone."""

    def __init__(self, seconds: float = 6.0) -> None:
        with wave.open(str(SPEECH)) as file:
            samples = np.frombuffer(file.readframes(int(seconds * 8000)), np.int16)
        self.pcm: Pcm16 = np.repeat(samples, 2)
        self.opened = 0

    def __enter__(self) -> "Recording":
        self.opened += 1
        return self

    def __exit__(self, *exception: object) -> None:
        """Nothing to let go of."""

    def blocks(self) -> Iterator[Pcm16]:
        """Runs of 20 ms, each at its time."""
        due_s = time.monotonic()
        for start in range(0, len(self.pcm), 320):
            due_s += 0.02
            time.sleep(max(0.0, due_s - time.monotonic()))
            yield self.pcm[start : start + 320]


def keys(typed: bytes) -> Keyboard:
    """A keyboard on which these keys are pressed, and then the input ends."""
    reader, writer = os.pipe()
    os.write(writer, typed)
    os.close(writer)
    return Keyboard(reader)


async def test_a_yes_is_heard_by_the_real_engine(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: after a yes the sound goes through detector and tone model, and each verdict is printed in words."""
    assert await hold(Settings(), keys(b"1"), Recording) is State.OVER
    shown = capsys.readouterr().out
    assert "Press 1 for yes" in shown
    assert "likelihood of anger" in shown or "not measured" in shown
    assert shown.rstrip().endswith("Nothing was kept.")


@pytest.mark.parametrize("typed", [b"2", b"xx", b"x2", b"*9", b""])
async def test_without_a_yes_the_microphone_is_not_opened(typed: bytes) -> None:
    """Law: a no, wrong keys, and an end of the input are refusals, and nothing is opened or heard."""
    sound = Recording()
    assert await hold(Settings(), keys(typed), lambda: sound) in (State.REFUSED, State.OVER)
    assert sound.opened == 0


async def test_star_nine_withdraws(ledger: Ledger, database: Database) -> None:
    """Law: *9 ends the listening at once, and the ledger says withdrawn."""
    said: list[str] = []
    sound = Recording(seconds=8.0)
    began_s = time.monotonic()
    state = await Monologue(Settings(), keys(b"1x*x*9"), ledger, said.append).talk(lambda: sound)
    assert state is State.WITHDRAWN
    assert time.monotonic() - began_s < 8
    answers = await database.read(lambda c: [row[0] for row in c.execute("SELECT answer FROM answers ORDER BY seq")])
    assert answers == ["asked", "granted", "withdrawn"]


def test_words_for_a_score_carry_its_doubt() -> None:
    """Law: no value without its uncertainty, and no abstention without its reason."""
    score = ToneScore(0.0, 4.0, Estimate(0.25, 0.1), Estimate(0.5, 0.3), "m")
    assert in_words(score).split("  ")[-1] == "activation 0.25 ± 0.10, likelihood of anger 0.50 ± 0.30"
    assert in_words(Abstained(0.0, 4.0, Reason.TOO_LITTLE_SPEECH)).endswith("not measured: too little speech")
