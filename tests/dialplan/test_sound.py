"""Laws of measuring a recording."""

import math

import pytest

from consent.errors import InvalidValue
from dialplan.sound import faults, read_wav
from tests.dialplan.made_sounds import wav


def test_a_good_recording_has_no_fault() -> None:
    """Law: what can be played is not refused."""
    assert list(faults(wav(2), 12)) == []


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (b"", "no WAV file"),
        (b"RIFF....WAVE", "no WAV file"),
        (wav(2, rate_hz=44100), "44100 Hz, 16 bit, 1 channel"),
        (wav(2, channels=2), "8000 Hz, 16 bit, 2 channel"),
        (wav(2)[:-3000], "less sound than its header says"),
        (wav(0), "no sound"),
        (wav(13), "lasts 13.0 s; 0.2 to 12 s"),
        (wav(0.1), "lasts 0.1 s"),
        (wav(2, level=0), "is silent"),
        (wav(2, level=0.03), "gain -l +10"),
        (wav(2, level=0.4), "gain -l -12"),
        (wav(2, level=0.8), "clipped"),
        (wav(2, tail_s=0), "ends in the middle"),
    ],
)
def test_each_fault_is_said(bad: bytes, sentence: str) -> None:
    """Law: form, length, silence, loudness, clipping and a missing end are refused, with what to do."""
    assert any(sentence in fault for fault in faults(bad, 12))


def test_another_form_names_the_conversion() -> None:
    """Law: who brings a studio's file is told the one line that converts it."""
    with pytest.raises(InvalidValue, match=r"sox IN.wav -r 8000 -b 16 -c 1 OUT.wav"):
        read_wav(wav(rate_hz=48000))


def test_chunks_that_lie_about_their_lengths_are_refused() -> None:
    """Law: a file whose parts claim to be longer than the whole is no recording, and says so."""
    whole = wav()
    with pytest.raises(InvalidValue, match="no WAV file"):
        read_wav(whole[:12] + b"xxxx" + (len(whole) + 1_000).to_bytes(4, "little") + whole[12:])


def test_pauses_make_no_prompt_quieter() -> None:
    """Law: loudness is that of the speech, so that a prompt with a long pause is not taken for a quiet one."""
    assert read_wav(wav(2, tail_s=1.5)).loudness_dbfs == pytest.approx(read_wav(wav(2)).loudness_dbfs, abs=0.3)
    assert read_wav(wav(2)).loudness_dbfs == pytest.approx(20 * math.log10(0.15), abs=0.3)


def test_silence_has_no_loudness() -> None:
    """Law: no number is made up for silence."""
    assert read_wav(wav(level=0)).loudness_dbfs == -math.inf
