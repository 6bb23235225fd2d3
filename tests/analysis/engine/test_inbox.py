"""The bounded queue of one voice."""

import numpy as np
import pytest

from analysis.audio import AudioFrame
from analysis.engine.inbox import MAX_QUEUED_SAMPLES, Inbox, clock_stretch
from consent.errors import Withdrawn
from consent.states import Answer
from tests.analysis.engine.sounds import frames
from tests.conftest import Callers


async def test_the_oldest_goes_and_is_told(callers: Callers) -> None:
    """Of three seconds the newest two stay, in order; the dropped second is named by its place on the clock."""
    grant = (await callers.says_yes()).caller
    inbox = Inbox(grant)
    gone = sum(inbox.put(grant.admit(frame)) for frame in frames(np.ones(48_000, np.int16)))
    taken = inbox.take("en")
    assert taken is not None
    assert gone == 50
    assert taken.dropped == (0, 16_000)
    assert [frame.open().start_sample for frame in taken.frames] == list(range(16_000, 48_000, 320))
    assert inbox.take("en") is None


async def test_a_frame_longer_than_the_queue_is_dropped_whole(callers: Callers) -> None:
    """One monstrous frame cannot make the queue grow."""
    grant = (await callers.says_yes()).caller
    inbox = Inbox(grant)
    assert inbox.put(grant.admit(AudioFrame(0, 16_000, np.zeros(MAX_QUEUED_SAMPLES + 1, np.int16)))) == 1
    taken = inbox.take("en")
    assert taken is not None
    assert list(taken.frames) == []
    assert taken.dropped == (0, 32_001)


async def test_empty_frames_do_not_pile_up(callers: Callers) -> None:
    """A frame of no samples takes no place."""
    grant = (await callers.says_yes()).caller
    inbox = Inbox(grant)
    for _ in range(1_000):
        inbox.put(grant.admit(AudioFrame(0, 16_000, np.zeros(0, np.int16))))
    assert inbox.take("en") is None


async def test_nothing_enters_after_a_withdrawal(callers: Callers) -> None:
    """A frame that was admitted before the stop and arrives after it is not queued."""
    grant = (await callers.says_yes()).caller
    late = grant.admit(AudioFrame(0, 16_000, np.zeros(320, np.int16)))
    await callers.stops(answer=Answer.WITHDRAWN)
    with pytest.raises(Withdrawn):
        Inbox(grant).put(late)


def test_stretches_are_on_the_engines_clock() -> None:
    """Whatever the line's rate, what is said about a stretch is said in one clock."""
    frame = AudioFrame(8_000, 8_000, np.zeros(160, np.int16))
    assert clock_stretch(frame, frame) == (16_000, 16_320)
