"""Laws that hold for every family."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from ari_bridge.screens import one_packet
from ari_bridge.screens.card import Action, ScoreCard
from ari_bridge.screens.document import Family, TooLarge
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.lettering import clean, latin1, literal
from ari_bridge.screens.words import LANGUAGES
from tests.ari_bridge.screens import hostile, shown
from tests.ari_bridge.screens.asterisk_arguments import notify_body
from tests.golden.phone_cards import FOLDER, address, cards, documents

GOLDEN = dict(documents())
FUZZED = 10_000
FUZZED_PUSHES = 2_000


def _told(card: ScoreCard) -> list[str]:
    return list(card.told)


def _told_of_an_age(card: ScoreCard) -> list[str]:
    """Where nobody knows whether the screen is renewed: no cue, and how old it may be."""
    lines = [line for line in card.lines if not card.cue or line != card.cue]
    return [card.consent, *lines, *([card.snapshot] if card.refresh_s and card.snapshot else []), card.footer]


def _same(
    spelled: Callable[[str], str], told: Callable[[ScoreCard], list[str]], card: ScoreCard, read: list[str]
) -> bool:
    return read == [spelled(line) for line in told(card)]


def _same_or_cut(card: ScoreCard, read: list[str]) -> bool:
    """Cisco leaves empty lines out, and cuts at 1,024 characters with three dots."""
    wanted = "\n".join(line for line in (latin1(clean(line)) for line in _told(card)) if line)
    text = "\n".join(read)
    return text == wanted or (len(wanted) > 1024 >= len(text) and "..." in text and wanted.startswith(text[:900]))


def _same_in_rows(card: ScoreCard, read: list[str]) -> bool:
    """Grandstream breaks lines into rows, and where there are too many leaves the rows before the last ones out."""
    *body, footer = (literal(line).replace(" ", "") for line in _told_of_an_age(card))
    told = "".join(body)
    snapshot = literal(card.snapshot).replace(" ", "") if card.refresh_s else ""
    if snapshot and told.endswith(snapshot):
        told, footer = told.removesuffix(snapshot), snapshot + footer
    rows = "".join(read).replace(" ", "")
    cuts = [index for index in range(len(rows)) if rows.startswith("...", index)]
    return (rows.startswith(told) and footer.startswith(rows[len(told) :])) or any(
        told.startswith(rows[:cut]) and footer.startswith(rows[cut + 3 :]) for cut in cuts
    )


READ: dict[str, Callable[[ElementTree.Element], list[str]]] = {
    "yealink": shown.text_lines,
    "mitel": shown.text_lines,
    "snom": shown.broken_lines,
    "cisco": shown.text_lines,
    "cisco-cucm": shown.text_lines,
    "poly": shown.paragraphs,
    "fanvil": shown.text_lines,
    "grandstream": shown.rows,
    "unify": shown.alert_lines,
}
TELLS: dict[str, Callable[[ScoreCard, list[str]], bool]] = {
    "yealink": partial(_same, clean, _told),
    "mitel": partial(_same, clean, _told),
    "snom": partial(_same, literal, lambda card: [card.consent, *card.lines, card.footer]),
    "cisco": _same_or_cut,
    "cisco-cucm": _same_or_cut,
    "poly": partial(_same, clean, _told_of_an_age),
    "fanvil": partial(_same, clean, _told_of_an_age),
    "grandstream": _same_in_rows,
    "unify": partial(_same, clean, _told),
}
"""Whether what is read is what the card tells, as each family spells and cuts it."""


@pytest.mark.parametrize("name", GOLDEN)
def test_every_document_is_the_one_on_file(name: str) -> None:
    """What a phone gets for each family, state and language is what somebody looked at and committed."""
    assert (FOLDER / name).read_bytes() == GOLDEN[name]


def test_the_files_are_all_of_todays_documents() -> None:
    """No golden file is left over from a state or a family that is gone."""
    assert {file.name for file in FOLDER.iterdir()} == set(GOLDEN)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_every_document_parses_and_keeps_its_limits(family: Family) -> None:
    """In every state and language: well-formed, within the object's bytes, with no more keys than the phone has."""
    for language in LANGUAGES:
        for card in cards(language).values():
            document = family.render(card, address(family.name))
            root = ElementTree.fromstring(document.body)
            assert len(document.body) <= family.capability.object_bytes
            assert len(root.findtext("Text") or "") <= family.capability.text_characters
            keys = [one for one in root.iter() if one.tag in {"SoftKey", "SoftKeyItem"}]
            assert len(keys) <= family.capability.softkeys


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES.keys())
def test_any_card_reads_the_same_on_every_phone(family: Family) -> None:
    """10,000 cards of hostile texts: each document parses, keeps its bytes, and tells what its card tells."""
    chance = random.Random(f"{family.name} 7")
    for _ in range(FUZZED):
        card = hostile.card(chance)
        document = family.render(card, address(family.name))
        root = ElementTree.fromstring(document.body)
        assert len(document.body) <= family.capability.object_bytes
        assert TELLS[family.name](card, READ[family.name](root)), card
        if family.capability.softkeys >= len(card.keys):
            leaves = {clean(key.label) for key in card.keys if key.action is Action.EXIT}
            assert {_spelled(family, label) for label in leaves} <= set(shown.labels(root))


def _spelled(family: Family, label: str) -> str:
    return {"cisco": latin1, "cisco-cucm": latin1, "snom": literal}.get(family.name, clean)(label)


PUSHED = [family for family in FAMILIES.values() if family.notify is not None]


@pytest.mark.parametrize("family", PUSHED, ids=[family.name for family in PUSHED])
def test_any_card_is_pushed_unharmed_or_refused(family: Family) -> None:
    """2,000 cards of hostile texts through what Asterisk does to AMI's lines: the body is the serialiser's, byte for
    byte; it parses, and what is missing is marked by dots, but for the title and the words on advice, which go last.
    """
    assert family.notify is not None
    chance = random.Random(f"{family.name} 8")
    refused = 0
    for _ in range(FUZZED_PUSHES):
        card = hostile.card(chance)
        try:
            content = family.notify(card, address(family.name)).content
        except TooLarge:
            refused += 1
            continue
        body = notify_body(content)
        assert body == "\r\n".join(content)
        root = ElementTree.fromstring(body.encode())
        if "Execute" in root.tag:
            assert address(family.name) in body
            continue
        read = READ[family.name](root)
        if one_packet.MORE in read[1:]:
            kept = read.index(one_packet.MORE, 1)
            card, read = replace(card, lines=card.lines[: kept - 1]), [*read[:kept], *read[kept + 1 :]]
        told = TELLS[family.name]
        assert told(card, read) or told(replace(card, footer=""), read), card
    assert refused < FUZZED_PUSHES / 100


def test_a_family_is_known_by_its_own_name() -> None:
    """The name in an address and in the settings is the one that the family gives itself."""
    assert all(name == family.name for name, family in FAMILIES.items())
    assert set(FAMILIES) >= {"yealink", "mitel", "snom", "cisco", "poly", "fanvil", "grandstream", "unify"}
