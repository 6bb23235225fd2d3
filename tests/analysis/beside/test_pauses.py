"""When a program that was lost may be started again."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.beside.pauses import Pauses

FIRST_S, LONGEST_S, STEADY_S = 1.0, 8.0, 30.0


def pause_s(pauses: Pauses, now_s: float) -> float:
    """How long the pause after a loss at that time is."""
    pauses.lost(now_s)
    return next(pause for pause in (0.0, 1.0, 2.0, 4.0, 8.0, 16.0) if pauses.is_over(now_s + pause))


def test_the_first_start_waits_for_nothing() -> None:
    """Law: what was never lost has no pause."""
    assert Pauses(FIRST_S, LONGEST_S, STEADY_S).is_over(0.0)


def test_pauses_double_to_the_longest() -> None:
    """Law: what fails time and again is tried ever more rarely, and never given up."""
    pauses = Pauses(FIRST_S, LONGEST_S, STEADY_S)
    assert [pause_s(pauses, 100.0 * loss) for loss in range(6)] == [1.0, 2.0, 4.0, 8.0, 8.0, 8.0]


def test_who_lived_steadily_begins_anew() -> None:
    """Law: who was ready for long has the first pause again; who was ready for less has not."""
    pauses = Pauses(FIRST_S, LONGEST_S, STEADY_S)
    assert pause_s(pauses, 0.0) == 1.0
    pauses.ready(10.0)
    assert pause_s(pauses, 10.0 + STEADY_S - 1.0) == 2.0
    pauses.ready(100.0)
    assert pause_s(pauses, 100.0 + STEADY_S) == 1.0


def test_to_start_for_long_is_not_to_live() -> None:
    """Law: time in which it was not ready counts for nothing: the time of its last life does not count twice."""
    pauses = Pauses(FIRST_S, LONGEST_S, STEADY_S)
    pauses.ready(0.0)
    assert pause_s(pauses, 1.0) == 1.0
    assert pause_s(pauses, 1.0 + STEADY_S) == 2.0


@given(st.lists(st.tuples(st.floats(0, 100), st.booleans()), max_size=30))
def test_no_pause_is_shorter_or_longer_than_stated(steps: list[tuple[float, bool]]) -> None:
    """Law: whatever happened before, a pause lasts at least the first and at most the longest."""
    pauses, now_s = Pauses(FIRST_S, LONGEST_S, STEADY_S), 0.0
    for later_s, becomes_ready in steps:
        now_s += later_s
        if becomes_ready:
            pauses.ready(now_s)
        else:
            pauses.lost(now_s)
            assert not pauses.is_over(now_s + 0.99 * FIRST_S)
            assert pauses.is_over(now_s + LONGEST_S)
