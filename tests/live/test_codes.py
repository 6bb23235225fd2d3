"""A contest by keys, and the code of a page, through the PBX, the bridge and the file."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from consent.parties import Party
from tests.lab.installation import Installation
from tests.lab.site import Site, open_site
from tests.live.line_caller import OnLine
from tests.live.people import Talk, lines, speak, talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

PAUSE_S = 1.0
TRIES = 3
"""Where the caller's last words were too few to be judged no score stands, and the agent hears that."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site with a few agents."""
    async with open_site(installation, tmp_path_factory.mktemp("site")) as opened:
        for number in range(1001, 1005):
            await opened.agent(number)
        yield opened


def _scores(site: Site, met: Talk) -> int:
    return site.records.derived(met.call_id).scores


async def _twice(leg: OnLine) -> None:
    """Press, hear the question out, press again."""
    await leg.press("*7")
    await leg.hears("contest_again")
    await asyncio.sleep(PAUSE_S)
    await leg.press("*7")


async def _contested_after(
    site: Site, met: Talk, spoken: Sequence[NDArray[np.int16]], agent: OnLine
) -> tuple[str, int]:
    """Have the caller speak, and then the agent contest: what the agent hears, and how many scores stood before."""
    began_s, before = time.monotonic(), _scores(site, met)
    speak(met.dialled.call, spoken)
    await site.until("a score", lambda: _scores(site, met) > before, 60)
    for _ in range(2):
        await met.dialled.press("*7")
    # Beside the voice the whisper would be heard, but not understood by correlation.
    await asyncio.sleep(began_s + sum(map(len, spoken)) / 8000 + 0.5 - time.monotonic())
    await agent.press("*7")
    await agent.hears("contest_again")
    stood = _scores(site, met)
    await asyncio.sleep(PAUSE_S)
    await agent.press("*7")
    return await agent.hears("contest_done", "contest_none"), stood


async def test_two_presses_of_the_agent_erase_the_score(site: Site) -> None:
    """Law: before a score stands there is nothing to contest, and that is said; one press erases nothing; two erase
    what stood, and the agent hears so. The caller's keys do nothing. The log names neither leg nor agent, and the
    record of the call that is over says nothing of it.
    """
    met = await talk(site, "51001", "0619000001", 1001)
    agent = OnLine(met.leg)
    await _twice(agent)
    await agent.hears("contest_none")
    for at in range(TRIES):
        heard, stood = await _contested_after(site, met, lines(Party.CALLER)[3 * at :][:3], agent)
        if heard == "contest_done":
            break
    assert heard == "contest_done"
    await site.until("the score erased", lambda: _scores(site, met) < stood, 5)
    await met.dialled.call.hang_up()
    await site.until("the call sealed", lambda: site.records.is_over(met.call_id))
    told = [str(one) for one in site.service.events() if re.search(r"contest|code\.", one["event"])]
    assert not [one for one in told if "1001" in one or "refused" in one]
    assert "contest" not in str(site.records.of(met.call_id)).lower()


async def test_a_code_that_no_page_showed_pairs_nothing(site: Site) -> None:
    """Law: whoever guesses hears nothing that a page would follow; and the log does not keep what was dialled."""
    line = await OnLine.dial(await site.agent(1002), "602135790")
    assert await line.hears("pair_unknown", "unavailable", "pair_done") != "pair_done"
    await line.call.ended(5)
    assert "135790" not in str(site.service.events())
