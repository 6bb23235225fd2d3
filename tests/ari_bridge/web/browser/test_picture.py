"""Laws of the pictures in the docs: each is taken by the command, of the page as it is, and none lies there besides."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.ari_bridge.web.browser.picture import PICTURES, take
from tests.house.places import ROOT


@pytest.mark.live
async def test_the_command_takes_each_picture(tmp_path: Path) -> None:
    """Law: the pictures that the docs show are the command's: the same ones, of the same size within a line of text."""
    await take(tmp_path, lambda _: None)
    kept = ROOT / "docs" / "desk-page"
    assert {one.name for one in kept.iterdir()} == {f"{name}.png" for name in PICTURES}
    for name in PICTURES:
        with Image.open(tmp_path / f"{name}.png") as taken, Image.open(kept / f"{name}.png") as shown:
            assert taken.width == shown.width == 360
            assert abs(taken.height - shown.height) <= 24


def test_the_docs_show_each_picture() -> None:
    """Law: no picture is taken for nobody."""
    text = (ROOT / "docs" / "desk-page.md").read_text(encoding="utf-8")
    assert all(f"desk-page/{name}.png" in text for name in PICTURES)
