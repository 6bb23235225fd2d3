"""A thousand wrong guesses of an address each second, beside a call."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio

from tests.lab.guesses import guessed
from tests.lab.installation import Installation
from tests.lab.site import Site, open_site
from tests.live.people import GAP_MS, talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

GUESSES_PER_S = 1_000
FLOOD_S = 6.0
MOST_FETCH_S = 1.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site with an agent who has a screen."""
    async with open_site(installation, tmp_path_factory.mktemp("site"), {"1001": "yealink"}) as opened:
        await opened.agent(1001)
        yield opened


def _figure(page: str, name: str) -> float:
    return sum(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.startswith(f"{name}"))


async def test_guesses_slow_no_call(site: Site) -> None:
    """Law: whoever guesses finds nothing and is counted; the parties hear each other without a gap, no packet of theirs
    is lost to the analysis, and the agent's own phone has its card.
    """
    met = await talk(site, "51001", "0641000001", 1001)
    met.both_speak()
    await site.until("a card", lambda: bool(site.agents[1001].notices))
    port = int(site.service.base_url.rpartition(":")[2])
    body = site.agents[1001].notices[-1].body.decode()
    own = body[body.index(site.service.base_url) :].partition("/stop")[0]
    since_ns = time.time_ns()
    async with guessed(port, GUESSES_PER_S, FLOOD_S):
        await asyncio.sleep(FLOOD_S / 2)
        began_s = time.monotonic()
        async with aiohttp.ClientSession() as http, http.get(own) as page:
            assert page.status == 200
        fetched_s = time.monotonic() - began_s
        await asyncio.sleep(FLOOD_S / 2)
    gaps = met.gaps(time.time_ns(), since_ns)
    figures = await site.service.metrics()
    await met.dialled.call.hang_up()
    wrong = _figure(figures, "ouidire_screens_not_found_total")
    lost = _figure(figures, "ouidire_packets_lost_total") + _figure(figures, "ouidire_packets_dropped_total")
    print(f"{wrong:.0f} guesses; gaps {gaps} ms; {lost:.0f} packets lost; own card after {fetched_s * 1000:.0f} ms")
    assert wrong > GUESSES_PER_S * FLOOD_S / 2
    assert gaps.excess_ms <= GAP_MS
    assert lost == 0
    assert fetched_s < MOST_FETCH_S
