"""Laws of the demo's recordings."""

import wave
from pathlib import Path

import pytest

from consent.parties import Party
from tests.demo import voices
from tests.demo.voices import FOLDER, Mood, Voices
from tests.lab.errors import LabError


def _write(path: Path, rate_hz: int = 8000) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(b"\1\0" * rate_hz)


def test_the_names_tell_party_and_mood(tmp_path: Path) -> None:
    """Rendered voices say it in words, acted sentences in the database's own letters."""
    for name in (
        "caller_calm_en",
        "caller_tense_en",
        "agent_calm_en",
        "caller_calm_fr",
        "emodb_13a05Nb",
        "emodb_13b02Wa",
    ):
        _write(tmp_path / f"{name}.wav")
    found = {clip.name: (clip.party, clip.mood) for clip in voices.load("en", tmp_path)}
    assert found == {
        "caller_calm_en": (Party.CALLER, Mood.CALM),
        "caller_tense_en": (Party.CALLER, Mood.TENSE),
        "agent_calm_en": (Party.AGENT, Mood.CALM),
        "emodb_13a05Nb": (Party.CALLER, Mood.CALM),
        "emodb_13b02Wa": (Party.CALLER, Mood.TENSE),
    }


def test_rendered_and_acted_sentences_take_turns(tmp_path: Path) -> None:
    """So that even a short turn holds one of each, and after the last comes the first."""
    for name in ("caller_calm_en", "caller_tense_en", "agent_calm_en", "emodb_13a05Nb", "emodb_13b03Na"):
        _write(tmp_path / f"{name}.wav")
    ready = Voices(voices.load("en", tmp_path))
    assert [ready.next_clip(Party.CALLER, Mood.CALM).name for _ in range(4)] == [
        "caller_calm_en", "emodb_13a05Nb", "emodb_13b03Na", "caller_calm_en",
    ]  # fmt: skip


def test_a_missing_voice_is_one_sentence(tmp_path: Path) -> None:
    """And so is a recording that no phone could send."""
    with pytest.raises(LabError, match="no calm recording of the caller"):
        Voices(voices.load("en", tmp_path))
    _write(tmp_path / "caller_calm_en.wav", 16000)
    with pytest.raises(LabError, match="8 kHz"):
        voices.load("en", tmp_path)


def test_what_is_committed_is_small() -> None:
    """All recordings together stay below 2 MB, and at most six are acted."""
    assert sum(file.stat().st_size for file in FOLDER.glob("*.wav")) < 2_000_000
    assert len(list(FOLDER.glob("emodb_*.wav"))) <= 6
