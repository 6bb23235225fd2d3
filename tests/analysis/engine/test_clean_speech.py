"""The caller alone, whole and fit, or the reason why not."""

import numpy as np
import pytest

from analysis.audio import AudioFrame
from analysis.emotion.score import Reason
from analysis.engine.clean_speech import ECHO_CHUNKS, clean_speech
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.hysteresis import Decision
from analysis.speech.marks import Marks
from analysis.speech.segment import SpeechSegment
from analysis.speech.segmenter import Window
from analysis.speech.sound_ring import SoundRing
from tests.analysis.engine.sounds import frames, talk

WINDOW = Window(20, 120)


def marks_of(speaks: list[tuple[int, int]], unheard: tuple[int, int] = (0, 0), until: int = 140) -> Marks:
    """A party that speaks in these ranges of chunks, and was not heard in one."""
    marks = Marks()
    for chunk in range(until):
        if not unheard[0] <= chunk < unheard[1]:
            marks.put(Decision(chunk, any(first <= chunk < stop for first, stop in speaks)))
    return marks


def caller_ring(lost: tuple[int, int] = (0, 0), speech: tuple[int, int] = (20, 120)) -> SoundRing:
    """A caller who speaks in these chunks, by default the window, with some chunks lost."""
    ring = SoundRing(256)
    first, stop = speech
    for frame in frames(talk(("silence", first), ("speech", stop - first), ("silence", 140 - stop))):
        if not lost[0] <= frame.start_sample // CHUNK_SAMPLES < lost[1]:
            ring.write(frame)
    return ring


def found(
    agent: Marks | None,
    ring: SoundRing | None = None,
    own: Marks | None = None,
    odds: tuple[float, float] = (4.0, -4.0),
) -> SpeechSegment | Reason:
    """What is found in the window, when every chunk of it has these log-odds of talk and of company."""
    voices = np.tile(np.array(odds, np.float32), (WINDOW.stop_chunk - WINDOW.first_chunk, 1))
    return clean_speech(ring or caller_ring(), WINDOW, voices, own or marks_of([(20, 120)]), agent)


def test_a_caller_alone_is_judged_whole() -> None:
    """Nothing is cut from a window in which the agent is silent, and its times are the window's."""
    segment = found(marks_of([]))
    assert isinstance(segment, SpeechSegment)
    assert segment.start_sample == 20 * CHUNK_SAMPLES
    assert len(segment.samples) == 100 * CHUNK_SAMPLES
    assert (segment.overlap_share, segment.coverage) == (0.0, 1.0)


@pytest.mark.parametrize("interruption", [(20, 26), (60, 66), (114, 120), (10, 20)])
def test_no_sample_in_which_the_agent_may_be_heard_is_left(interruption: tuple[int, int]) -> None:
    """Where the agent speaks, and as long afterwards as an echo lasts, the caller's line is not given to the model."""
    segment = found(marks_of([interruption]))
    assert isinstance(segment, SpeechSegment)
    first = segment.start_sample // CHUNK_SAMPLES
    stop = first + len(segment.samples) // CHUNK_SAMPLES
    assert stop <= interruption[0] or first >= interruption[1] + ECHO_CHUNKS
    assert stop - first >= 40


def test_much_overlap_is_said() -> None:
    """More than a fifth of the caller's speech under the agent's: nobody can tell whose tone it is."""
    assert found(marks_of([(50, 80)])) is Reason.BOTH_SPEAK


def test_an_agent_who_was_not_heard_may_be_an_echo() -> None:
    """Fail closed: with the agent's leg lost the stretch is not judged, and the line is named."""
    assert found(marks_of([], unheard=(40, 80))) is Reason.LINE
    assert found(Marks()) is Reason.LINE


def test_without_an_agent_there_is_no_echo() -> None:
    """A microphone has a caller only."""
    assert isinstance(found(None), SpeechSegment)


def test_lost_sound_is_the_line() -> None:
    """Holes in the caller's own sound are never judged as calm."""
    assert found(marks_of([]), caller_ring(lost=(50, 60))) is Reason.LINE


def test_what_is_no_talk_or_of_more_than_one_is_not_judged() -> None:
    """A crying child is noise and somebody beside the caller a second voice: neither is ever the caller's tone."""
    assert found(marks_of([]), odds=(-1.0, -4.0)) is Reason.NOISE
    assert found(marks_of([]), odds=(4.0, 4.0)) is Reason.SECOND_VOICE


def test_only_what_is_speech_counts_for_who_it_is() -> None:
    """What the detector remembers in pauses says nothing about the voice."""
    voices = np.tile(np.array((-9.0, 9.0), np.float32), (100, 1))
    voices[:60] = (4.0, -4.0)
    ring = caller_ring(speech=(20, 80))
    assert isinstance(clean_speech(ring, WINDOW, voices, marks_of([(20, 80)]), None), SpeechSegment)


def test_what_sounds_before_somebody_talks_counts() -> None:
    """Music behind a caller shows in the pauses: as loud as the speech it is noise, whatever the speech itself hides;
    what was lost of them tells nothing.
    """
    loud = caller_ring(speech=(0, 120))
    assert found(marks_of([]), loud) is Reason.NOISE
    assert found(None, loud) is Reason.NOISE
    assert isinstance(found(marks_of([]), caller_ring(speech=(0, 120), lost=(0, 10))), SpeechSegment)


@pytest.mark.parametrize("agent", [marks_of([(0, 12)]), marks_of([], unheard=(0, 6))], ids=["speaks", "unheard"])
def test_the_agents_echo_is_no_noise_of_the_callers(agent: Marks) -> None:
    """Where the agent speaks, or may speak, a pause tells nothing of the caller's line."""
    assert isinstance(found(agent, caller_ring(speech=(0, 120))), SpeechSegment)


def test_turns_in_one_window_are_no_overlap() -> None:
    """The agent answers within the caller's window: what is left of the caller is too little, not both at once."""
    own = marks_of([(20, 45), (95, 120)])
    assert found(marks_of([(46, 90)]), own=own) is Reason.TOO_LITTLE_SPEECH


def test_agent_everywhere_leaves_nothing() -> None:
    """A window that is all echo tail holds nothing to judge."""
    own = marks_of([(20, 30)])
    assert found(marks_of([(12, 20), (31, 120)]), own=own) is Reason.TOO_LITTLE_SPEECH


def test_what_is_cut_is_a_copy() -> None:
    """The ring goes on turning while the model judges."""
    ring = caller_ring()
    segment = found(marks_of([]), ring)
    assert isinstance(segment, SpeechSegment)
    before = segment.samples.copy()
    ring.write(AudioFrame(ring.end_sample, 16_000, np.full(256 * CHUNK_SAMPLES - CHUNK_SAMPLES, 9, np.int16)))
    np.testing.assert_array_equal(segment.samples, before)
