"""Profiles: what a place asks, as data, and nothing that takes away what the product holds to."""

from dataclasses import fields
from datetime import date

import pytest

from consent.errors import InvalidValue
from consent.profiles import (
    BOUNDS,
    CUSTOM,
    NO_AGENTS_EMOTION,
    PROFILES,
    STRICTEST,
    Profile,
    Rule,
    depart,
    profile,
    values,
)
from consent.retention import MAX_CLIPS_DAYS, MAX_RECORDS_DAYS, MAX_SCORES_DAYS

EVERY = list(PROFILES.values())
TEETH = (
    "emotion",
    "agent",
    "tone",
    "staff",
    "voice",
    "key",
    "yes",
    "silence",
    "notice",
    "stop",
    "skip",
    "default",
    "barge",
)
"""Words of what no profile may have a say in."""


def test_the_five_are_there() -> None:
    """Law: these five and no other; there is none that is called off, none or test."""
    assert set(PROFILES) == {"eu", "fr", "us-all-party", "us-one-party", "custom"}


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_no_profile_has_a_switch(one: Profile) -> None:
    """Law: neither the agent's emotion nor the caller's key, notice or stop is a field or a value of any profile."""
    for name, value in values(one):
        assert not [tooth for tooth in TEETH if tooth in name], name
        assert isinstance(value, str | int | tuple)
        if isinstance(value, bool):
            assert name in ("needs_assessment", "needs_council")
    assert NO_AGENTS_EMOTION in one.rules


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_each_rule_has_a_source_and_a_date(one: Profile) -> None:
    """Law: a duty that the product enforces says where it stands and since when."""
    for rule in one.rules:
        assert len(rule.sentence) > 20
        assert len(rule.source) > 8
        assert date(1900, 1, 1) < rule.dated <= date(2026, 12, 31)
    assert len(set(one.rules)) == len(one.rules)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_no_profile_exceeds_the_caps(one: Profile) -> None:
    """Law: scores and records a year at most, clips half a year, whatever the place."""
    assert one.max_scores_days <= MAX_SCORES_DAYS <= 365
    assert one.max_records_days <= MAX_RECORDS_DAYS <= 365
    assert one.max_clips_days <= MAX_CLIPS_DAYS <= 183


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_the_default_is_the_strictest(one: Profile) -> None:
    """Law: where nobody knows the place, what holds is as strict as every profile; so is custom."""
    assert STRICTEST.is_as_strict_as(one)
    assert CUSTOM.is_as_strict_as(one)


def test_the_strict_are_stricter() -> None:
    """Law: strictness is an order: who allows more or asks less is not as strict."""
    assert not PROFILES["us-one-party"].is_as_strict_as(PROFILES["eu"])
    assert not PROFILES["eu"].is_as_strict_as(PROFILES["fr"])


@pytest.mark.parametrize("name", ["eu", "fr", "custom"])
def test_europe_asks_for_papers_and_a_sample(name: str) -> None:
    """Law: in the Union an assessment and the council come first, and not every call is measured."""
    one = profile(name)
    assert one.needs_assessment
    assert one.needs_council
    assert one.max_quota_percent < 100


def test_custom_departs_in_the_quota_alone() -> None:
    """Law: custom is the strictest of all in what a site does not name, and the quota is all that it can name."""
    assert CUSTOM.rules == tuple(dict.fromkeys(rule for one in (STRICTEST, *EVERY) for rule in one.rules))
    other = depart(60)
    assert {f.name for f in fields(other) if getattr(other, f.name) != getattr(CUSTOM, f.name)} == {"max_quota_percent"}


@pytest.mark.parametrize("changed", [{name: 0} for name in BOUNDS] + [{name: 366} for name in BOUNDS] + [{"rules": ()}])
def test_a_profile_is_valid_at_birth(changed: dict[str, object]) -> None:
    """Law: no profile without a rule, nor with a bound that the product allows nowhere."""
    rule = Rule("somebody is responsible for it", "a law", date(2020, 1, 1))
    with pytest.raises(InvalidValue):
        Profile(**({"name": "x", "rules": (rule,), "needs_assessment": True, "needs_council": True} | changed))  # type: ignore[arg-type]


def test_an_unknown_profile_is_refused() -> None:
    """Law: a name that is none names those that there are."""
    with pytest.raises(InvalidValue, match="us-all-party"):
        profile("none")
