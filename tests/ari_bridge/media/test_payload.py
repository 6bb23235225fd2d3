"""Payload formats as values."""

import pytest

from ari_bridge.media.payload import G722, PCMA, PCMU, SLIN16, Codec, PayloadFormat
from consent.errors import InvalidValue


def test_the_static_types_are_those_of_the_standard() -> None:
    """Law: RFC 3551, table 4: PCMU 0, PCMA 8 and G722 9, all with a clock of 8 kHz; G.722 has 16 kHz samples."""
    assert [(one.payload_type, one.clock_rate_hz, one.sample_rate_hz) for one in (PCMU, PCMA, G722)] == [
        (0, 8000, 8000), (8, 8000, 8000), (9, 8000, 16000),
    ]  # fmt: skip


def test_ticks_tell_samples_and_octets() -> None:
    """Law: 20 ms are 640 octets of slin16, 160 of the others, and 320 samples where the sound has 16 kHz."""
    for one, octets, samples in ((SLIN16, 640, 320), (PCMU, 160, 160), (PCMA, 160, 160), (G722, 160, 320)):
        ticks = one.clock_rate_hz // 50
        assert (ticks * one.octets_per_tick, ticks * one.samples_per_tick) == (octets, samples)


@pytest.mark.parametrize(("kind", "clock", "rate"), [(128, 8000, 8000), (-1, 8000, 8000), (9, 16000, 8000), (9, 0, 0)])
def test_an_impossible_format_is_refused(kind: int, clock: int, rate: int) -> None:
    """Law: a format is valid at birth."""
    with pytest.raises(InvalidValue):
        PayloadFormat(kind, Codec.PCMU, clock, rate)
