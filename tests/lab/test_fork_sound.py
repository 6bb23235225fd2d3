"""Laws of the ear on the forks that need no packet socket."""

import struct

import numpy as np

from tests.lab.fork_sound import SILENT_DBOV, ForkSound, leak_db, level_dbov, narrow
from tests.lab.test_recorder import ip_packet


def _rtp(pcm: np.ndarray) -> bytes:
    return struct.pack("!BBHII", 0x80, 118, 7, 320, 1) + pcm.astype(">i2").tobytes()


def test_what_came_to_a_port_is_its_sound() -> None:
    """Law: samples come back as they were sent, of the ports and the time asked for, and of nothing that is no RTP."""
    heard, pcm = ForkSound(), np.arange(-5, 5, dtype=np.int16)
    heard.take(ip_packet(41003, _rtp(pcm), options=b"\0" * 4), 10)
    heard.take(ip_packet(41003, _rtp(-pcm)), 20)
    heard.take(ip_packet(41004, _rtp(pcm)), 20)
    heard.take(ip_packet(41003, b"hello"), 20)
    np.testing.assert_array_equal(heard.of({41003}, 0, 30), np.concatenate([pcm, -pcm]))
    np.testing.assert_array_equal(heard.of({41003}, 15, 30), -pcm)
    assert len(heard.of({41005}, 0, 30)) == 0


def test_levels_are_told_in_dbov() -> None:
    """Law: full scale is 0, half of it -6, and silence is finite."""
    assert abs(level_dbov(np.full(100, -32768, np.int16))) < 0.01
    assert abs(level_dbov(np.full(100, 16384, np.int16)) + 6.02) < 0.01
    assert level_dbov(np.zeros(100, np.int16)) == level_dbov(np.zeros(0, np.int16)) == SILENT_DBOV


def test_a_leak_is_found_under_other_sound() -> None:
    """Law: what leaks 20 dB quieter is told within 1 dB, under other sound as loud as the original, anywhere in it;
    where too little was heard nothing is told, in neither way.
    """
    rng = np.random.default_rng(4)
    template, other = (rng.standard_normal(16_000) * 2_000 for _ in range(2))
    heard = np.concatenate([np.zeros(700), template * 0.1 + other]).astype(np.int16)
    assert abs(leak_db(heard, template.astype(np.int16)) + 20) < 1
    assert leak_db(other.astype(np.int16), template.astype(np.int16)) < -30
    assert leak_db(np.zeros(20_000, np.int16), template.astype(np.int16)) == SILENT_DBOV
    assert np.isnan(leak_db(template[:100].astype(np.int16), template.astype(np.int16)))


def test_half_the_rate_is_the_same_sound() -> None:
    """Law: a tone below 4 kHz is itself at 8 kHz."""
    tone = (np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000) * 9_000).astype(np.int16)
    wanted = (np.sin(2 * np.pi * 440 * (np.arange(8_000) + 0.25) / 8_000) * 9_000).astype(np.int16)
    assert np.abs(narrow(tone).astype(int) - wanted).max() < 60
