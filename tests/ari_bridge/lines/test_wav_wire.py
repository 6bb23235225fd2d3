"""Recordings put together."""

import contextlib
import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.lines.wav_wire import joined, silence
from consent.errors import InvalidValue
from dialplan.recordings import recording


def samples(file: bytes) -> bytes:
    """What a WAV file plays."""
    with wave.open(io.BytesIO(file)) as opened:
        assert (opened.getframerate(), opened.getsampwidth(), opened.getnchannels()) == (8000, 2, 1)
        return opened.readframes(opened.getnframes())


def test_one_after_the_other() -> None:
    """Law: every sample of every recording in its order, and nothing else."""
    seven, one = recording("en", "7"), recording("fr", "1")
    assert samples(joined([seven, silence(250), one])) == samples(seven) + bytes(4000) + samples(one)
    assert samples(joined([])) == b""


def test_another_form_is_refused() -> None:
    """Law: a recording that would be heard too fast, or as noise, is not put in."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setframerate(16000)
        file.setsampwidth(2)
        file.setnchannels(1)
        file.writeframes(bytes(100))
    with pytest.raises(InvalidValue, match="8 kHz"):
        joined([made.getvalue()])


@given(st.binary(max_size=200) | st.integers(0, 60).map(lambda cut: recording("en", "7")[:cut]))
def test_what_is_no_recording_is_refused(data: bytes) -> None:
    """Law: broken bytes are a sentence, not a crash."""
    with contextlib.suppress(InvalidValue):
        joined([data])


def test_chunks_that_lie_about_their_lengths_are_refused() -> None:
    """Law: a file whose parts claim to be longer than the whole is no recording."""
    whole = silence(20)
    with pytest.raises(InvalidValue):
        joined([whole[:12] + b"xxxx" + (len(whole) + 1_000).to_bytes(4, "little") + whole[12:]])
