"""Laws of the notes on when cards are offered."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ari_bridge.screens.card import CardState, ScoreCard
from ari_bridge.screens.wording import card_of
from tests.lab.stopwatch import Offered, Stopwatch, read


@dataclass(frozen=True)
class Phone:
    """As much of a phone as is noted."""

    endpoint: str


class Pusher:
    """Keeps what it was handed."""

    def __init__(self, show: Callable[..., None]) -> None:
        self.show = show
        self.shown: list[object] = []


def _card(tone: str, talked: str) -> ScoreCard:
    return replace(card_of(CardState.GRANTED, language="en"), lines=(tone, talked))


def test_a_card_of_a_verdict_is_told_from_another(tmp_path: Path) -> None:
    """Law: each offer is passed on and noted; one made while a verdict is told bears its moment, another none; equal
    cards have one face, whatever their facts; what is half written is not read.
    """
    calm, tense, calm_still = _card("calm", "1 s"), _card("tense", "2 s"), _card("calm", "3 s")
    notes = tmp_path / "notes"
    with notes.open("a", encoding="utf-8", buffering=1) as file:
        watch = Stopwatch(file.write)
        pusher = Pusher(watch.offering(lambda pusher, phone, url, card: pusher.shown.append(card)))
        tell = watch.telling(lambda: pusher.show(pusher, Phone("1001"), "u", tense))
        pusher.show(pusher, Phone("1001"), "u", calm)
        tell()
        pusher.show(pusher, Phone("1001"), "u", calm_still)
        file.write('{"at_ns": 1')
    found = read(notes)
    assert pusher.shown == [calm, tense, calm_still]
    assert [one.endpoint for one in found] == ["1001"] * 3
    assert [bool(one.verdict_ns) for one in found] == [False, True, False]
    assert found[0].face == found[2].face != found[1].face
    assert found[0].at_ns <= found[1].verdict_ns <= found[1].at_ns


def test_nothing_is_read_where_nothing_was_noted(tmp_path: Path) -> None:
    """Law: no file is no offer; a note reads as it was written."""
    assert read(tmp_path / "none") == []
    note = {"at_ns": 1, "endpoint": "1001", "face": "f", "verdict_ns": 0}
    (tmp_path / "one").write_text(json.dumps(note) + "\n")
    assert read(tmp_path / "one") == [Offered(1, "1001", "f", 0)]
