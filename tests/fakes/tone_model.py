"""Tone models of the tests: they judge without hearing, and remember what they were given."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from analysis.emotion.score import Estimate, ToneScore, Verdict
from analysis.speech.segment import CallerSpeech


class RememberingTone:
    """Finds everybody half tense, and keeps every segment that it was given."""

    model_id = "remembering-1"

    def __init__(self, languages: frozenset[str] = frozenset({"en", "fr"})) -> None:
        self.languages = languages
        self.given: list[CallerSpeech] = []
        self.before_judging: Callable[[], None] = lambda: None

    def warm(self) -> None:
        """Nothing to load."""

    def judge(self, speech: Sequence[CallerSpeech]) -> list[Verdict]:
        """The same score for each segment."""
        self.before_judging()
        verdicts: list[Verdict] = []
        for part in speech:
            heard = part.consented.open()
            self.given.append(part)
            half = Estimate(0.5, 0.1)
            verdicts.append(ToneScore(heard.start_s, heard.end_s, half, half, self.model_id))
        return verdicts


class FailingTone(RememberingTone):
    """Fails as often as it is told to."""

    def __init__(self, failures: int) -> None:
        super().__init__()
        self.failures = failures

    def judge(self, speech: Sequence[CallerSpeech]) -> list[Verdict]:
        """Raise, or judge."""
        if self.failures:
            self.failures -= 1
            raise RuntimeError("the model broke")
        return super().judge(speech)
