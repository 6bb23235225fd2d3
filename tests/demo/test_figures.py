"""Laws of the figures."""

import numpy as np
import pytest

from tests.demo import figures
from tests.demo.figures import GRACE_MS, Interval
from tests.demo.made_up import PORT, at, every_20_ms, packets


def test_without_a_recorded_yes_every_packet_is_outside() -> None:
    """No grant no voice: where the ledger holds no yes, not one packet is allowed."""
    assert figures.grant(None, at(10), None, at(40)) is None
    assert figures.outside(every_20_ms(1, 2), None) == 50


def test_a_grant_begins_no_earlier_than_the_key_was_released() -> None:
    """The PBX records whole seconds, so the yes may seem earlier than the key: the later of both counts."""
    assert figures.grant(at(9), at(9.7), None, at(40)) == Interval(at(9.7), at(40) + GRACE_MS * 1_000_000)
    assert figures.grant(at(10), at(9.7), None, at(40)) == Interval(at(10), at(40) + GRACE_MS * 1_000_000)


def test_a_grant_ends_with_the_stop_key() -> None:
    """What comes later than 100 ms after the end of the 9 key is outside, and so is what came before the yes."""
    allowed = figures.grant(at(10), at(10), at(30), at(40))
    times_ns = np.array([at(9.9), at(10), at(30.1), at(30.101), at(39)], dtype=np.int64)
    assert figures.outside(times_ns, allowed) == 3


def test_the_last_packet_is_measured_from_the_moment() -> None:
    """Negative where the last packet came before it; nothing where there is no packet or no such moment."""
    assert figures.last_after_ms(every_20_ms(1, 2), at(2)) == -20.0
    assert figures.last_after_ms(every_20_ms(1, 2), at(1.5)) == 480.0
    assert figures.last_after_ms(every_20_ms(1, 1), at(2)) is None
    assert figures.last_after_ms(every_20_ms(1, 2), None) is None


def test_a_voice_that_ends_early_is_a_gap() -> None:
    """A gap counts at the beginning and the end too: silence to the hang-up is no perfect call."""
    assert figures.largest_gap_ms(every_20_ms(1, 2), at(1), at(2)) == 20.0
    assert figures.largest_gap_ms(every_20_ms(1, 2), at(1), at(3)) == 1020.0
    assert figures.largest_gap_ms(every_20_ms(1.5, 2), at(1), at(2)) == 500.0
    assert figures.largest_gap_ms(every_20_ms(1, 1), at(1), at(4)) == 3000.0


def test_only_the_keys_own_time_is_taken_out_of_a_gap() -> None:
    """A gap of 1.8 s that begins with a key of 100 ms is one of 1.7 s: whatever else silences the call is seen."""
    times_ns = np.concatenate([every_20_ms(1, 2.02), every_20_ms(3.8, 5)])
    assert figures.largest_gap_ms(times_ns, at(1), at(5)) == 1800.0
    assert figures.largest_gap_ms(times_ns, at(1), at(5), figures.keys_held([at(2.1)])) == 1700.0
    assert figures.largest_gap_ms(times_ns, at(1), at(5), figures.keys_held([at(4.5)])) == 1800.0


def test_a_fork_is_a_source_at_a_port() -> None:
    """Forks are told apart by port, source and SSRC, in the order in which they began."""
    found = figures.flows(packets((PORT + 1, every_20_ms(2, 3)), (PORT, every_20_ms(1, 3))))
    assert [(flow.port, flow.first_ns, flow.packets) for flow in found] == [(PORT, at(1), 100), (PORT + 1, at(2), 50)]
    assert figures.flows(packets()) == ()


def test_silence_is_not_speech() -> None:
    """Only what can be heard counts as speech."""
    loud = (3000 * np.sin(np.arange(8000) / 5)).astype(np.int16)
    assert figures.speech_s(np.concatenate([loud, np.zeros(16000, dtype=np.int16)]), 8000) == 1.0
    assert figures.speech_s(np.zeros(0, dtype=np.int16), 8000) == 0.0


def test_an_interval_ends_after_it_begins() -> None:
    """A stretch of time that ends before it begins is refused."""
    with pytest.raises(ValueError, match="ends before"):
        Interval(2, 1)
