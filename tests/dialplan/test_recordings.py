"""Laws of what callers hear."""

import io
import wave

import pytest

from consent.errors import InvalidValue
from consent.states import PROMPTS, State
from dialplan.recordings import NAMES, languages, recording, text

NOTICE_LIMIT_S = 12
"""The first layer of a notice: longer, and callers hang up or press at random."""


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_is_there_in_telephone_sound(language: str, name: str) -> None:
    """Law: 8 kHz, 16 bit, mono, under 200 kB, audible and not clipped; the text beside it."""
    wav = recording(language, name)
    assert len(wav) < 200_000
    with wave.open(io.BytesIO(wav)) as sound:
        assert (sound.getframerate(), sound.getsampwidth(), sound.getnchannels()) == (8000, 2, 1)
        samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
        assert 0.5 < len(samples) / 8000 <= NOTICE_LIMIT_S
    assert 8000 < max(samples) < 32767
    assert text(language, name)


@pytest.mark.parametrize("language", languages())
def test_the_notice_names_the_keys(language: str) -> None:
    """Law: who is asked hears how to say yes and how to say no."""
    for name in (PROMPTS[State.ANNOUNCING], PROMPTS[State.REMINDING]):
        assert "1" in text(language, name)
        assert "2" in text(language, name)


def test_english_and_french_are_shipped() -> None:
    """Law: these two for now."""
    assert languages() == ("en", "fr")


def test_what_is_not_shipped_is_an_error() -> None:
    """Law: a language without prompts never plays another one by accident."""
    with pytest.raises(InvalidValue, match="en, fr"):
        recording("de", "notice")
