"""Sections: who is outside, which phone is which, and what stays on this machine."""

from typing import get_args

import pytest
from pydantic import ValidationError

from analysis.resample import RATES_HZ
from ari_bridge.run.sections import (
    AskingSection,
    Family,
    LogSection,
    MediaSection,
    RetentionSection,
    ScreensSection,
    is_loopback,
)
from ari_bridge.screens.families import FAMILIES
from consent.profiles import PROFILES


def test_a_phone_has_its_own_family_or_the_default() -> None:
    """Law: a phone that nobody named gets the default family, which is no screen unless the settings say otherwise."""
    section = ScreensSection(families={"1001": Family.CISCO})
    assert section.family_of("1001") is Family.CISCO
    assert section.family_of("1002") is Family.NONE


def test_every_family_that_is_drawn_can_be_set() -> None:
    """Law: the settings take the families there are documents for, auto, none, and no other."""
    assert {family.value for family in Family} == {*FAMILIES, "auto", "none"}


def test_two_phones_have_no_address_in_common() -> None:
    """Law: an address leads to one phone's calls; a digest written twice, or none at all, is told."""
    assert ScreensSection(addresses={"1001": "a" * 64, "1002": "b" * 64}).addresses["1002"] == "b" * 64
    for wrong in ({"1001": "a" * 64, "1002": "a" * 64}, {"1001": "secret"}):
        with pytest.raises(ValidationError):
            ScreensSection(addresses=wrong)


@pytest.mark.parametrize(
    ("host", "here"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False), ("pbx", False)]
)
def test_loopback_is_told_without_asking_a_name_server(host: str, here: bool) -> None:
    """Law: only an address that cannot be anywhere else counts as this machine."""
    assert is_loopback(host) is here


def test_sections_are_frozen() -> None:
    """Law: settings do not change while the service runs."""
    with pytest.raises(ValidationError):
        LogSection().level = "debug"


@pytest.mark.parametrize(
    "hours",
    ["09:00-18:00,mon-fri,*,*", "*,*,*,*", "*,sat,1-15,jan", "22:00-02:00,sun-thu,31,jul-aug,Europe/Paris",
     "08:30-12:00,*,*,*,America/Argentina/Buenos_Aires"],
)  # fmt: skip
def test_hours_are_written_as_the_pbx_writes_them(hours: str) -> None:
    """Law: times, weekdays, days of the month, months, and a time zone if need be."""
    assert AskingSection(hours=(hours,)).hours == (hours,)


@pytest.mark.parametrize(
    "hours",
    ["", "9-18", "09:00-18:00", "24:00-25:00,*,*,*", "09:00-18:00,monday,*,*", "*,*,32,*", "*,*,*,13", "*,*,*,*,",
     "*,*,*,*,Europe/Paris)?x", "*,*,*,*\n", "*|*|*|*"],
)  # fmt: skip
def test_hours_that_the_pbx_would_misread_are_refused(hours: str) -> None:
    """Law: a time that Asterisk does not understand is always or never; and nothing breaks out of its line."""
    with pytest.raises(ValidationError, match="must be written like"):
        AskingSection(hours=(hours,))


@pytest.mark.parametrize("dialled", ["1)", "1,2", "1;2", "${EXTEN}", "", "1 2", "0" * 41])
def test_extensions_are_extensions(dialled: str) -> None:
    """Law: what would break out of a line of dialplan is no extension."""
    with pytest.raises(ValidationError):
        AskingSection(never_asked=(dialled,))


def test_the_default_quota_suits_every_profile() -> None:
    """Law: a default is within the ceiling of whichever profile is named."""
    assert all(AskingSection().quota_percent <= one.max_quota_percent for one in PROFILES.values())


def test_no_score_outlives_its_proof() -> None:
    """Law: the record of a consent is kept at least as long as what came of it."""
    with pytest.raises(ValidationError, match="at least scores_days"):
        RetentionSection(scores_days=31, records_days=30)
    assert RetentionSection(scores_days=7, records_days=8).as_retention().records_days == 8


def test_a_rate_that_can_be_set_can_be_heard() -> None:
    """Law: the settings take exactly the rates that the analysis takes, and 0 for as marked."""
    assert set(get_args(MediaSection.model_fields["audiosocket_rate_hz"].annotation)) == RATES_HZ | {0}
