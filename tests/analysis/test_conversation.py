"""Facts of both parties."""

import itertools
import pickle
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.conversation import MAX_LATENCY_S, ConversationFacts, ConversationTracker, PartyFacts
from analysis.delivery import Delivery
from analysis.speech.detector import CHUNK_S
from analysis.speech.hysteresis import Decision
from analysis.turns import LEAST_OVERLAP_CHUNKS, LONGEST_HOLE_CHUNKS
from consent.errors import InvalidValue
from consent.parties import Party
from tests.analysis.test_delivery import speech
from tests.conftest import Callers

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
    known: list[tuple[str, str]] = []  # what was not heard for at most 128 ms is passed over
    for unheard, run in itertools.groupby(marks, lambda pair: "unheard" in pair):
        stretch = list(run)
        known += stretch if not unheard or len(stretch) > LONGEST_HOLE_CHUNKS else []
    pauses = [len(list(run)) for pair, run in itertools.groupby(known) if pair == ("silent", "silent")]
    assert facts.heard_s == pytest.approx(len(both) * CHUNK_S)
    assert facts.caller_talk_s == pytest.approx(sum(c == "speaks" for c, _ in both) * CHUNK_S)
    assert facts.agent_talk_s == pytest.approx(sum(a == "speaks" for _, a in both) * CHUNK_S)
    assert facts.overlap_s == pytest.approx(sum(c == a == "speaks" for c, a in both) * CHUNK_S)
    assert facts.longest_pause_s == pytest.approx(max(pauses, default=0) * CHUNK_S)


def stretches(most: int) -> st.SearchStrategy[list[str]]:
    """Marks of one party as they come: runs of one kind."""
    run = st.tuples(MARK, st.integers(1, most))
    return st.lists(run, max_size=30).map(lambda runs: [mark for mark, chunks in runs for _ in range(chunks)])


@given(caller=stretches(40), agent=stretches(40), lag=st.integers(0, 20))
@settings(deadline=None, max_examples=300)
def test_any_decisions_give_facts_within_their_bounds(caller: list[str], agent: list[str], lag: int) -> None:
    """Whatever was decided, whoever comes first: each party's facts are born, so they lie within what was heard."""
    facts = follow(caller, agent, lag)
    for party in Party:
        own = facts.of(party)
        assert own.response_latency_s is None or 0 <= own.response_latency_s <= MAX_LATENCY_S
    least_s = LEAST_OVERLAP_CHUNKS * CHUNK_S
    assert (facts.caller_overlaps + facts.agent_overlaps) * least_s <= facts.overlap_s + 1e-6
    assert facts.caller_talk_s + facts.agent_talk_s - facts.overlap_s <= facts.heard_s + 1e-6
    assert facts.of(Party.AGENT).delivery is None


@given(caller=stretches(40), agent=stretches(40))
@settings(deadline=None, max_examples=200)
def test_the_parties_are_counted_alike(caller: list[str], agent: list[str]) -> None:
    """Swap the two, and their facts are swapped: nothing but the caller's own voice is asked of one alone."""
    longest = max(len(caller), len(agent))
    caller, agent = (marks + ["silent"] * (longest - len(marks)) for marks in (caller, agent))
    facts, swapped = follow(caller, agent), follow(agent, caller)
    assert swapped.of(Party.AGENT) == replace(facts.of(Party.CALLER), delivery=None)
    assert replace(swapped.of(Party.CALLER), delivery=None) == facts.of(Party.AGENT)


@given(caller=stretches(40), agent=stretches(40), cuts=st.lists(st.integers(0, 1_200), max_size=5))
@settings(deadline=None, max_examples=100)
def test_asking_changes_nothing(caller: list[str], agent: list[str], cuts: list[int]) -> None:
    """Facts asked for at any moment of the call leave the facts of its end as they are."""
    longest = max(len(caller), len(agent))
    caller, agent = (marks + ["silent"] * (longest - len(marks)) for marks in (caller, agent))
    tracker = ConversationTracker()
    for chunk, marks in enumerate(zip(caller, agent, strict=True)):
        for party, mark in zip((Party.CALLER, Party.AGENT), marks, strict=True):
            if mark != "unheard":
                tracker.put(party, Decision(chunk, mark == "speaks"))
        if chunk in cuts:
            tracker.facts()
    assert tracker.facts() == follow(caller, agent)


def talk_of(*stretches_: tuple[str, int]) -> ConversationFacts:
    """A made-up talk: who speaks ("c", "a", "b" for both, "-") and for how many chunks."""
    floor = "".join(letter * chunks for letter, chunks in stretches_)
    mark = {True: "speaks", False: "silent"}
    return follow([mark[letter in "cb"] for letter in floor], [mark[letter in "ab"] for letter in floor])


