"""Payloads into samples."""

import warnings

import numpy as np
import pytest
from G722 import G722
from numpy.typing import NDArray

from ari_bridge.media.codecs import A_LAW, MU_LAW, decoder
from ari_bridge.media.payload import Codec

with warnings.catch_warnings():  # the standard library's, until Python 3.13: an independent opinion
    warnings.simplefilter("ignore", DeprecationWarning)
    import audioop

EVERY_OCTET = np.arange(256, dtype=np.uint8)


def speech_like(samples: int) -> NDArray[np.int16]:
    """Two tones, one in each of G.722's bands, that swell and fade."""
    at_s = np.arange(samples) / 16_000
    wave = np.sin(2 * np.pi * 440 * at_s) + 0.3 * np.sin(2 * np.pi * 5_000 * at_s)
    return (6_000 * wave * np.sin(2 * np.pi * 3 * at_s)).astype(np.int16)


def test_both_laws_of_g711_agree_with_the_standard_librarys() -> None:
    """Law: each of the 256 octets is the sample that audioop makes of it."""
    for codec, table, theirs in ((Codec.PCMU, MU_LAW, audioop.ulaw2lin), (Codec.PCMA, A_LAW, audioop.alaw2lin)):
        expected = np.frombuffer(theirs(bytes(EVERY_OCTET), 2), np.int16)
        assert np.array_equal(table, expected)
        assert np.array_equal(decoder(codec).decode(EVERY_OCTET), expected)


def test_linear_samples_come_in_native_order() -> None:
    """Law: big-endian on the wire, native here, and a copy: what arrives next does not change it."""
    octets = np.array([[0x01, 0x02, 0xFF, 0xFE], [0x00, 0x01, 0x80, 0x00]], np.uint8)
    pcm = decoder(Codec.L16).decode(octets)
    octets[:] = 0
    assert pcm.dtype.isnative
    assert pcm.tolist() == [0x0102, -2, 1, -32768]


def test_g722_comes_back_as_what_was_spoken() -> None:
    """Law: encoded and decoded, sound in both bands is itself again, 22 samples later (the filters' delay)."""
    spoken = speech_like(16_000)
    octets = np.frombuffer(G722(16_000, 64_000).encode(spoken), np.uint8)
    heard = decoder(Codec.G722).decode(octets)
    assert heard.dtype == np.int16
    assert len(heard) == len(spoken)
    difference = heard[22:].astype(float) - spoken[:-22]
    assert np.mean(difference**2) < 0.01 * np.mean(spoken.astype(float) ** 2), "20 dB"


@pytest.mark.parametrize("codec", list(Codec))
def test_pieces_are_the_whole(codec: Codec) -> None:
    """Law: packets decoded one by one, or many as rows, give what the whole gives: state goes on between them."""
    octets = np.frombuffer(G722(16_000, 64_000).encode(speech_like(3_200)), np.uint8)
    whole = decoder(codec).decode(octets)
    by_one, by_rows = decoder(codec), decoder(codec)
    rows = octets.reshape(-1, 160)
    assert np.array_equal(np.concatenate([by_one.decode(row) for row in rows]), whole)
    assert np.array_equal(np.concatenate([by_rows.decode(rows[:4]), by_rows.decode(rows[4:])]), whole)


def test_a_reset_forgets_what_went_before() -> None:
    """Law: after a gap G.722 begins anew, whatever was heard before it."""
    octets = np.frombuffer(G722(16_000, 64_000).encode(speech_like(3_200)), np.uint8)
    used, fresh = decoder(Codec.G722), decoder(Codec.G722)
    used.decode(octets)
    assert not np.array_equal(used.decode(octets), fresh.decode(octets))
    used.reset()
    fresh.reset()
    assert np.array_equal(used.decode(octets), fresh.decode(octets))
