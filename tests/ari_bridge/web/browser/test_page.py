"""Laws of the page in a browser: it follows the call by itself, and all of it can be done with the keyboard alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from ari_bridge.calls.board import Stage
from ari_bridge.calls.cue_file import Choice
from ari_bridge.web import page_streams
from consent.wording import LANGUAGES
from tests.ari_bridge.screens.web_phone import certified
from tests.ari_bridge.web.browser.opened import Opened, opening
from tests.ari_bridge.web.desk_page import NUMBER

pytestmark = pytest.mark.live


async def test_the_page_opens_by_itself_once_its_digits_are_dialled(opened: Opened) -> None:
    """Law: the agent reads the digits, dials them, and has the page, without touching it again."""
    await opened.page.goto(f"{opened.site}/desk?lang=en")
    await opened.page.get_by_role("button", name="Show a code to dial").click()
    code = await opened.code()
    await expect(opened.page.locator(".code")).to_have_text(f"{NUMBER} {code}")
    opened.desk.dial(code)
    await expect(opened.page.locator("#consent")).to_have_text("No call here is analysed now.")


async def test_the_page_follows_the_call_without_being_loaded_again(opened: Opened) -> None:
    """Law: from the question to "call ended" each change comes by itself, and the page is never loaded anew."""
    await opened.pair()
    await opened.page.evaluate("window.same = true")
    for stage, consent in (
        (Stage.ASKED, "Consent: asked."),
        (Stage.GRANTED, "Consent: granted."),
        (Stage.PAUSED, "Consent: granted."),
        (Stage.WITHDRAWN, "Consent: withdrawn by the caller."),
        (Stage.ENDED, "Call ended."),
    ):
        opened.desk.put(stage, "1001")
        await expect(opened.page.locator("#consent")).to_have_text(consent)
    assert await opened.page.evaluate("window.same")
    await expect(opened.page.locator("#keys")).to_be_hidden()


async def test_a_score_with_its_uncertainty_and_the_facts_are_shown(opened: Opened) -> None:
    """Law: words for the caller's tone with how sure they are, and what was counted."""
    await opened.pair()
    opened.desk.put(Stage.GRANTED, "1001")
    await expect(opened.page.locator("#lines")).to_contain_text("Caller's tone: rather tense (uncertain).")
    await expect(opened.page.locator("#lines")).to_contain_text("Your share of the talk: about 50 %.")


async def test_a_contest_takes_two_presses(opened: Opened) -> None:
    """Law: the first press asks, the second one drops the score, which goes from the screen."""
    await opened.pair()
    opened.desk.put(Stage.GRANTED, "1001")
    await opened.press("contest")
    assert "Is the score wrong?" in await opened.lines()
    assert opened.desk.contested == []
    await opened.press("contest/confirm")
    assert opened.desk.contested == ["c1"]
    assert "tense" not in await opened.lines()
    assert "Score contested and erased." in await opened.lines()


async def test_a_nervous_finger_contests_nothing(opened: Opened) -> None:
    """Law: a double click on Contest is no second press: the key that confirms lies elsewhere."""
    await opened.pair()
    opened.desk.put(Stage.GRANTED, "1001")
    await opened.page.locator("button[value=contest]").dblclick()
    await opened.page.wait_for_load_state()
    await opened.page.wait_for_timeout(300)
    assert opened.desk.contested == []


async def test_a_stop_and_a_choice_for_the_cues(opened: Opened) -> None:
    """Law: one press stops; what is hidden is said."""
    await opened.pair()
    opened.desk.put(Stage.GRANTED, "1001")
    await opened.press("hide")
    await opened.press("hide/this_call")
    assert opened.desk.cues.choice("c1", "1001") is Choice.THIS_CALL
    await opened.press("stop")
    assert opened.desk.stopped == ["c1"]
    await expect(opened.page.locator("#consent")).to_have_text("Consent: stopped by the agent.")


