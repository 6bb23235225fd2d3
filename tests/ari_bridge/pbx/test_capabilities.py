"""Laws of the table of what each PBX can do, and of the document that is made from it."""

import pytest

from ari_bridge.pbx.capabilities import CAPABILITIES, Capability
from ari_bridge.run.settings import WAYS
from consent.errors import InvalidValue
from tests.ari_bridge.pbx.differences import DOCUMENT, text

ROWS = {row.name: row for rows in CAPABILITIES.values() for row in rows}


def test_the_document_is_the_table() -> None:
    """Law: docs/pbx-differences.md says what the code says, word for word; python -m writes it anew."""
    assert DOCUMENT.read_text(encoding="utf-8") == text()


def test_each_thing_is_told_once() -> None:
    """Law: no name stands twice, and no question either."""
    rows = [row for rows in CAPABILITIES.values() for row in rows]
    assert len({row.name for row in rows}) == len({row.what for row in rows}) == len(rows)


@pytest.mark.parametrize("text", ["", "  ", "a|b", "a\nb"])
def test_a_cell_is_a_cell(text: str) -> None:
    """Law: a text that would break the table cannot be."""
    with pytest.raises(InvalidValue):
        Capability("name", "what", "yes", text)
    assert Capability("name", "what", "yes", "yes").is_alike
    assert not Capability("name", "what", "yes", "no").is_alike


def test_every_way_of_voices_is_named() -> None:
    """Law: what media.transport may be on a PBX stands in its column."""
    assert WAYS == {"asterisk": ("rtp", "audiosocket"), "freeswitch": ("websocket", "tap")}
    assert all(way in ROWS["ways"].asterisk.lower() for way in WAYS["asterisk"])
    assert all(way in ROWS["ways"].freeswitch.lower() for way in WAYS["freeswitch"])
