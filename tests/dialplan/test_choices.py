"""Laws of what an install may choose."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import InvalidValue
from dialplan.choices import NoticeLine, RenderSettings

ID = "0123456789abcdef"


@pytest.mark.parametrize(
    "changed",
    [
        {"notices": ()},
        {"notices": (NoticeLine("en", ID), NoticeLine("en", ID))},
        {"notices": (NoticeLine("en)", ID),)},
        {"notices": (NoticeLine("en", "x"),)},
        {"bridge_host": "example.org"},
        {"bridge_host": "127.0.0.1:1)"},
        {"lease_s": 1},
        {"trunks": ()},
        {"trunks": ("*",)},
        {"trunks": ("a|b",)},
        {"trunks": ('x" 1',)},
        {"trunks": ("tr;unk",)},
        {"trunks": ("[ab]",)},
        {"never_asked": ("1)",)},
        {"never_asked": ("${X}",)},
        {"quota_percent": 0},
        {"quota_percent": 101},
        {"hours": ("9-18",)},
        {"hours": ("09:00-18:00,mon-fri,*,*?1:0",)},
        {"hours": ("25:00-26:00,*,*,*",)},
        {"number_keys": (("ab", "cd"),)},
        {"number_keys": (("ab" * 32, "cd" * 32),) * 3},
        {"number_keys": (("AB" * 32, "cd" * 32),)},
        {"max_forks": 0},
        {"max_forks_per_call": 51},
        {"audiosocket_port": 1023},
        {"audiosocket_port": 65536},
    ],
)
def test_settings_that_cannot_be_are_refused(changed: dict[str, object]) -> None:
    """Law: values are valid at birth, so that nothing foreign is rendered into a dialplan."""
    with pytest.raises(InvalidValue):
        RenderSettings(**({"notices": (NoticeLine("en", ID),)} | changed))  # type: ignore[arg-type]


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_text_gets_into_the_dialplan_unchecked(language: str, host: str) -> None:
    """Law: whatever a settings file says, the rendered file has the same lines but for a plain value."""
    try:
        settings = RenderSettings((NoticeLine(language, ID),), bridge_host=host)
    except InvalidValue:
        return
    assert re.fullmatch(r"[a-z]{2,3}", language)
    assert re.fullmatch(r"[0-9.]+", host)
    assert settings.notices


@given(st.text(max_size=20), st.text(max_size=20))
def test_no_pattern_and_no_time_gets_in_unchecked(pattern: str, spec: str) -> None:
    """Law: neither can leave its place in the dialplan: no quote, bracket, separator, comment or line break."""
    for changed in ({"trunks": (pattern,)}, {"never_asked": (pattern,)}, {"hours": (spec,)}):
        with contextlib.suppress(InvalidValue):
            RenderSettings((NoticeLine("en", ID),), **changed)  # type: ignore[arg-type]
            assert not set("".join(next(iter(changed.values())))) & set("\"'(){}[]$;|\\\r\n\t ^&%=<>")


def test_what_is_allowed_is_taken_as_it_is() -> None:
    """Law: ordinary names of trunks, numbers with a plus, times with a zone; no key shows when a value is printed."""
    settings = RenderSettings(
        (NoticeLine("en", ID), NoticeLine("de-CH", ID)),
        trunks=("trunk", "sip.provider-?", "gw*"),
        never_asked=("+33800*", "44?"),
        hours=("09:00-18:00,mon-fri,1-31,jan-dec,Europe/Paris", "*,*,*,*"),
        quota_percent=1,
        number_keys=(("ab" * 32, "cd" * 32), ("ef" * 32, "01" * 32)),
    )
    assert "abab" not in repr(settings)
