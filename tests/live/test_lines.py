"""The lines that people dial to use their rights: callers, and staff. What is said is understood from the sound alone.

All stories are played at once; each test looks at one.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from consent.parties import Party
from consent.reference import Reference
from tests.lab import ear
from tests.lab.installation import Installation
from tests.lab.pbx_files import STAFF
from tests.lab.site import Site, open_site
from tests.live.line_caller import OnLine
from tests.live.outcomes import at_once, of
from tests.live.people import LAST_PACKET_MS, Talk, dial, heard, lines, outside, speak, talk

pytestmark = [pytest.mark.live, pytest.mark.asyncio(loop_scope="module")]

RIGHTS, STAFF_LINE = "600", "601"
NEW_AGENT = 1003
"""One who is no agent yet."""
LEAVING_AGENT = 1004
"""One who acknowledged, and takes it back."""
STOPPED_WITHIN_MS = 1_000
"""A stop that comes by another call, or another process, has farther to go than a key."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """A site that one agent joins today."""
    others = [number for number in STAFF if number != NEW_AGENT]
    async with open_site(installation, tmp_path_factory.mktemp("site"), acknowledged=others) as opened:
        for number in range(1001, 1011):
            await opened.agent(number)
        yield opened


async def _measured(site: Site, agent: int, number: str) -> Talk:
    """A call of which something is measured; it goes on."""
    met = await talk(site, f"5{agent}", number, agent)
    speak(met.dialled.call, lines(Party.CALLER)[:3])
    await site.until("a verdict", lambda: _verdicts(site, met) > 0, 40)
    return met


def _verdicts(site: Site, met: Talk) -> int:
    found = site.records.derived(met.call_id)
    return found.scores + found.abstained


async def _sealed(site: Site, met: Talk) -> None:
    await met.dialled.call.hang_up()
    await site.until("the call sealed", lambda: site.records.is_over(met.call_id))


async def _own_number(site: Site) -> None:
    """Two calls of one number, one over, one in progress: 1 stops both, and erases what was measured."""
    over = await _measured(site, 1005, "0618000001")
    await _sealed(site, over)
    live = await _measured(site, 1006, "0618000001")
    line = await OnLine.dial(await site.caller("0618000001"), RIGHTS)
    await line.hears("rights_menu")
    await line.press("1")
    pressed_ns = time.time_ns()
    await line.hears("rights_stopped")
    for met in (over, live):
        assert site.records.answers(met.call_id)[-1] == ("withdrawn", "line", "line")
        assert site.records.derived(met.call_id).is_nothing
    assert live.dialled.call.status.value == "up"
    times_ns = await site.times_of(live.call_id)
    assert outside(times_ns, live.dialled.yes_ns, pressed_ns + (STOPPED_WITHIN_MS - LAST_PACKET_MS) * 1_000_000) == 0
    # Nothing is told of what is, or was, kept: a number can be forged.
    await line.hears("rights_menu")
    await line.press("4")
    await line.hears("rights_menu")
    await line.press("1")
    assert await line.hears("rights_nothing", "rights_kept", "rights_measured", "rights_stopped") == "rights_stopped"
    await asyncio.gather(line.leave(), live.dialled.call.hang_up())


async def _own_number_again(site: Site) -> None:
    """A stranger's number stops nothing of others, and learns nothing: it hears the same words."""
    met = await _measured(site, 1007, "0618000002")
    line = await OnLine.dial(await site.caller("0618000003"), RIGHTS)
    await line.hears("rights_menu")
    await line.press("1")
    await line.hears("rights_stopped")
    assert _verdicts(site, met) > 0
    assert site.records.answers(met.call_id)[-1][0] == "granted"
    await asyncio.gather(line.leave(), met.dialled.call.hang_up())


