"""From the line's rate to the engine's."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm16
from analysis.resample import RATES_HZ, Resampler, UnsupportedRate

HELD_BACK_S = 0.005


def tone(rate_hz: int, hz: float, seconds: float, amplitude: float = 10_000) -> Pcm16:
    """A sine as int16."""
    instants = np.arange(int(rate_hz * seconds)) / rate_hz
    return np.rint(amplitude * np.sin(2 * np.pi * hz * instants)).astype(np.int16)


@given(
    rate_hz=st.sampled_from(sorted(RATES_HZ)),
    cuts=st.lists(st.integers(0, 2_000), max_size=12),
    start=st.integers(0, 10**7),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_how_the_sound_is_cut_into_frames_changes_nothing(rate_hz: int, cuts: list[int], start: int, seed: int) -> None:
    """Frames are an accident of the wire: the samples that come out are the same however the sound was cut."""
    pcm = np.random.default_rng(seed).integers(-32768, 32768, 2_000).astype(np.int16)
    whole = Resampler(rate_hz).feed(AudioFrame(start, rate_hz, pcm))
    resampler, parts = Resampler(rate_hz), []
    edges = [0, *sorted(cuts), len(pcm)]
    for first, stop in pairwise(edges):
        parts.append(resampler.feed(AudioFrame(start + first, rate_hz, pcm[first:stop])))
    joined = np.concatenate([part.pcm for part in parts])
    assert parts[0].start_sample == whole.start_sample
    assert all(a.end_sample == b.start_sample for a, b in pairwise(parts))
    np.testing.assert_array_equal(joined, whole.pcm)


@pytest.mark.parametrize("rate_hz", sorted(RATES_HZ))
def test_a_tone_keeps_its_pitch_its_level_and_its_moment(rate_hz: int) -> None:
    """Delay is taken back: each output sample lies on the sine at its own instant, to a thousandth of its height."""
    made = Resampler(rate_hz).feed(AudioFrame(0, rate_hz, tone(rate_hz, 1_000, 0.5)))
    wanted = tone(ENGINE_RATE_HZ, 1_000, 0.5)[: len(made.pcm)]
    settled = slice(200, None)
    assert np.abs(made.pcm[settled].astype(int) - wanted[settled]).max() <= 12


@pytest.mark.parametrize("rate_hz", sorted(RATES_HZ))
def test_no_more_than_five_milliseconds_wait(rate_hz: int) -> None:
    """What cannot be said yet is short: lag never grows."""
    made = Resampler(rate_hz).feed(AudioFrame(0, rate_hz, tone(rate_hz, 440, 1.0)))
    assert len(made.pcm) >= ENGINE_RATE_HZ * (1 - HELD_BACK_S)


def test_what_lies_above_the_new_band_is_not_folded_into_it() -> None:
    """A 12 kHz tone of a 48 kHz line is gone at 16 kHz, not heard as 4 kHz."""
    made = Resampler(48_000).feed(AudioFrame(0, 48_000, tone(48_000, 12_000, 0.5)))
    assert np.abs(made.pcm[200:].astype(int)).max() < 10_000 / 1_000


def test_after_a_gap_the_clock_is_the_lines_again() -> None:
    """A gap starts the filter anew at the moment that the frame names: sound never slides over lost sound."""
    resampler = Resampler(8_000)
    resampler.feed(AudioFrame(0, 8_000, tone(8_000, 440, 0.1)))
    later = resampler.feed(AudioFrame(80_000, 8_000, tone(8_000, 440, 0.1)))
    assert later.start_sample == 160_000


def test_full_scale_is_clipped_and_never_wraps() -> None:
    """A square wave at full scale overshoots in any filter; it must stay at the ceiling, not turn over."""
    square = np.where(np.arange(8_000) // 40 % 2, 32767, -32768).astype(np.int16)
    made = Resampler(8_000).feed(AudioFrame(0, 8_000, square)).pcm
    steps = np.abs(np.diff(made.astype(int)))
    assert steps.max() < 60_000


def test_an_unknown_rate_fails_aloud() -> None:
    """A wrong rate is heard as a wrong voice: it is refused at the border (sherpa-onnx#1447)."""
    with pytest.raises(UnsupportedRate):
        Resampler(11_025)
    with pytest.raises(UnsupportedRate):
        Resampler(8_000).feed(AudioFrame(0, 16_000, tone(16_000, 440, 0.1)))
