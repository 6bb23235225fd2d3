"""One browser of Debian for all tests of the page; fetched before other live tests leave the network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.ari_bridge.web.browser.opened import Opened, browsing, opening
from tests.lab import chromium
from tests.lab.errors import LabError


def pytest_configure(config: pytest.Config) -> None:
    """Have Chromium in the cache; where it cannot be had, the tests say why."""
    if config.option.collectonly or "not live" in config.option.markexpr:
        return
    with suppress(LabError):
        chromium.find()


@pytest.fixture(scope="session")
def program() -> chromium.Chromium:
    """The browser under test."""
    return chromium.find()


@pytest.fixture
async def browser(program: chromium.Chromium, tmp_path: Path) -> AsyncIterator[Browser]:
    """The browser, running."""
    async with browsing(program, tmp_path) as running:
        yield running


@pytest.fixture
async def opened(browser: Browser, tmp_path: Path) -> AsyncIterator[Opened]:
    """A window on the pages. Whatever the browser complains of fails the test."""
    async with opening(browser, tmp_path) as made:
        yield made
        assert made.complaints == []