async def _by_reference(site: Site) -> None:
    """The reference is heard after the yes; from any phone it lets its holder hear what is kept, and erase it."""
    dialled = await dial(site, "51008", "0618000004")
    await dialled.say_yes()
    met = await dialled.met(1008)
    reference = ear.reference(dialled.call.stream.heard(), "en")
    assert Reference.parse(reference).digits[:4] == f"{datetime.now(UTC):%d%m}"
    await met.heard()
    speak(dialled.call, lines(Party.CALLER)[:3])
    await site.until("a verdict", lambda: _verdicts(site, met) > 0, 40)
    await _sealed(site, met)
    kept = _verdicts(site, met)
    record = site.records.file.record_of(met.call_id)
    assert record is not None
    line = await OnLine.dial(await site.caller("0618000005"), RIGHTS)
    await line.hears("rights_menu")
    await line.press("2")
    await line.hears("rights_enter")
    await line.press(reference)
    await line.hears_out("rights_kept")
    await line.press("1")
    await line.hears("rights_measured")
    assert kept > 0
    await line.hears_out("rights_kept")
    await line.press("2")
    await line.hears("rights_erased")
    assert site.records.file.record_of(met.call_id) is None
    assert site.records.answers(met.call_id) == []
    said = _said(line, record.derived_goes_on)
    assert said.startswith(str(kept)), said
    assert site.records.verified() > 0
    assert reference.encode() not in site.service.log.read_bytes() + (site.pbx.log / "full").read_bytes()
    await line.leave()


def _said(line: OnLine, goes_on: str) -> str:
    """How many measurements, and the day on which they go, as it was said: the digits of the whole call."""
    year, month, day = goes_on.split("-")
    digits = "".join(one.name for one in ear.listen(line.call.stream.heard(), ear.prompts("en", "0123456789")))
    assert digits.endswith(f"{day}{month}{year}"), digits
    return digits.removesuffix(f"{day}{month}{year}")


async def _never_again(site: Site) -> None:
    """3: the PBX says that this number is not asked any more, and does not."""
    line = await OnLine.dial(await site.caller("0618000006"), RIGHTS)
    await line.hears("rights_menu")
    await line.press("3")
    await line.hears("rights_quiet")
    await line.leave()
    dialled = await dial(site, "51009", "0618000006")
    met = await dialled.met(1009)
    assert met.leg.answered_ns - dialled.call.answered_ns < 3e9
    await asyncio.sleep(1)
    assert site.records.answers(met.call_id) == []
    assert site.forks_of(met.call_id) == []
    await dialled.call.hang_up()
    asked = await dial(site, "51009", "0618000016")
    await asked.hear_notice()
    await asked.call.hang_up()


async def _guesses(site: Site) -> None:
    """Three references that nobody was given, and the line takes no more of them today, not even a right one."""
    phone = await site.caller("0618000007")
    line = await OnLine.dial(phone, RIGHTS)
    await line.hears("rights_menu")
    await line.press("2")
    for _ in range(3):
        await line.hears("rights_enter")
        await line.press(Reference.fresh(datetime.now(UTC).date()).digits)
        await line.hears("rights_unknown", "goodbye")
    await line.leave()
    line = await OnLine.dial(phone, RIGHTS)
    await line.hears("rights_menu")
    await line.press("2")
    await line.hears("rights_enter")
    await line.press(Reference.fresh(datetime.now(UTC).date()).digits)
    await line.hears("rights_later")
    await line.leave()


async def _staff(site: Site) -> None:
    """An agent is added, takes a wrong PIN first, hears the notice, acknowledges it, hears the receipt; then, and not
    before, that leg is heard.
    """
    before = await _talks_to(site, NEW_AGENT, "0618000008", forks=1)
    await before.dialled.call.hang_up()
    code, words = await site.service.command("agent", "add", str(NEW_AGENT))
    assert code == 0, words
    pin = _pin(words)
    line = await OnLine.dial(site.agents[NEW_AGENT], STAFF_LINE)
    await line.hears("staff_pin")
    await line.press(str((int(pin) + 1) % 1_000_000).zfill(6))
    await line.hears("staff_wrong")
    await line.hears("staff_pin")
    await line.press(pin)
    await line.hears("staff_notice")
    await line.hears("staff_menu", limit_s=45)
    await line.press("3")
    await line.hears("staff_none")
    await line.hears("staff_menu")
    await line.press("1")
    await line.hears("staff_acknowledged")
    await line.hears("staff_menu")
    await line.press("3")
    await line.hears("staff_receipt")
    await line.hears("staff_menu", limit_s=25)
    await line.press("5")
    await line.hears("staff_site_assessment")
    await line.leave()
    after = await _talks_to(site, NEW_AGENT, "0618000009", forks=2)
    await after.dialled.call.hang_up()
    code, words = await site.service.command("agent", "list")
    assert code == 0
    assert str(NEW_AGENT) in words


