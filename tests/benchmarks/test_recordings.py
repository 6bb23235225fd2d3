"""Laws of how recordings are taken from a folder and sent over a line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.recordings import as_heard, listed, mixed, on_line, read
from tests.analysis.voices import as_float, engine_voice
from tests.benchmarks.data_folder import make

VOICE = as_float(engine_voice("caller_calm_en"))[:64_000]


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Law: without the data a benchmark says so in a sentence, and stops."""
    with pytest.raises(SystemExit, match=r"manifest\.csv does not exist"):
        listed(tmp_path, ["esc10"])
    with pytest.raises(SystemExit, match="babble is not in"):
        listed(make(tmp_path), ["esc10", "babble"])


def test_a_speaker_is_in_one_half(tmp_path: Path) -> None:
    """Law: what is learned from and what is tried on share no speaker, today and tomorrow."""
    found = listed(make(tmp_path), ["emodb"])
    assert [one.half for one in found] == [one.half for one in listed(tmp_path, ["emodb"])]
    assert len({one.number for one in found}) == len({one.speaker for one in found}) == 4
    assert len(read(found[0])) == 64_000


def test_a_line_does_what_it_is_named_for() -> None:
    """Law: by phone nothing is left under 150 Hz or over 4 kHz, all are as loud; wide is untouched."""
    phone, narrow, wide = (as_heard(VOICE, line).astype(np.float64) for line in ("phone", "narrow", "wide"))
    power = np.abs(np.fft.rfft(phone)) ** 2
    hertz = np.fft.rfftfreq(len(phone), 1 / 16_000)
    assert power[hertz < 150].sum() < 0.01 * power.sum()
    assert power[hertz > 4_200].sum() < 0.01 * power.sum()
    assert on_line(VOICE * 0.1, "phone").rate_hz == 8_000
    level = np.sqrt(np.mean(as_heard(VOICE * 0.1, "phone") ** 2.0))
    assert level == pytest.approx(np.sqrt(np.mean(phone**2)), rel=0.05)
    np.testing.assert_allclose(wide / 32_767, VOICE, atol=1e-4)
    assert np.abs(len(narrow) - len(wide)) < 100


def test_noise_is_as_loud_as_it_is_said_to_be() -> None:
    """Law: 10 dB are 10 dB, and a short noise is heard throughout."""
    noise = np.random.default_rng(1).standard_normal(1_000).astype(np.float32) * 0.3
    both = mixed(VOICE * 0.1, noise, 10.0)
    rest = both - VOICE * 0.1
    assert 10 * np.log10(np.mean((VOICE * 0.1) ** 2) / np.mean(rest**2)) == pytest.approx(10.0, abs=0.1)
    assert np.abs(rest[-500:]).max() > 0
