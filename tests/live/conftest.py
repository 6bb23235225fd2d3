"""A site for each module of tests, on loopback alone.

Where the system allows it pytest starts itself once more without a network: what the tests show they show of a machine
that can reach nobody, and an ordinary user may count packets there. OUIDIRE_TEST_ASTERISK names a Debian suite
(bullseye: 16.28); without it the host's Asterisk is used, or else sid's.
"""

import os
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
import pytest_asyncio

from benchmarks import sipp
from tests.lab.errors import LabError
from tests.lab.installation import Installation, find
from tests.lab.netns import bring_loopback_up, reexec_without_network, without_network
from tests.lab.site import Site, open_site


def pytest_configure(config: pytest.Config) -> None:
    """Leave the network, once Asterisk and SIPp are in the cache."""
    if without_network():
        bring_loopback_up()
        return
    if config.option.collectonly or "not live" in config.option.markexpr:
        return
    try:
        _installation()
    except LabError:
        return  # the fixture says it, where it is a test's failure
    with suppress(LabError):  # its test says it
        sipp.find(_say)
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()  # the process to come writes to the terminal itself
    try:
        reexec_without_network()
    except LabError as error:
        if os.geteuid() == 0:  # root counts packets anywhere
            return
        raise pytest.UsageError(f"The live tests count packets. {error}") from error


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The Asterisk under test."""
    return _installation()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One whole site for a module."""
    async with open_site(installation, tmp_path_factory.mktemp("site")) as opened:
        yield opened


def _installation() -> Installation:
    return find(os.environ.get("OUIDIRE_TEST_ASTERISK") or None, _say)


def _say(text: str) -> None:
    print(text, flush=True)
