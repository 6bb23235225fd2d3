"""The grid that both parties' sound lies on."""

from analysis.speech.detector import CHUNK_S, CHUNK_SAMPLES, SpeechDetector
from analysis.speech.silero import SileroDetector
from tests.fakes.speech_detector import LoudnessDetector


def test_a_chunk_is_32_ms() -> None:
    """What Silero hears at once at 16 kHz; every time that is told is a multiple of it."""
    assert CHUNK_SAMPLES == 512
    assert CHUNK_S == 0.032


def test_detectors_play_the_role() -> None:
    """The product's detector and the tests' can stand for each other (mypy checks the two lines)."""
    detectors: list[SpeechDetector] = [SileroDetector(), LoudnessDetector()]
    for detector in detectors:
        detector.warm()
