"""Retention."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import InvalidValue
from consent.retention import MAX_CLIPS_DAYS, MAX_RECORDS_DAYS, MAX_SCORES_DAYS, Retention, as_utc, stamp

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds


@pytest.mark.parametrize("days", [0, -1, MAX_SCORES_DAYS + 1, 10_000])
def test_no_retention_beyond_the_cap(days: int) -> None:
    """Law: no setting keeps an analysis for more than a year, nor for no time at all."""
    with pytest.raises(InvalidValue, match="365"):
        Retention(days)


@pytest.mark.parametrize(("scores", "records"), [(30, 29), (30, MAX_RECORDS_DAYS + 1), (1, 0), (365, 364)])
def test_records_are_capped_and_outlive_their_scores(scores: int, records: int) -> None:
    """Law: a score is never kept longer than the proof of the yes it came of, and no proof longer than a year."""
    with pytest.raises(InvalidValue, match="records_days"):
        Retention(scores, records)


def test_the_caps_are_the_laws() -> None:
    """Law: a year for analyses and records, six months for recordings (CNIL on listening and recording at work)."""
    assert (MAX_SCORES_DAYS, MAX_RECORDS_DAYS) == (365, 365)
    assert MAX_CLIPS_DAYS <= 184


def test_expiry_is_set_from_birth() -> None:
    """Law: everything derived has an end, computed when it is made."""
    made = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2)))
    assert Retention(30).expiry(made) == datetime(2026, 12, 22, 10, tzinfo=UTC)


@given(MOMENTS, st.integers(1, MAX_SCORES_DAYS))
def test_what_is_sealed_goes_no_later_than_what_is_in_clear(made: datetime, days: int) -> None:
    """Law: days in place of moments, which the keyring must not know, never make anything stay longer."""
    kept = Retention(days)
    goes_on = kept.scores_go_on(made.date())
    assert datetime(goes_on.year, goes_on.month, goes_on.day, tzinfo=UTC) <= kept.expiry(made)
    assert kept.scores_go_on(made.date()) <= kept.records_go_on(made.date())
    assert kept.records_go_on(date(2026, 1, 1)) <= date(2027, 1, 1)


def test_a_naive_moment_is_refused() -> None:
    """Law: stored time is UTC and never a guess."""
    with pytest.raises(InvalidValue):
        as_utc(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@given(MOMENTS, MOMENTS)
def test_stamps_sort_as_moments_do(one: datetime, other: datetime) -> None:
    """Law: deletion on time compares stamps as text, so their order must be time's."""
    if (other - one) >= timedelta(milliseconds=1):
        assert stamp(one) < stamp(other)
