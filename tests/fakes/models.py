"""Models that say the same thing always, where a test is about what becomes of it."""

from collections.abc import Sequence

from analysis.emotion.score import Estimate, ToneScore, Verdict
from analysis.speech.segment import CallerSpeech


class SteadyTone:
    """Finds everybody a little tense."""

    model_id = "steady-1"
    languages = frozenset({"en"})

    def warm(self) -> None:
        """Nothing to do."""

    def judge(self, speech: Sequence[CallerSpeech]) -> list[Verdict]:
        """The same of each."""
        return [self._one(part) for part in speech]

    def _one(self, part: CallerSpeech) -> Verdict:
        segment = part.consented.open()
        return ToneScore(segment.start_s, segment.end_s, Estimate(0.6, 0.1), Estimate(0.2, 0.1), self.model_id)
