"""Sections: who is outside, which phone is which, and what stays on this machine."""

import pytest
from pydantic import ValidationError

from ari_bridge.run.sections import Family, LogSection, ScreensSection, is_loopback


def test_a_phone_has_its_own_family_or_the_default() -> None:
    """Law: a phone that nobody named gets the default family, which is no screen unless the settings say otherwise."""
    section = ScreensSection(families={"1001": Family.CISCO})
    assert section.family_of("1001") is Family.CISCO
    assert section.family_of("1002") is Family.NONE


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
