"""Judgements made by hand, so that each figure can be checked on paper."""

from pathlib import Path

from analysis.emotion.evaluation.judgement import Judgement, unread
from analysis.emotion.evaluation.labelled import LabelledClip
from analysis.emotion.score import Reason


def clip(
    number: int = 0,
    heard: str = "neutral",
    *,
    speaker: int = 0,
    corpus: str = "own",
    sex: str = "f",
    race: str = "",
    age: int | None = None,
    language: str = "fr",
    votes: float | None = None,
) -> LabelledClip:
    """A clip; with `votes`, ten listeners of whom that share said anger, and the others what says nothing of it."""
    active, angry = float(heard in ("anger", "happy")), float(heard == "anger")
    soft = angry if votes is None else votes
    return LabelledClip(Path(f"{corpus}-{number}.wav"), corpus, f"{corpus}:{speaker}", sex, race, age, language, heard,
                        active, float(heard != "other"), soft, 0 if votes is None else 10)  # fmt: skip


def judgement(
    of: LabelledClip,
    anger: float = 0.1,
    activation: float = 0.2,
    *,
    line: str = "phone",
    sigma: float = 0.1,
    reason: Reason | None = None,
) -> Judgement:
    """A judgement whose alarm goes off above one half."""
    return Judgement(of, line, activation, sigma, anger, sigma, anger > 0.5, reason)


def unheard(of: LabelledClip, line: str = "phone", reason: Reason = Reason.TOO_LITTLE_SPEECH) -> Judgement:
    """A judgement of what the network was not run on."""
    return unread(of, line, reason)


def calm_and_angry(
    calm: int, angry: int, *, false_alarms: int = 0, hits: int | None = None, speakers: int = 10, line: str = "phone",
    **labels: object,
) -> list[Judgement]:  # fmt: skip
    """Judgements of so many clips, the speakers in turn; the first of each kind raise an alarm."""
    found = []
    for number in range(calm + angry):
        is_angry = number >= calm
        place = number - calm if is_angry else number
        alarms = (angry if hits is None else hits) if is_angry else false_alarms
        heard = "anger" if is_angry else "neutral"
        one = clip(number, heard, speaker=number % speakers, **labels)  # type: ignore[arg-type]
        found.append(judgement(one, 0.9 if place < alarms else 0.1, 0.9 if is_angry else 0.1, line=line))
    return found