def test_a_talk_of_known_truth() -> None:
    """A question, an answer after 320 ms, the caller breaks in for a second, a pause, and the agent's next word."""
    facts = talk_of(("c", 100), ("-", 10), ("a", 50), ("b", 31), ("c", 60), ("-", 20), ("c", 30), ("-", 30), ("a", 9))
    assert facts.heard_s == pytest.approx(340 * CHUNK_S)
    assert facts.caller_talk_s == pytest.approx((100 + 31 + 60 + 30) * CHUNK_S)
    assert facts.agent_talk_s == pytest.approx((50 + 31 + 9) * CHUNK_S)
    assert (facts.caller_overlaps, facts.agent_overlaps) == (1, 0)
    assert (facts.caller_answers, facts.caller_latency_s) == (0, None)
    assert facts.agent_answers == 2
    assert facts.agent_latency_s == pytest.approx(20 * CHUNK_S)
    assert facts.longest_pause_s == pytest.approx(30 * CHUNK_S)


def test_an_overlap_that_goes_on_counts_at_once() -> None:
    """The screen need not wait for the end of an overlap, nor of a pause, to show it."""
    facts = talk_of(("a", 20), ("b", LEAST_OVERLAP_CHUNKS))
    assert (facts.caller_overlaps, facts.agent_overlaps) == (1, 0)
    assert talk_of(("a", 20), ("-", 80)).longest_pause_s == pytest.approx(80 * CHUNK_S)


def test_a_gap_in_which_sound_was_lost_is_no_answer() -> None:
    """The agent's leg is lost while the agent may have answered: nobody is said to have taken long."""
    caller = ["speaks"] * 40 + ["silent"] * 60
    agent = ["silent"] * 42 + ["unheard"] * 20 + ["silent"] * 5 + ["speaks"] * 33
    assert follow(caller, agent).agent_answers == 0


@pytest.mark.parametrize(("hole", "answers"), [(LONGEST_HOLE_CHUNKS, 1), (LONGEST_HOLE_CHUNKS + 1, 0)])
def test_a_lost_packet_or_two_break_no_answer(hole: int, answers: int) -> None:
    """128 ms that were not heard are passed over: no part of the answer's time, and no end of it."""
    caller = ["speaks"] * 40 + ["silent"] * (20 + hole)
    agent = ["silent"] * 45 + ["unheard"] * hole + ["silent"] * 5 + ["speaks"] * 10
    facts = follow(caller, agent)
    assert facts.agent_answers == answers
    assert facts.agent_latency_s == (pytest.approx(10 * CHUNK_S) if answers else None)
    assert facts.heard_s == pytest.approx(60 * CHUNK_S)


async def test_the_callers_delivery_dies_with_the_tracker(callers: Callers) -> None:
    """A segment moves the caller's facts alone; a new tracker, of the next call, knows nothing of it."""
    grants = await callers.says_yes()
    tracker = ConversationTracker()
    for _ in range(3):
        tracker.measure(speech(grants))
    delivery = tracker.facts().of(Party.CALLER).delivery
    assert delivery is not None
    assert delivery.articulation_rate == pytest.approx(4.0, abs=0.3)
    assert tracker.facts().of(Party.AGENT).delivery is None
    assert ConversationTracker().facts().delivery == Delivery()


def test_the_room_of_a_long_call_does_not_grow() -> None:
    """An hour of turns and overlaps takes the room of a minute's."""
    tracker, sizes = ConversationTracker(), []
    for chunk in range(112_500):
        tracker.put(Party.CALLER, Decision(chunk, chunk % 90 < 50))
        tracker.put(Party.AGENT, Decision(chunk, chunk % 70 < 30))
        if chunk in (2_000, 112_499):
            sizes.append(len(pickle.dumps(tracker)))
    assert sizes[1] <= sizes[0] * 1.2


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


@pytest.mark.parametrize(
    ("overlaps_begun", "answers", "latency_s"),
    [(-1, 0, None), (3, 0, None), (0, -1, None), (0, 1, None), (0, 0, 0.5), (0, 2, 3.1), (0, 2, -0.1)],
)
def test_impossible_counts_are_not_born(overlaps_begun: int, answers: int, latency_s: float | None) -> None:
    """Overlaps that do not fit into the time of overlap, and latencies without answers, are mistakes of ours."""
    with pytest.raises(InvalidValue):
        PartyFacts(60.0, 20.0, 0.5, 1.0, 2.0, overlaps_begun, answers, latency_s)
