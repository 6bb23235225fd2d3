"""Who talks when: overlaps, answers, pauses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.speech.marks import Mark
from analysis.turns import (
    FLOORS,
    LEAST_OVERLAP_CHUNKS,
    LONGEST_GAP_CHUNKS,
    NO_OVERLAP_CHUNKS,
    SHORTEST_BREAK_CHUNKS,
    Answers,
    Floor,
    Turns,
)

LETTERS = {"?": Floor.UNKNOWN, "-": Floor.NOBODY, "c": Floor.CALLER, "a": Floor.AGENT, "b": Floor.BOTH}


def follow(*stretches: tuple[str, int]) -> Turns:
    """Feed stretches of (letter, chunks), and end them all."""
    turns = Turns()
    for letter, chunks in stretches:
        turns.enter(LETTERS[letter])
        turns.leave(LETTERS[letter], chunks)
    return turns


def test_every_pair_of_marks_has_its_floor() -> None:
    """A leg that was not heard leaves the floor unknown, whatever the other does."""
    for caller in Mark:
        for agent in Mark:
            floor = FLOORS[caller * 3 + agent]
            assert (floor is Floor.UNKNOWN) == (Mark.UNHEARD in (caller, agent))
            assert (floor in (Floor.CALLER, Floor.BOTH)) == (caller is Mark.SPEAKS and agent is not Mark.UNHEARD)
            assert (floor in (Floor.AGENT, Floor.BOTH)) == (agent is Mark.SPEAKS and caller is not Mark.UNHEARD)


def test_an_answer_is_a_gap_between_two_speakers() -> None:
    """The caller stops, 320 ms of silence, the agent speaks: the agent answered after ten chunks."""
    turns = follow(("c", 50), ("-", 10), ("a", 50), ("-", 4), ("c", 20))
    assert turns.answers[Floor.AGENT].median_chunks() == 10
    assert turns.answers[Floor.CALLER].median_chunks() == 4


def test_an_answer_without_a_silence_took_no_time() -> None:
    """Turns that follow each other without gap and overlap are the commonest of all, and count."""
    assert follow(("c", 50), ("a", 50)).answers[Floor.AGENT].median_chunks() == 0


def test_an_overlap_that_nobody_hears_is_an_answer() -> None:
    """128 ms of both at a change of speakers: an answer that took no time. Where the first goes on, it is none."""
    assert follow(("c", 50), ("b", NO_OVERLAP_CHUNKS), ("a", 50)).answers[Floor.AGENT].median_chunks() == 0
    assert follow(("c", 50), ("b", NO_OVERLAP_CHUNKS), ("c", 50)).answers[Floor.AGENT].count == 0


@pytest.mark.parametrize(
    "stretches",
    [
        (("c", 50), ("-", 10), ("c", 50)),
        (("c", 50), ("b", NO_OVERLAP_CHUNKS + 1), ("a", 50)),
        (("c", 50), ("-", LONGEST_GAP_CHUNKS + 1), ("a", 50)),
        (("c", 50), ("-", 5), ("?", 1), ("-", 5), ("a", 50)),
        (("c", 50), ("?", 5), ("a", 50)),
        (("c", 50), ("-", 10), ("b", 5)),
        (("-", 10), ("a", 50)),
        (("b", 30), ("-", 10), ("a", 50)),
    ],
    ids=["pause", "overlap", "too late", "lost in between", "lost", "both begin", "first word", "nobody's turn"],
)
def test_what_is_no_answer(stretches: tuple[tuple[str, int], ...]) -> None:
    """One's own pause, an overlap, a new beginning, or what was not heard to its end counts as nobody's answer."""
    turns = follow(*stretches)
    assert turns.answers[Floor.CALLER].count + turns.answers[Floor.AGENT].count == 0


def test_the_longest_gap_still_is_an_answer() -> None:
    """Three seconds are the limit, and belong to it."""
    assert follow(("a", 9), ("-", LONGEST_GAP_CHUNKS), ("c", 9)).answers[Floor.CALLER].count == 1


@pytest.mark.parametrize(("before", "begun_by"), [("c", Floor.AGENT), ("a", Floor.CALLER), ("-", None), ("?", None)])
def test_who_starts_while_the_other_talks_began_it(before: str, begun_by: Floor | None) -> None:
    """Both in one chunk, or after something that was not heard: nobody began it."""
    turns = follow((before, 30), ("b", LEAST_OVERLAP_CHUNKS), ("c", 30))
    assert turns.begun == {
        floor: int(floor is (begun_by or Floor.UNKNOWN)) for floor in (Floor.CALLER, Floor.AGENT, Floor.UNKNOWN)
    }


def test_a_mhm_is_no_overlap_that_counts() -> None:
    """Talk at once for less than half a second is counted in seconds, and is nobody's doing."""
    turns = follow(("c", 30), ("b", LEAST_OVERLAP_CHUNKS - 1), ("c", 30))
    assert sum(turns.begun.values()) == 0
    assert turns.chunks[Floor.BOTH] == LEAST_OVERLAP_CHUNKS - 1


@pytest.mark.parametrize(("stop", "counted"), [(SHORTEST_BREAK_CHUNKS - 1, 1), (SHORTEST_BREAK_CHUNKS, 0)])
def test_an_overlap_goes_on_over_a_breath(stop: int, counted: int) -> None:
    """Two halves with less than 224 ms between them are one overlap, of whoever began it; with more they are two."""
    half = LEAST_OVERLAP_CHUNKS // 2
    assert follow(("c", 30), ("b", half), ("a", stop), ("b", half), ("c", 9)).begun[Floor.AGENT] == counted


def test_an_overlap_is_counted_once() -> None:
    """However long it lasts, and however often it stops for a breath."""
    turns = follow(("a", 30), *(("b", 40), ("a", 3)) * 5)
    assert turns.begun[Floor.CALLER] == 1


def test_an_overlap_ends_where_nothing_was_heard() -> None:
    """What comes after a loss is not taken for the same overlap."""
    half = LEAST_OVERLAP_CHUNKS // 2
    assert sum(follow(("c", 30), ("b", half), ("?", 1), ("b", half)).begun.values()) == 0


def test_pauses_are_silences_of_both() -> None:
    """The longest, whoever talks before and after it; a loss breaks it."""
    assert follow(("-", 7), ("c", 3), ("-", 90), ("c", 3), ("-", 60), ("?", 1), ("-", 60)).longest_pause == 90


@given(st.lists(st.integers(0, LONGEST_GAP_CHUNKS), min_size=1, max_size=60))
def test_the_histogram_gives_the_median(gaps: list[int]) -> None:
    """Exactly the median of what was noted, in room that does not grow."""
    answers = Answers()
    for gap in gaps:
        answers.note(gap)
    ordered = sorted(gaps)
    assert answers.median_chunks() == (ordered[(len(gaps) - 1) // 2] + ordered[len(gaps) // 2]) / 2
    assert answers.count == len(gaps)
