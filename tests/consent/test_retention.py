"""Retention."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import InvalidValue
from consent.retention import MAX_SCORES_DAYS, Retention, as_utc, stamp


@pytest.mark.parametrize("days", [0, -1, MAX_SCORES_DAYS + 1, 10_000])
def test_no_retention_beyond_the_cap(days: int) -> None:
    """Law: no setting keeps an analysis for more than a year, nor for no time at all."""
    with pytest.raises(InvalidValue, match="365"):
        Retention(days)


def test_expiry_is_set_from_birth() -> None:
    """Law: everything derived has an end, computed when it is made."""
    made = datetime(2026, 11, 22, 12, tzinfo=timezone(timedelta(hours=2)))
    assert Retention(30).expiry(made) == datetime(2026, 12, 22, 10, tzinfo=UTC)


def test_a_naive_moment_is_refused() -> None:
    """Law: stored time is UTC and never a guess."""
    with pytest.raises(InvalidValue):
        as_utc(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_stamps_sort_as_moments_do(one: datetime, other: datetime) -> None:
    """Law: deletion on time compares stamps as text, so their order must be time's."""
    if (other - one) >= timedelta(milliseconds=1):
        assert stamp(one) < stamp(other)
