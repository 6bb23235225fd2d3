"""Hours of asking as one regular expression: the very minutes that Asterisk's IFTIME means."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialplan.freeswitch import hours
from dialplan.freeswitch.choices import FreeSwitchSettings
from dialplan.freeswitch.render import DIALPLAN, files_of
from tests.dialplan.freeswitch.walker import ZONES, Walker

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
MINUTES = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)]
moments = st.integers(0, 3 * 366 * 1440).map(
    lambda passed: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=passed)
)


def ranges(names: list[str]) -> st.SearchStrategy[str]:
    name = st.sampled_from(names)
    return st.one_of(st.just("*"), name, st.tuples(name, name).map("-".join))


times = st.one_of(st.just("*"), st.tuples(st.sampled_from(MINUTES), st.sampled_from(MINUTES)).map("-".join))
days = ranges([str(day) for day in range(1, 32)])
specs = st.tuples(
    times, ranges(WEEKDAYS), days, ranges(MONTHS), st.sampled_from(["", ",Asia/Tokyo", ",Atlantic/Cape_Verde"])
).map(lambda one: ",".join(one[:4]) + one[4])


def is_within(names: list[str], written: str, at: int) -> bool:
    """Both ends belong to a range; where its end is before its beginning it goes round."""
    if written == "*":
        return True
    start, _, end = written.partition("-")
    first, last = names.index(start), names.index(end or start)
    return first <= at <= last if first <= last else at >= first or at <= last


def is_open(spec: str, now: datetime) -> bool:
    """What the specification says in words of numbers."""
    clock, weekday, day, month, *zone = spec.split(",")
    here = now.astimezone(ZONES["".join(zone)])
    return (
        is_within(MINUTES, clock, 60 * here.hour + here.minute)
        and is_within(WEEKDAYS, weekday, here.weekday())
        and is_within([str(one) for one in range(1, 32)], day, here.day - 1)
        and is_within(MONTHS, month, here.month - 1)
    )


@given(st.lists(specs, min_size=1, max_size=4), moments)
def test_any_of_them_opens(written: list[str], now: datetime) -> None:
    """Law: a caller is asked in just the minutes that one of the hours names, each in its own time zone."""
    condition = hours.condition(written)
    clock = Walker("<context/>", now=now).expanded(condition.field)
    assert bool(re.search(condition.expression, clock)) is any(is_open(spec, now) for spec in written)


@pytest.mark.parametrize(("step", "asked"), [(-1, False), (0, True), (60, True), (61, False)])
def test_out_of_hours_nobody_is_asked(chosen: FreeSwitchSettings, step: int, asked: bool) -> None:
    """Law: a whole dialplan asks from the first minute through the last one, and lets all others through."""
    chosen = replace(chosen, asked=replace(chosen.asked, hours=("09:00-10:00,mon-fri,*,*", "*,*,31,feb")))
    now = datetime(2026, 11, 23, 9, 0, 30, tzinfo=UTC) + timedelta(minutes=step)
    text = files_of(chosen, "/etc/freeswitch")[DIALPLAN]
    walker = Walker(text, variables={"sofia_profile_name": "trunk"}, now=now)
    walker.walk()
    assert bool(walker.played) is asked


def test_an_unknown_zone_opens_nothing() -> None:
    """Law: what FreeSWITCH says of a zone that it does not know is no time of any, whatever stands beside it."""
    condition = hours.condition(["*,*,*,*,Mars/Base", "*,*,*,jan"])
    unknown = "-ERR Invalid timezone/format\n"
    assert not re.search(condition.expression, f"1-11-23-12:00|{unknown}")
    assert re.search(condition.expression, f"1-01-23-12:00|{unknown}")
