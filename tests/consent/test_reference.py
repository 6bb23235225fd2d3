"""Laws of the reference: it forgives no slip, tells a stranger nothing, and cannot be guessed in a year."""

from __future__ import annotations

import contextlib
import math
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import InvalidValue
from consent.reference import BUDGET_GAINS, BUDGET_HOLDS, CHANCES, YEAR_S, Budget, Reference

DAYS = st.dates(date(2025, 1, 1), date(2032, 12, 31))


@given(DAYS)
def test_a_fresh_reference_names_its_day_and_reads_back(day: date) -> None:
    """What was said can be typed with spaces, dashes or dots, and is the same reference."""
    made = Reference.fresh(day)
    assert (made.day, made.month) == (day.day, day.month)
    assert [len(group) for group in made.groups] == [4, 3, 3, 3, 1]
    for between in (" ", "-", ".", "", "\u202f"):
        assert Reference.parse(f" {between.join(made.groups)} ") == made
    assert made.for_eyes == " ".join(made.groups)


@given(DAYS, st.integers(0, 13), st.integers(1, 9))
def test_every_wrong_digit_is_caught(day: date, place: int, change: int) -> None:
    """One wrong digit is never another person's reference."""
    digits = Reference.fresh(day).digits
    wrong = digits[:place] + str((int(digits[place]) + change) % 10) + digits[place + 1 :]
    with pytest.raises(InvalidValue):
        Reference.parse(wrong)


@given(DAYS, st.integers(0, 12))
def test_every_swap_of_neighbours_is_caught(day: date, place: int) -> None:
    """Two digits typed in the wrong order are never another person's reference."""
    digits = Reference.fresh(day).digits
    swapped = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    if swapped != digits:
        with pytest.raises(InvalidValue):
            Reference.parse(swapped)


@given(st.text(max_size=30))
def test_no_text_does_more_than_being_refused(text: str) -> None:
    """Whatever is typed, it is a reference or InvalidValue."""
    with contextlib.suppress(InvalidValue):
        assert len(Reference.parse(text).digits) == 14


@pytest.mark.parametrize("text", ["", "3102 123 456 789 0", "٢٢١١ 123 456 789 0", "2211 123 456 789", "2" * 15])
def test_what_is_no_reference_is_refused(text: str) -> None:
    """A day that does not exist, digits of another script, too few and too many."""
    with pytest.raises(InvalidValue):
        Reference.parse(text)


def test_a_reference_is_in_no_log() -> None:
    """Its repr, which is what a log or a traceback would show, is empty; so is the error's sentence."""
    made = Reference.fresh(date(2026, 11, 22))
    assert made.digits not in repr(made)
    with pytest.raises(InvalidValue) as raised:
        Reference.parse(made.digits[:-1] + str((int(made.digits[-1]) + 1) % 10))
    assert made.digits[:-1] not in str(raised.value)


@pytest.mark.parametrize("live_a_day", [1, 100, 10_000, 80_000])
def test_a_stranger_hits_no_call_in_a_year(live_a_day: int) -> None:
    """Who guesses whenever the budget allows it, for a year and from everywhere, hits with less than 1 in 1,000."""
    budget, now_s, guesses = Budget(), float(YEAR_S), 0
    end_s = now_s + YEAR_S
    while now_s <= end_s:
        budget = budget.at(now_s)
        affordable = int(budget.left // live_a_day)
        guesses += affordable
        budget = budget.pay(affordable * live_a_day)
        # The next moment at which one more guess can be paid.
        now_s += max(1.0, (live_a_day - budget.left) * YEAR_S / BUDGET_GAINS + 1e-3)
        if live_a_day < 100:
            now_s += 600.0  # many cheap guesses are made at once: the sum is the same
    misses = math.fsum(math.log1p(-live_a_day / (CHANCES - guesses)) for _ in range(guesses))
    assert guesses > 0
    assert 1 - math.exp(misses) < 1 / 1000


@given(st.lists(st.tuples(st.floats(0, 10 * 86_400), st.integers(0, BUDGET_HOLDS)), max_size=200))
def test_no_order_of_guesses_costs_more_than_the_sum(steps: list[tuple[float, int]]) -> None:
    """Whatever is asked when, what is paid in a year is at most what the budget holds and gains."""
    budget, now_s, paid = Budget(), 1e9, 0
    for wait_s, cost in steps:
        now_s += wait_s
        if now_s - 1e9 > YEAR_S:
            break
        budget = budget.at(now_s)
        if cost <= budget.left:
            budget, paid = budget.pay(cost), paid + cost
    assert paid <= BUDGET_HOLDS + BUDGET_GAINS
    assert (BUDGET_HOLDS + BUDGET_GAINS) / (CHANCES - BUDGET_HOLDS - BUDGET_GAINS) < 1 / 1000


@given(st.floats(-1e6, 1e6), st.floats(0, BUDGET_HOLDS))
def test_a_clock_set_back_gains_nothing(change_s: float, left: float) -> None:
    """Setting the clock back and forth again refills nothing twice."""
    start = Budget(left, 1e9)
    there_and_back = start.at(1e9 + change_s).at(1e9).at(1e9 + change_s)
    assert there_and_back.left == pytest.approx(start.at(max(1e9, 1e9 + change_s)).left)
