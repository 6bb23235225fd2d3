"""Facts of both parties."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.conversation import ConversationFacts, ConversationTracker, PartyFacts
from analysis.speech.detector import CHUNK_S
from analysis.speech.hysteresis import Decision
from consent.errors import InvalidValue
from consent.parties import Party

MARK = st.sampled_from(["unheard", "silent", "speaks"])


def follow(caller: list[str], agent: list[str], lag: int = 0) -> ConversationFacts:
    """Feed both parties' marks, the agent's `lag` chunks later."""
    tracker = ConversationTracker()
    for chunk in range(len(caller) + lag):
        if chunk < len(caller) and caller[chunk] != "unheard":
            tracker.put(Party.CALLER, Decision(chunk, caller[chunk] == "speaks"))
        late = chunk - lag
        if 0 <= late < len(agent) and agent[late] != "unheard":
            tracker.put(Party.AGENT, Decision(late, agent[late] == "speaks"))
    return tracker.facts()


@given(marks=st.lists(st.tuples(MARK, MARK), max_size=80), lag=st.integers(0, 20))
@settings(deadline=None)
def test_facts_are_what_counting_by_hand_gives(marks: list[tuple[str, str]], lag: int) -> None:
    """Each fact is its definition, counted over the chunks in which both were heard, whoever's sound comes first."""
    # both legs heard at the end, so that every chunk before it is decided
    marks = [*marks, ("speaks", "speaks")]
    facts = follow([c for c, _ in marks], [a for _, a in marks], lag)
    both = [(c, a) for c, a in marks if "unheard" not in (c, a)]
    pauses = [len(list(run)) for pair, run in itertools.groupby(marks) if pair == ("silent", "silent")]
    assert facts.heard_s == pytest.approx(len(both) * CHUNK_S)
    assert facts.caller_talk_s == pytest.approx(sum(c == "speaks" for c, _ in both) * CHUNK_S)
    assert facts.agent_talk_s == pytest.approx(sum(a == "speaks" for _, a in both) * CHUNK_S)
    assert facts.overlap_s == pytest.approx(sum(c == a == "speaks" for c, a in both) * CHUNK_S)
    assert facts.longest_pause_s == pytest.approx(max(pauses, default=0) * CHUNK_S)


def test_a_lost_leg_is_no_silent_person() -> None:
    """While one leg is not heard nothing counts: neither talk nor pause."""
    assert follow(["speaks"] * 50, ["unheard"] * 50).heard_s == 0
    lost = follow(["silent"] * 50, ["silent"] * 10 + ["unheard"] * 30 + ["silent"] * 10)
    assert lost.longest_pause_s == pytest.approx(10 * CHUNK_S)


def test_a_leg_that_comes_back_after_long_counts_again() -> None:
    """A leg away for longer than what is kept: that stretch is not counted, what follows is, and no pause spans it."""
    tracker = ConversationTracker()
    for chunk in range(3_000):
        tracker.put(Party.CALLER, Decision(chunk, speaks=False))
        if chunk < 100 or chunk >= 2_900:
            tracker.put(Party.AGENT, Decision(chunk, speaks=False))
    facts = tracker.facts()
    assert facts.heard_s == pytest.approx(200 * CHUNK_S)
    assert facts.longest_pause_s == pytest.approx(100 * CHUNK_S)


def test_shares_are_of_all_talk_and_none_before_any() -> None:
    """Nobody has talked yet is not the same as half and half."""
    facts = follow(["speaks"] * 30 + ["silent"] * 10, ["silent"] * 30 + ["speaks"] * 10)
    assert facts.caller_talk_share == pytest.approx(0.75)
    assert facts.agent_talk_share == pytest.approx(0.25)
    assert follow(["silent"], ["silent"]).agent_talk_share is None


def test_each_party_keeps_its_own_facts() -> None:
    """What is stored under a party's grant holds that party's talk, and of the other nothing but the overlap."""
    facts = ConversationFacts(10.0, 6.0, 2.0, 1.0, 1.5)
    assert facts.of(Party.CALLER) == PartyFacts(10.0, 6.0, 0.75, 1.0, 1.5)
    assert facts.of(Party.AGENT) == PartyFacts(10.0, 2.0, 0.25, 1.0, 1.5)


@pytest.mark.parametrize(
    "broken",
    [(1.0, 2.0, 0.5, 0.0, 0.0), (1.0, 0.5, 1.5, 0.0, 0.0), (1.0, 0.5, 0.5, 0.6, 0.0), (1.0, 0.5, 0.5, 0.0, 2.0)],
)
def test_impossible_facts_are_not_born(broken: tuple[float, float, float, float, float]) -> None:
    """More talk than was heard, or a share over 1, is a mistake of ours that must not reach the file."""
    with pytest.raises(InvalidValue):
        PartyFacts(*broken)
