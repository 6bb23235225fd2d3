"""Laws of the manifest."""

from pathlib import Path

import pytest

from dialplan.change import InstallRefused
from dialplan.manifest import Manifest, digest, manifest_file, read_manifest


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Law: an uninstall knows what the install knew."""
    manifest = Manifest({"a.conf": digest(b"x"), "b.conf": None}, {"/x": digest(b"y")}, ("/x", "/x/y"))
    file = manifest_file(tmp_path)
    file.parent.mkdir()
    file.write_bytes(manifest.as_bytes())
    assert read_manifest(tmp_path) == manifest


def test_none_is_none_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    """Law: a damaged manifest is never taken for an empty one."""
    assert read_manifest(tmp_path) is None
    file = manifest_file(tmp_path)
    file.parent.mkdir()
    for broken in (b"{", b"[]", b'{"originals": {}}'):
        file.write_bytes(broken)
        with pytest.raises(InstallRefused, match="damaged"):
            read_manifest(tmp_path)
