"""Laws of the benchmark of cues: what it lays is there, what it compares is what was said, and a false cue is one."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from analysis.conversation import ConversationFacts
from analysis.speech.detector import CHUNK_S
from ari_bridge.calls.cue_file import Kind, shipped
from ari_bridge.calls.cues import Cue
from benchmarks import cues, report
from benchmarks.cues import LOOK_S, EventfulTalk, Worth, eventful, limits, looked_at, main, told, too_much_s, worth
from benchmarks.facts import Mask, Talk, voices
from consent.parties import Party

RECORDINGS = {party: voices(party) for party in Party}
GOOD = Worth(1.0, 1.0, 1.0, 0.5, 0.0)


def course(truth: dict[Party, Mask]) -> list[ConversationFacts]:
    """The facts of the truth itself, after each chunk."""
    found = []
    for stop in range(1, len(truth[Party.CALLER]) + 1):
        part = Talk({}, {party: marks[:stop] for party, marks in truth.items()})
        if stop % round(LOOK_S / CHUNK_S) == 0:
            found.append(part.facts())
    return found


@pytest.fixture(scope="module")
def laid() -> EventfulTalk:
    return eventful(1, RECORDINGS, 150.0)


def test_what_is_laid_is_there(laid: EventfulTalk) -> None:
    """Law: in a silence nobody talks, in a stretch of both they mostly do, and the same seed gives the same talk."""
    assert [one.kind for one in laid.laid[:2]] == [Kind.LONG_SILENCE, Kind.BOTH_AT_ONCE]
    caller, agent = (laid.talk.truth[party] for party in (Party.CALLER, Party.AGENT))
    for one in laid.laid:
        part = slice(round(one.start_s / CHUNK_S), round(one.end_s / CHUNK_S))
        if one.kind is Kind.LONG_SILENCE:
            assert not (caller | agent)[part].any()
        else:
            assert (caller & agent)[part].mean() > 0.6
    assert eventful(1, RECORDINGS, 150.0).laid == laid.laid


def test_the_truth_itself_has_no_false_cue(laid: EventfulTalk) -> None:
    """Law: facts that are the truth find all that was laid, with no error worth a name."""
    found = worth([laid], [course(laid.talk.truth)])
    assert (found.silences_said, found.both_said, found.false_an_hour) == (1.0, 1.0, 0.0)
    assert found.both_error_s == pytest.approx(0.0, abs=CHUNK_S)
    assert found.silence_error_s == pytest.approx(0.0, abs=CHUNK_S)


def test_a_cue_of_what_is_not_there_is_false(laid: EventfulTalk) -> None:
    """Law: seconds that were said and are not there are told, and beyond the cue's own error they make it false."""
    truth = {party: np.ones(1000, np.bool_) if party is Party.CALLER else np.zeros(1000, np.bool_) for party in Party}
    assert too_much_s(Cue(Kind.BOTH_AT_ONCE, 5.0, 10.0, 1.0, 20.0), truth) == 5.0
    assert too_much_s(Cue(Kind.LONG_SILENCE, 11.0, 11.0, 1.0, 20.0), truth) == 11.0
    silent = {party: np.zeros(1000, np.bool_) for party in Party}
    assert too_much_s(Cue(Kind.LONG_SILENCE, 11.0, 11.0, 1.0, 20.0), silent) == 0.0
    nobody = {party: np.zeros_like(marks) for party, marks in laid.talk.truth.items()}
    assert worth([replace(laid, talk=Talk(laid.talk.sides, nobody))], [course(laid.talk.truth)]).false_an_hour > 0


def test_facts_are_looked_at_as_in_a_call() -> None:
    """Law: every two seconds of what was heard, however often they change."""
    facts = [ConversationFacts(0.14 * number, 0.0, 0.0, 0.0, 0.0) for number in range(100)]
    assert all(later.heard_s - one.heard_s >= LOOK_S for one, later in pairwise(looked_at(facts)))
    assert told(looked_at(facts)) == []


def test_the_limits_are_those_of_the_file() -> None:
    """Law: what the file of cues says of its errors is what is measured against."""
    assert all(limit.is_met for limit in limits({"phone": GOOD}))
    for bad in (
        replace(GOOD, both_error_s=shipped().both_at_once.error_s + 0.1),
        replace(GOOD, silence_error_s=shipped().long_silence.error_s + 0.1),
        replace(GOOD, false_an_hour=10.0),
        replace(GOOD, silences_said=0.5),
        replace(GOOD, both_said=float("nan")),
    ):
        assert not all(limit.is_met for limit in limits({"phone": bad}))


def test_it_runs_and_writes_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: one short run through the real detector tells one row a line, and the exit code says what was missed."""
    monkeypatch.setattr(report, "OUT", tmp_path)
    monkeypatch.setattr(cues, "HEARD", ("phone",))
    monkeypatch.setattr(cues, "LENGTH_S", 90.0)
    code = main(["--short"])
    told_lines = capsys.readouterr().out
    figures = json.loads((tmp_path / "cues.json").read_text())["figures"]
    assert figures["phone_silences_said"] == 1.0
    assert code == ("MISSED" in told_lines)
