"""The cards whose documents are kept in `phone/`; `python -m tests.golden.phone_cards` writes them anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from analysis.conversation import ConversationFacts
from analysis.delivery import Delivery
from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore
from ari_bridge.screens import contesting, cueing, detailing
from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.wording import card_of, stop_failed

FOLDER = Path(__file__).parent / "phone"
LANGUAGES = ("en", "fr")
FACTS = ConversationFacts(
    heard_s=120.0, caller_talk_s=36.0, agent_talk_s=54.0, overlap_s=4.4, longest_pause_s=7.6, caller_overlaps=1,
    agent_overlaps=3, caller_answers=7, agent_answers=8, caller_latency_s=0.416, agent_latency_s=0.832,
    delivery=Delivery(articulation_s=31.0, articulation_rate=4.3, level_change_db=5.6),
)  # fmt: skip
EVEN = ToneScore(10.0, 14.0, Estimate(0.5, 0.08), Estimate(0.1, 0.1), "tone-1")
TENSE = ToneScore(10.0, 14.0, Estimate(0.7, 0.15), Estimate(0.4, 0.2), "tone-1")
NOISE = Abstained(10.0, 14.0, Reason.NOISE)
CUES = {
    "en": "Silence on both sides: at least 10 s (±2 s).",
    "fr": "Silence des deux côtés : au moins 10 s (±2 s).",
}
PROBLEM = "The database is locked."


def address(family: str) -> str:
    """The address of a card, as long as real ones are."""
    return f"http://192.0.2.10:8480/p/{FAMILIES[family].code}/AAAAAAAAAAAAAAAAAAAAAA"


def cards(language: str) -> dict[str, ScoreCard]:
    """A card for every state, and for all that may stand in a granted one, with the keys that it has on a phone."""
    states = {
        state.value: card_of(state, language=language, tone=EVEN, facts=FACTS, problem=PROBLEM) for state in CardState
    }
    tense = card_of(CardState.GRANTED, language=language, tone=TENSE, facts=FACTS)
    granted = {
        "granted": contesting.offering(states["granted"], language),
        "tense": contesting.offering(tense, language),
        "contested": contesting.dropped(tense, language),
        "abstained": card_of(CardState.GRANTED, language=language, tone=NOISE, facts=FACTS),
        "first": card_of(CardState.GRANTED, language=language),
    }
    return {
        **states,
        **{name: detailing.offering(card, language) for name, card in granted.items()},
        "details": detailing.details(tense, language, TENSE),
        "question": contesting.question(language),
        "stop_failed": stop_failed(language),
    }


def cue(language: str) -> ScoreCard:
    """A card on which a cue stands."""
    tense = card_of(CardState.GRANTED, language=language, tone=TENSE, facts=FACTS)
    return detailing.offering(cueing.telling(contesting.offering(tense, language), CUES[language]), language)


def documents() -> Iterator[tuple[str, bytes]]:
    """File name and content of each golden file: what is fetched, and the lines of what is pushed."""
    for family in FAMILIES.values():
        for language in LANGUAGES:
            for name, card in {**cards(language), "cue": cue(language)}.items():
                stem = f"{family.name}_{name}_{language}"
                yield f"{stem}.xml", family.render(card, address(family.name)).body
                if name == "details" and family.picture is not None:
                    url = address(family.name)
                    yield (
                        f"{family.name}_picture_{language}.xml",
                        family.picture(detailing.picture(card), url, f"{url}/trace.png").body,
                    )
                if family.notify is None:
                    continue
                lines = family.notify(card, address(family.name)).content
                yield f"{stem}_notify.txt", "".join(f"{line}\n" for line in lines).encode()


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.iterdir():
        old.unlink()
    for file_name, content in documents():
        (FOLDER / file_name).write_bytes(content)
