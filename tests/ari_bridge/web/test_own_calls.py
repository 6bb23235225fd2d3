"""Laws of an agent's own list in words: those of the cards, and no number that they do not show."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analysis.emotion.score import Abstained, Reason, Verdict
from ari_bridge.calls.board import Stage
from ari_bridge.calls.own_history import OwnCall
from ari_bridge.web.own_calls import OwnLine, lines
from consent.wording import LANGUAGES
from tests.ari_bridge.web.desk_phones import TONE

BEGAN, ENDED = datetime(2026, 3, 4, 9, 5, 59, tzinfo=UTC), datetime(2026, 3, 4, 9, 14, tzinfo=UTC)


def a_call(stage: Stage = Stage.GRANTED, tone: Verdict | None = None, *, contested: bool = False) -> OwnCall:
    """A call that is over."""
    return OwnCall(BEGAN, ENDED, stage, tone, contested)


def test_a_line_says_when_and_what_became_of_the_consent() -> None:
    """Law: minutes, the consent, and the tone in the words of the card with how sure they are."""
    assert lines([a_call(tone=TONE)], "en") == (
        OwnLine("09:05 – 09:14", "Consent: granted.", "Caller's tone: rather tense (uncertain)."),
    )
    (running,) = lines([OwnCall(BEGAN, None, Stage.REFUSED, None, contested=False)], "en")
    assert running == OwnLine("09:05 – now", "Consent: refused.", "")


def test_silence_never_looks_like_calm() -> None:
    """Law: an abstention says why; where nothing may be said, no word of a tone stands there; a contest is said."""
    (unsure,) = lines([a_call(tone=Abstained(0.0, 1.0, Reason.NOISE))], "en")
    assert "not measured" in unsure.tone.lower()
    (withdrawn,) = lines([a_call(Stage.WITHDRAWN)], "en")
    assert withdrawn.tone == ""
    (contested,) = lines([a_call(contested=True)], "en")
    assert "erased" in contested.tone


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_stage_has_its_words(language: str) -> None:
    """Law: each line is whole in every language, and holds the order that it is given."""
    made = lines([a_call(stage, TONE) for stage in Stage], language)
    assert len({one.consent for one in made}) >= 5
    assert all(one.tone for one in made)
    assert lines([], language) == ()
