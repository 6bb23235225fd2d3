"""One site for the tests of this folder; without a FreeSWITCH they say so and are skipped."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.lab.freeswitch import NONE_INSTALLED, find_freeswitch
from tests.lab.switch_site import SwitchSite, open_switch_site


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SwitchSite]:
    """The product on a FreeSWITCH."""
    if find_freeswitch() is None:
        pytest.skip(NONE_INSTALLED)
    async with open_switch_site(tmp_path_factory.mktemp("site")) as opened:
        yield opened