async def test_everything_can_be_done_with_the_keyboard(opened: Opened) -> None:
    """Law: from the empty page to the logout no mouse is needed, and the focus can always be seen."""
    await opened.page.goto(f"{opened.site}/desk?lang=en")
    await _reach(opened, "Show a code to dial")
    await opened.page.keyboard.press("Enter")
    opened.desk.dial(await opened.code())
    await opened.page.locator("#consent").wait_for()
    opened.desk.put(Stage.GRANTED, "1001")
    for name in ("Contest", "Yes, contest"):
        await opened.page.get_by_role("button", name=name, exact=True).wait_for()
        await _reach(opened, name)
        async with opened.page.expect_navigation():
            await opened.page.keyboard.press("Space")
    assert opened.desk.contested == ["c1"]
    await _reach(opened, "Stop")
    async with opened.page.expect_navigation():
        await opened.page.keyboard.press("Enter")
    assert opened.desk.stopped == ["c1"]
    await _reach(opened, "Log out")
    await opened.page.keyboard.press("Enter")
    await opened.page.get_by_role("button", name="Show a code to dial").wait_for()


async def test_a_new_score_does_not_take_the_keyboards_place(opened: Opened) -> None:
    """Law: while the page is kept up to date the focus stays on its key; where the keys change it goes to the consent,
    where no key is pressed by mistake.
    """
    await opened.pair()
    opened.desk.put(Stage.GRANTED, "1001")
    await opened.page.locator("button[value=stop]").focus()
    opened.desk.put(Stage.GRANTED, "1001", tone=None)
    await expect(opened.page.locator("#lines")).to_contain_text("nothing judged yet")
    assert await opened.page.evaluate("document.activeElement.value") == "stop"
    opened.desk.put(Stage.WITHDRAWN, "1001")
    await expect(opened.page.locator("#consent")).to_be_focused()


async def test_a_page_that_is_cut_off_says_so_and_shows_nothing_old(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: silence never looks like calm: without a sign of life the score goes from the screen, and comes back when
    somebody says that it holds.
    """
    monkeypatch.setattr(page_streams, "ALIVE_S", 3600.0)
    await opened.page.clock.install()
    await opened.pair()
    opened.desk.put(Stage.GRANTED, "1001")
    await expect(opened.page.locator("#lines")).to_contain_text("rather tense")
    await opened.page.clock.fast_forward(13_000)
    await expect(opened.page.locator("#cut")).to_be_visible()
    assert await opened.lines() == ""
    assert await opened.findings() == []
    opened.desk.put(Stage.GRANTED, "1001", tone=None)
    await expect(opened.page.locator("#cut")).to_be_hidden()
    await expect(opened.page.locator("#lines")).to_contain_text("nothing judged yet")


async def test_a_tab_too_many_is_fetched_anew_instead(opened: Opened) -> None:
    """Law: beyond the live tabs of one page a further one still follows the call, a few seconds late."""
    await opened.pair()
    for _ in range(page_streams.MOST_OF_ONE - 1):
        await opened.tab()
    late = await opened.tab()
    opened.desk.put(Stage.REFUSED, "1001")
    await expect(late.locator("#consent")).to_have_text("Consent: refused.", timeout=15_000)
    assert len(opened.desk.views._streams) == page_streams.MOST_OF_ONE
    opened.complaints.clear()  # the browser names the 503


async def test_logout_empties_every_tab(opened: Opened) -> None:
    """Law: after a logout no tab of that browser shows anything of the agent, the list of the own calls included."""
    await opened.pair()
    opened.desk.put(Stage.GRANTED, "1001")
    others = [await opened.tab(), await opened.tab()]
    await others[1].get_by_role("link", name="Your calls of today").click()
    await others[1].get_by_role("heading", name="Your calls of today").wait_for()
    await opened.page.get_by_role("button", name="Log out").click()
    for other in others:
        await other.get_by_role("button", name="Show a code to dial").wait_for()
        assert "Consent" not in await other.content()
    assert await opened.context.cookies() == []


async def test_no_script_reads_the_cookie(opened: Opened) -> None:
    """Law: the secret is in the browser's jar alone: for this site, no other one, and no script."""
    await opened.pair()
    (cookie,) = await opened.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["expires"]) == (True, "Strict", -1)
    assert await opened.page.evaluate("document.cookie") == ""


