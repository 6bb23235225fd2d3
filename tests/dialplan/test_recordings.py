"""Laws of what callers and staff hear."""

from datetime import date
from pathlib import Path

import pytest

from consent.errors import InvalidValue
from consent.states import PROMPTS, State
from dialplan.attestation import FILE
from dialplan.own_recordings import add
from dialplan.recordings import MORE, NAMES, NOTICE, STAFF_NOTICE, Prompt, Recordings, languages, recording, text
from dialplan.sound import LOUDNESS_DBFS, read_wav
from tests.dialplan.made_sounds import wav

OURS = Prompt(b"We, the Example company, measure your tone.", wav(8))
PADDING_S = 0.3
"""Silence around each recording."""
TODAY = date(2026, 11, 22)


@pytest.fixture
def own(tmp_path: Path) -> Recordings:
    """A site with an English notice of its own."""
    made = Recordings(tmp_path)
    add(made, "en", {NOTICE: OURS}, "Ada Example", TODAY)
    return made


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_is_there_in_telephone_sound(language: str, name: str) -> None:
    """Law: a text and its recording; all within 1.5 dB, peaks left alone; under 200 kB but for the long layers."""
    data = recording(language, name)
    sound = read_wav(data)
    assert text(language, name)
    assert abs(sound.loudness_dbfs - LOUDNESS_DBFS) < 1.5
    assert not sound.is_clipped
    assert not sound.is_cut_off
    assert max(map(abs, sound.samples)) < 32_000
    assert len(data) < (650_000 if name in (MORE, STAFF_NOTICE) else 200_000)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", [name for name in NAMES if len(name) > 1])
def test_no_recording_was_cut_short(language: str, name: str) -> None:
    """Law: the recording is as long as its text takes: 8 to 25 letters a second, as people speak."""
    spoken_s = read_wav(recording(language, name)).length_s - PADDING_S
    assert 8 < len(text(language, name)) / spoken_s < 25


@pytest.mark.parametrize("language", languages())
def test_the_notice_names_the_keys(language: str) -> None:
    """Law: who is asked hears how to say yes and how to say no, and how to hear it in another language."""
    for name in (PROMPTS[State.ANNOUNCING], PROMPTS[State.REMINDING]):
        assert all(key in text(language, name) for key in "123")


@pytest.mark.parametrize("language", languages())
def test_no_text_names_a_number_of_days(language: str) -> None:
    """Law: the periods are settings; a text that named one would be untrue where it is set otherwise."""
    words = ("days", "jours", "días", "giorni", "Tage")
    assert not [word for word in words for name in NAMES if word in text(language, name)]


def test_five_languages_are_shipped() -> None:
    """Law: these five, and each of them whole."""
    assert languages() == ("de", "en", "es", "fr", "it")


def test_what_is_not_shipped_is_an_error() -> None:
    """Law: a language without prompts never plays another one by accident."""
    with pytest.raises(InvalidValue, match="de, en, es, fr, it"):
        recording("tlh", "notice")
    with pytest.raises(InvalidValue, match="no prompt"):
        Recordings().prompt("../en", "notice")
    with pytest.raises(InvalidValue, match="no prompt"):
        Recordings().prompt("en", "../../secrets")


def test_own_prompts_go_first(own: Recordings) -> None:
    """Law: the site's own recording is played, and the shipped ones for the rest."""
    assert own.recording("en", NOTICE) == OURS.wav
    assert own.text("en", NOTICE) == OURS.text.decode()
    assert own.recording("en", MORE) == recording("en", MORE)
    assert own.recording("fr", NOTICE) == recording("fr", NOTICE)
    assert own.own_languages() == ("en",)
    assert own.languages() == languages()


@pytest.mark.parametrize("suffix", [".wav", ".txt"])
def test_a_changed_own_prompt_is_never_played(own: Recordings, tmp_path: Path, suffix: str) -> None:
    """Law: text and recording are given out only as a person attested them, and who that was is said."""
    file = tmp_path / "en" / f"{NOTICE}{suffix}"
    file.write_bytes(file.read_bytes() + b"!!")
    with pytest.raises(InvalidValue, match="Ada Example attested on 2026-11-22"):
        own.prompt("en", NOTICE)
    file.unlink()
    with pytest.raises(InvalidValue, match="missing"):
        own.prompt("en", NOTICE)


def test_an_unattested_prompt_is_never_played(own: Recordings, tmp_path: Path) -> None:
    """Law: a file that somebody just put there speaks for nobody."""
    (tmp_path / "en" / FILE).unlink()
    with pytest.raises(InvalidValue, match="nobody attested"):
        own.prompt("en", NOTICE)


def test_a_language_counts_when_it_is_whole(own: Recordings, tmp_path: Path) -> None:
    """Law: a language of which prompts are missing is not offered."""
    (tmp_path / "pt").mkdir()
    (tmp_path / "pt" / "notice.wav").write_bytes(OURS.wav)
    assert own.own_languages() == ("en", "pt")
    assert "pt" not in own.languages()
    assert "notice" not in own.lacking("pt")
    assert "more" in own.lacking("pt")
