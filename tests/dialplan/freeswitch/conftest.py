"""A FreeSWITCH's side as an admin may choose it."""

import pytest

from dialplan.choices import NoticeLine, RenderSettings
from dialplan.freeswitch.choices import FreeSwitchSettings

PASSWORD = "a-password-of-the-socket"


@pytest.fixture
def chosen() -> FreeSwitchSettings:
    """Three languages, English first."""
    notices = (
        NoticeLine("en", "0123456789abcdef"),
        NoticeLine("fr", "fedcba9876543210"),
        NoticeLine("de-CH", "00112233445566ff"),
    )
    return FreeSwitchSettings(RenderSettings(notices), PASSWORD)
