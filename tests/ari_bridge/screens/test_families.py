"""Laws that hold for every family."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from ari_bridge.screens.document import Family
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.words import LANGUAGES
from tests.golden.phone_cards import FOLDER, address, cards, documents

GOLDEN = dict(documents())


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


def test_a_family_is_known_by_its_own_name() -> None:
    """The name in an address and in the settings is the one that the family gives itself."""
    assert all(name == family.name for name, family in FAMILIES.items())
    assert set(FAMILIES) >= {"yealink", "cisco", "fanvil", "grandstream", "unify"}
