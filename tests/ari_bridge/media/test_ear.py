"""The roles that bring a leg's sound."""

import numpy as np

from ari_bridge.media.ear import Ear, MediaPlace, Sound
from ari_bridge.media.ports import PortRange
from ari_bridge.media.udp_receiver import RtpPlace


def test_a_sound_is_a_plain_tuple() -> None:
    """Law: what happens a dozen times a second for each leg costs no more than a tuple."""
    pcm = np.zeros(3, np.int16)
    assert tuple(Sound(5, 16_000, pcm, 1.5)) == (5, 16_000, pcm, 1.5)


async def test_rtp_fills_the_roles() -> None:
    """Law: what calls know of RTP are these two roles, so that another way of bringing sound can take its place."""
    place: MediaPlace = RtpPlace("127.0.0.1", PortRange(47_300, 47_310), "127.0.0.1")
    ear: Ear = await place.open(lambda sounds: None)
    assert int(ear.target) in range(47_300, 47_311)
    assert ear.stats().packets == 0
    ear.close()
