"""What mypy must reject inside the engine, too: no room of it takes a voice without its grant. See test_rejected.py."""

from analysis.audio import AudioFrame
from analysis.emotion.model import EmotionModel
from analysis.emotion.score import Verdict
from analysis.engine.batcher import Batcher
from analysis.engine.engine import Engine
from analysis.engine.inbox import Inbox
from analysis.engine.stream import Stream
from analysis.speech.detector import SpeechDetector
from analysis.speech.segment import CallerSpeech, SpeechSegment
from consent.grant import Consented


def queued(inbox: Inbox, frame: AudioFrame, kept: Consented[AudioFrame]) -> None:
    """The queue holds what was admitted."""
    inbox.put(frame)  # E: "AudioFrame"; expected "Consented[AudioFrame]"
    inbox.put(kept)


def begun(detector: SpeechDetector, frame: AudioFrame, kept: Consented[AudioFrame]) -> None:
    """A stream begins with an admitted frame, under whose grant its sound then lies."""
    Stream(frame, detector)  # E: "AudioFrame"; expected "Consented[AudioFrame]"
    Stream(kept, detector)


def judged(batcher: Batcher, kept: Consented[SpeechSegment], speech: CallerSpeech) -> None:
    """A segment that was not checked to be the caller's is not judged."""
    batcher.judge([kept])  # E: "Consented[SpeechSegment]"; expected "CallerSpeech"
    batcher.judge([speech])


def _forgets_the_grant(verdict: Verdict) -> None: ...


def told(detector: SpeechDetector, tone: EmotionModel) -> None:
    """Verdicts are handed out under their grant only."""
    Engine(detector, tone, _forgets_the_grant)  # E: expected "Callable[[Consented[
