"""Laws of where we may write."""

from dialplan.layout import FREEPBX, PLAIN, layout_of
from tests.dialplan.conftest import Site


def test_a_plain_asterisk_is_plain(plain: Site) -> None:
    """Law: without a mark of FreePBX the admin's own files get a block."""
    assert layout_of(plain.etc) is PLAIN
    assert len(PLAIN.places) == 5


def test_freepbx_is_known_by_its_files_or_its_headers(freepbx: Site) -> None:
    """Law: either mark is enough, since writing in a generated file would be lost."""
    assert layout_of(freepbx.etc) is FREEPBX
    (freepbx.etc / "extensions_custom.conf").unlink()
    assert layout_of(freepbx.etc) is FREEPBX


def test_on_freepbx_only_custom_files_are_written() -> None:
    """Law: FreePBX writes every other file anew."""
    assert all(place.file.endswith("_custom.conf") for place in FREEPBX.places)
