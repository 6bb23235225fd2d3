"""What mypy must reject: a voice without a grant around it. Never run; see test_rejected.py."""

import numpy as np

from analysis.audio import AudioFrame
from analysis.emotion.model import EmotionModel
from analysis.emotion.score import ToneScore, Verdict
from analysis.engine.engine import Engine
from analysis.speech.segment import CallerSpeech, SpeechSegment
from analysis.store.scores import Scores
from consent.grant import Consented, ConsentGrant


def raw_audio_to_the_engine(engine: Engine, frame: AudioFrame, grant: ConsentGrant) -> None:
    """The engine hears what was admitted, not what came in."""
    engine.hear(frame)  # E: "AudioFrame"; expected "Consented[AudioFrame]"
    engine.hear(frame.pcm)  # E: expected "Consented[AudioFrame]"
    engine.hear(np.zeros(320, np.int16))  # E: expected "Consented[AudioFrame]"
    engine.hear(None)  # E: "None"; expected "Consented[AudioFrame]"
    engine.hear((grant, frame))  # E: expected "Consented[AudioFrame]"
    engine.hear(grant.admit(frame.pcm))  # E: expected "AudioFrame"
    engine.hear(grant.admit(frame))


def a_segment_to_the_tone_model(model: EmotionModel, segment: SpeechSegment, kept: Consented[SpeechSegment]) -> None:
    """The tone model takes the caller's speech and nothing less."""
    model.judge([segment])  # E: "SpeechSegment"; expected "CallerSpeech"
    model.judge([kept])  # E: "Consented[SpeechSegment]"; expected "CallerSpeech"
    CallerSpeech(segment)  # E: expected "Consented[SpeechSegment]"
    model.judge([CallerSpeech(kept)])


async def a_bare_verdict_to_the_store(scores: Scores, score: ToneScore, kept: Consented[Verdict]) -> None:
    """A row needs the grant that it was made under."""
    await scores.keep(score)  # E: "ToneScore"; expected "Consented
    await scores.keep(kept)