async def test_over_tls_the_cookie_travels_over_nothing_else(browser: Browser, tmp_path: Path) -> None:
    """Law: where there is TLS the browser takes the cookie as one of this host alone, and keeps it from plain HTTP."""
    context, _ = certified(tmp_path)
    async with opening(browser, tmp_path, context, ignore_https_errors=True) as opened:
        await opened.pair()
        opened.desk.put(Stage.GRANTED, "1001")
        await expect(opened.page.locator("#consent")).to_have_text("Consent: granted.")
        (cookie,) = await opened.context.cookies()
        assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-ouidire-desk", True, True)
        await opened.press("stop")
        assert opened.desk.stopped == ["c1"]
        assert opened.complaints == []


async def test_what_a_sentence_holds_is_never_run(opened: Opened) -> None:
    """Law: a text with tags is a text, in the page as it comes and in what comes later."""
    await opened.pair()
    for number in range(2):
        opened.desk.put(Stage.FAILED, "1001", problem=f"<img src=x onerror=window.run={number}> {number}")
        await expect(opened.page.locator("#lines")).to_contain_text(f"<img src=x onerror=window.run={number}>")
        assert await opened.page.evaluate("window.run") is None
        await opened.page.reload()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_is_readable_by_everybody(browser: Browser, tmp_path: Path, language: str, scheme: str) -> None:
    """Law: on 320 px, light and dark, in each language and each of its screens the page needs no sideways scrolling
    and axe-core finds nothing serious.
    """
    async with opening(
        browser, tmp_path, viewport={"width": 320, "height": 640}, color_scheme=scheme, locale=language
    ) as opened:
        await opened.page.goto(f"{opened.site}/desk")
        assert await opened.page.locator("html").get_attribute("lang") == language
        await _check(opened)
        await opened.page.locator("form[action='/desk/code'] button").click()
        await opened.code()
        await _check(opened)
        opened.desk.dial(await opened.code())
        await opened.page.locator("#consent").wait_for()
        await _check(opened)
        opened.desk.put(Stage.GRANTED, "1001")
        await opened.page.locator("button[value=contest]").wait_for()
        await _check(opened)
        for key in ("contest", "card", "hide", "hide/for_good"):
            await opened.press(key)
            await _check(opened)
        opened.desk.put(Stage.FAILED, "1001", problem="x" * 150)
        await expect(opened.page.locator("#lines")).to_contain_text("xxx")
        await _check(opened)
        await opened.page.goto(f"{opened.site}/desk/history")
        await _check(opened)
        assert opened.complaints == []


async def test_without_a_script_the_page_still_serves(browser: Browser, tmp_path: Path) -> None:
    """Law: a browser that runs no script pairs, contests and stops too; it fetches the page anew by itself."""
    async with opening(browser, tmp_path, java_script_enabled=False) as opened:
        await opened.page.goto(f"{opened.site}/desk?lang=en")
        await opened.page.get_by_role("button", name="Show a code to dial").click()
        opened.desk.put(Stage.GRANTED, "1001")
        opened.desk.dial(await opened.code())
        await expect(opened.page.locator("#consent")).to_have_text("Consent: granted.", timeout=15_000)
        await opened.press("contest")
        await opened.press("contest/confirm")
        assert opened.desk.contested == ["c1"]
        await opened.press("stop")
        assert opened.desk.stopped == ["c1"]


async def _reach(opened: Opened, name: str) -> None:
    """Press Tab until the focus is on that button, which must show it."""
    for _ in range(30):
        await opened.page.keyboard.press("Tab")
        if await opened.page.evaluate("document.activeElement.textContent") == name:
            outline = await opened.page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
            assert float(outline.removesuffix("px")) >= 2
            return
    raise AssertionError(f"{name} cannot be reached")


async def _check(opened: Opened) -> None:
    assert await opened.page.evaluate("document.documentElement.scrollWidth") <= 320
    assert await opened.findings() == []
