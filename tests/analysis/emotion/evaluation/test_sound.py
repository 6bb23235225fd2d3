"""Sound files as the model hears them."""

from pathlib import Path

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]

from analysis.emotion.evaluation.sound import SoundRefused, by_phone, read_sound


def tone(rate_hz: int, hz: float = 440.0, seconds: float = 0.5) -> np.ndarray:
    """A pure tone of half the full scale."""
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz)


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000])
def test_a_file_of_any_rate_is_heard_at_16_khz(tmp_path: Path, rate_hz: int) -> None:
    """Law: the tone keeps its pitch, its length and its level."""
    soundfile.write(tmp_path / "a.wav", tone(rate_hz), rate_hz)
    found = read_sound(tmp_path / "a.wav")
    assert found.dtype == np.float32
    assert abs(len(found) - 8_000) <= 2
    spectrum = np.abs(np.fft.rfft(found[:8_000]))
    assert abs(np.argmax(spectrum) * 2 - 440) <= 2
    assert np.abs(found[1_000:7_000]).max() == pytest.approx(0.5, abs=0.02)


def test_channels_are_averaged(tmp_path: Path) -> None:
    """Law: a stereo file is one sound."""
    soundfile.write(tmp_path / "a.flac", np.stack([tone(16_000), np.zeros(8_000)], axis=1), 16_000)
    assert np.abs(read_sound(tmp_path / "a.flac")).max() == pytest.approx(0.25, abs=0.01)


@pytest.mark.parametrize("content", [b"", b"no sound at all", b"RIFF\0\0\0\0WAVEfmt "])
def test_what_is_no_sound_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    """Law: an admin learns which file, and what to do."""
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(SoundRefused, match=r"a\.wav"):
        read_sound(tmp_path / "a.wav")


def test_an_empty_recording_is_refused(tmp_path: Path) -> None:
    """Law: a file without a sample is no clip."""
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 8_000)
    with pytest.raises(SoundRefused, match="is empty"):
        read_sound(tmp_path / "a.wav")


def test_a_phone_passes_its_band_alone_at_one_level() -> None:
    """Law: 300-3400 Hz, -20 dBov, whatever came in; silence stays silence."""
    low, inside = (by_phone((0.02 * tone(16_000, hz)).astype(np.float32)) for hz in (60.0, 1_000.0))
    assert np.sqrt(np.mean(inside**2)) == pytest.approx(0.1, abs=0.01)
    assert np.abs(np.fft.rfft(inside))[500] > 100 * np.abs(np.fft.rfft(inside))[30]
    assert len(low) == len(inside)
    assert np.abs(by_phone(np.zeros(1_600, np.float32))).max() < 0.01
