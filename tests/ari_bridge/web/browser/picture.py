"""The pictures of docs/desk-page.md, taken from the real page in Debian's Chromium.

python -m tests.ari_bridge.web.browser.picture --out docs/desk-page
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, Literal

from playwright.async_api import Browser, expect

from ari_bridge.calls.board import Stage
from ari_bridge.web import pairing
from tests.ari_bridge.calls.cue_calls import LOOK_S, Talk, view
from tests.ari_bridge.web.browser.opened import Opened, browsing, opening
from tests.ari_bridge.web.desk_phones import TONE
from tests.lab.chromium import find

CODE: Final = 493_027
"""The digits on the picture."""


async def _pairing(opened: Opened) -> None:
    await opened.page.goto(f"{opened.site}/desk?lang=en")
    await opened.page.locator("form[action='/desk/code'] button").click()
    await opened.code()


async def _call(opened: Opened) -> None:
    await opened.pair()
    desk, talk = opened.desk, Talk(heard_s=40.0)
    for number in range(8):  # talk, and then so long a silence that a cue tells of it
        facts = talk.look(caller_s=1.5 if number < 3 else 0.0, agent_s=0.5 if number < 3 else 0.0)
        desk.board.put(view(facts, TONE))
        desk.clock.now_s += LOOK_S if number < 7 else 0.0
    await expect(opened.page.locator("#lines .cue")).to_contain_text("Silence")


async def _contest(opened: Opened) -> None:
    await _call(opened)
    await opened.press("contest")


async def _withdrawn(opened: Opened) -> None:
    await opened.pair(language="fr")
    opened.desk.put(Stage.ASKED, "1001", language="fr")
    opened.desk.put(Stage.WITHDRAWN, "1001", language="fr")
    await expect(opened.page.locator("#consent")).to_contain_text("retiré")


Scheme = Literal["light", "dark"]
PICTURES: Final[dict[str, tuple[Callable[[Opened], Awaitable[None]], Scheme]]] = {
    "pairing": (_pairing, "light"),
    "call": (_call, "light"),
    "contest": (_contest, "dark"),
    "withdrawn-fr": (_withdrawn, "light"),
}


async def take(out: Path, say: Callable[[str], None] = print) -> None:
    """Take all pictures into a folder that is there. Raises LabError: the browser cannot be had."""
    with tempfile.TemporaryDirectory() as home:
        async with browsing(find(say), Path(home)) as browser:
            for name in PICTURES:
                await _take(browser, Path(home), out, name)
                say(f"{out / name}.png")


async def _take(browser: Browser, folder: Path, out: Path, name: str) -> None:
    work, scheme = PICTURES[name]
    drawn, pairing._new_code = pairing._new_code, lambda: str(CODE)
    try:
        async with opening(
            browser, folder, viewport={"width": 360, "height": 200}, color_scheme=scheme, locale="en"
        ) as opened:
            await work(opened)
            await opened.page.screenshot(path=out / f"{name}.png", full_page=True, animations="disabled")
    finally:
        pairing._new_code = drawn


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("docs/desk-page"), help="folder of the pictures")
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(out))


if __name__ == "__main__":
    main()