def _pin(words: str) -> str:
    found = re.search(r"\b\d{6}\b", words)
    assert found is not None, words
    return found[0]


async def _talks_to(site: Site, agent: int, number: str, forks: int) -> Talk:
    dialled = await dial(site, f"5{agent}", number)
    await dialled.agree()
    met = await dialled.met(agent)
    await heard(site, met.call_id, forks)
    met.leg.say(lines(Party.AGENT)[0])
    await asyncio.sleep(2.5)
    assert len(site.forks_of(met.call_id)) == forks
    return met


async def _staff_leaves(site: Site) -> None:
    """An agent in the midst of a call takes the acknowledgement back by a second call: that objects to the call in
    progress, what was counted of the agent is gone, and from then on that leg is not heard.
    """
    code, words = await site.service.command("agent", "reset", str(LEAVING_AGENT))
    assert code == 0, words
    met = await talk(site, f"5{LEAVING_AGENT}", "0618000010", LEAVING_AGENT)
    line = await OnLine.dial(site.agents[LEAVING_AGENT], STAFF_LINE)
    await line.hears("staff_pin")
    await line.press(_pin(words))
    await line.hears("staff_menu")
    await line.press("2")
    await line.hears("staff_withdrawn")
    await line.leave()
    await heard(site, met.call_id, 0)
    assert "agent" not in site.records.derived(met.call_id).facts
    assert site.records.answers(met.call_id)[-1][0] == "objected"
    await met.dialled.call.hang_up()
    later = await _talks_to(site, LEAVING_AGENT, "0618000011", forks=1)
    await later.dialled.call.hang_up()


async def _stranger_on_the_staff_line(site: Site) -> None:
    """Somebody who is no agent gets nowhere, whatever is pressed."""
    line = await OnLine.dial(site.agents[1010], STAFF_LINE)
    for _ in range(3):
        await line.hears("staff_pin")
        await line.press("123456")
        await line.hears("staff_wrong")
    assert {"staff_menu", "staff_notice"} & set(line.understood) == set()
    await line.leave()


STORIES: dict[str, Callable[[Site], Awaitable[None]]] = {
    "own number": _own_number, "another's number": _own_number_again, "reference": _by_reference,
    "never again": _never_again, "guesses": _guesses, "staff": _staff, "staff leaves": _staff_leaves,
    "stranger among staff": _stranger_on_the_staff_line,
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(site: Site) -> dict[str, BaseException | None]:
    """All stories, at once."""
    return await at_once({name: story(site) for name, story in STORIES.items()})


@pytest.mark.parametrize("name", list(STORIES))
async def test_the_line_does_what_it_is_for(told: dict[str, BaseException | None], name: str) -> None:
    """By one's own number: stop, never hear. By the reference: hear and erase. Never asked again. Guessing ends. Staff:
    PIN, notice, acknowledgement, receipt, withdrawal.
    """
    of(told[name])


@pytest.mark.usefixtures("told")
async def test_without_the_bridge_it_is_said(site: Site) -> None:
    """The service is dead: both lines say that they are not available, and hang up."""
    await site.service.kill()
    rights = await OnLine.dial(await site.caller("0618000012"), RIGHTS)
    staff = await OnLine.dial(site.agents[1001], STAFF_LINE)
    for line in (rights, staff):
        await line.hears("unavailable")
        await line.call.ended(10)
