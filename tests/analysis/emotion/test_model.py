"""The role that every tone model plays."""

import inspect

from analysis.emotion.model import EmotionModel
from analysis.speech.segment import CallerSpeech


def test_a_tone_model_takes_callers_speech_alone() -> None:
    """Law: the role's one entrance is typed so that staff's voice, or sound without a grant, cannot be handed in."""
    taken = inspect.signature(EmotionModel.judge, eval_str=True).parameters["speech"].annotation
    assert taken.__args__ == (CallerSpeech,)
