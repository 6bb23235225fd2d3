"""The language of a call: the caller's channel's when the call is heard, whatever the notice was in."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from consent.parties import Party
from tests.lab.kept import Kept
from tests.lab.site import Site
from tests.live.people import dial, lines, speak

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

SAID_WITHIN_S = 30.0
ENOUGH_ROWS = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the PBX said of the caller's language while it asked and while both talked, and what was kept."""

    asking: str
    talking: str
    kept: Kept
    log: list[dict[str, Any]]

    @property
    def said(self) -> set[str]:
        """What the rows of tone are: "tone", or why there is none."""
        return {one["reason"] or one["kind"] for one in self.kept.scores}


async def _call(site: Site, extension: str, number: str, agent: int) -> Outcome:
    """Yes, and the caller talks until the tone is told, or it is told twice why there is none."""
    dialled = await dial(site, extension, number)
    await asyncio.sleep(2)
    asking = (await site.channel(dialled.call_id))["language"]
    await dialled.agree()
    met = await dialled.met(agent)
    await met.heard()
    speak(dialled.call, lines(Party.CALLER)[:5])
    talking = (await site.channel(dialled.call_id))["language"]
    await site.until("rows of tone", lambda: _is_told(site.records.of(met.call_id)), SAID_WITHIN_S)
    kept = site.records.of(met.call_id)
    await dialled.call.hang_up()
    log = [one for one in site.service.events("tone.not_judged") if one["call_id"] == met.call_id]
    return Outcome(asking, talking, kept, log)


def _is_told(kept: Kept) -> bool:
    told = [one["reason"] or one["kind"] for one in kept.scores]
    return "tone" in told or told.count("language") >= ENOUGH_ROWS


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def played(site: Site) -> AsyncIterator[tuple[Outcome, Outcome]]:
    """A Turkish caller, and at the same time one whose channel says English; both hear the notice in English."""
    for agent in (1003, 1004):
        await site.agent(agent)
    turkish, english = await asyncio.gather(
        _call(site, "203", "0616000001", 1003), _call(site, "51004", "0616000002", 1004)
    )
    for outcome in (turkish, english):
        print(f"asking {outcome.asking}, talking {outcome.talking}: {sorted(outcome.said)}, {outcome.log}")
    yield turkish, english


async def test_the_channel_has_its_own_language_again_when_it_is_heard(played: tuple[Outcome, Outcome]) -> None:
    """While the notice plays the PBX names the notice's language; from the talk on the caller's own."""
    turkish, english = played
    assert (turkish.asking, turkish.talking) == ("en", "tr")
    assert (english.asking, english.talking) == ("en", "en")


async def test_a_language_without_prompts_gets_facts_and_no_tone(played: tuple[Outcome, Outcome]) -> None:
    """Law: a yes to the English notice makes no Turkish caller an English one: facts of both, each row of tone says
    why there is none, and the log says it once.
    """
    turkish, _ = played
    assert turkish.said == {"language"}
    assert set(turkish.kept.facts) == {"agent", "caller"}
    assert [(one["notice"], one["channel"]) for one in turkish.log] == [("en", "tr")]


async def test_a_language_that_was_tried_is_judged(played: tuple[Outcome, Outcome]) -> None:
    """Beside it, with the same words, an English call gets a tone, and the log says nothing of languages."""
    _, english = played
    assert "tone" in english.said
    assert "language" not in english.said
    assert english.log == []
