"""Laws of what an install may choose on FreeSWITCH."""

from dataclasses import replace
from typing import Any

import pytest

from consent.errors import InvalidValue
from dialplan.freeswitch.choices import FreeSwitchSettings


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"media_port": 1023}, "media_port"),
        ({"media_port": 65536}, "media_port"),
        ({"esl_password": "short"}, "esl_password"),
        ({"esl_password": "sixteen letters or more"}, "esl_password"),
        ({"esl_password": "a" * 16 + "\n"}, "esl_password"),
        ({"tap_profile": "internal/1001"}, "SIP profile"),
        ({"tap_profile": ""}, "SIP profile"),
    ],
)
def test_what_cannot_be_is_refused_at_birth(chosen: FreeSwitchSettings, change: dict[str, Any], words: str) -> None:
    """Law: nothing foreign reaches a file of FreeSWITCH's: neither a blank, nor a slash, nor a line's end."""
    with pytest.raises(InvalidValue, match=words):
        replace(chosen, **change)


@pytest.mark.parametrize("host", ["10.0.0.1", "0.0.0.0", "::1", "localhost", ""])
def test_a_voice_never_leaves_the_machine_in_clear(chosen: FreeSwitchSettings, host: str) -> None:
    """Law: another machine, and whatever is no IPv4 address, is refused with a sentence, never with a traceback."""
    with pytest.raises(InvalidValue, match=r"in clear|must be an IPv4 address"):
        replace(chosen, asked=replace(chosen.asked, bridge_host=host))


def test_the_password_is_never_printed(chosen: FreeSwitchSettings) -> None:
    """Law: whoever prints the settings sees no password."""
    assert chosen.esl_password not in repr(chosen)


def test_the_languages_are_those_of_the_question(chosen: FreeSwitchSettings) -> None:
    """Law: both PBXs ask in the same languages, in the same order."""
    assert chosen.notices == chosen.asked.notices
