"""One revision of the hub's model, and no other."""

import hashlib
from datetime import date
from pathlib import Path

import pytest

from analysis.emotion.foreign.pins import LABELS, PINNED, check_pinned
from analysis.emotion.foreign.trust import NotTrusted, TrustedFolder
from tests.analysis.emotion.foreign.tiny_wav2vec2 import LABEL_LINES

DAY = date(2026, 1, 5)


def test_the_pinned_files_are_taken_whatever_lies_beside_them() -> None:
    """Law: the three files that are read decide; the hub's code is not among them."""
    check_pinned(TrustedFolder(Path("/srv/m"), {**PINNED, "custom_interface.py": "ab" * 32}, DAY))
    assert not [name for name in PINNED if name.endswith((".py", ".yaml"))]


@pytest.mark.parametrize("name", PINNED)
def test_another_revision_is_refused_by_name(name: str) -> None:
    """Law: a file that differs, or is missing, is refused by name, though an admin has confirmed the folder."""
    with pytest.raises(NotTrusted, match=f"{name} is not that of"):
        check_pinned(TrustedFolder(Path("/srv/m"), {**PINNED, name: "ab" * 32}, DAY))
    with pytest.raises(NotTrusted, match=f"lacks {name}"):
        check_pinned(TrustedFolder(Path("/srv/m"), {one: PINNED[one] for one in PINNED if one != name}, DAY))


def test_the_labels_are_those_of_the_revision() -> None:
    """Law: the labels' sha256 is that of their text; it is the one that can be computed here."""
    assert hashlib.sha256(LABEL_LINES.encode()).hexdigest() == PINNED[LABELS]
