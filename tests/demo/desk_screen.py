"""The agent's desk phone: takes what it was pushed by NOTIFY, fetches what that names, and draws it as text."""

import re
import textwrap
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from tests.demo.performance import ScreenSeen
from tests.lab.phone import Notice

WIDTH = 46
FETCH_LIMIT_S = 3.0
_ADDRESS = re.compile(r"http://[^\s<>\"']+?/p/(\w)/[\w-]+")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What a phone makes of a document, whichever the vendor."""

    title: str
    lines: tuple[str, ...]
    keys: tuple[str, ...]


def address_in(bodies: Sequence[bytes]) -> str | None:
    """The address of the card in the newest NOTIFY that names one."""
    for body in reversed(bodies):
        if match := _ADDRESS.search(body.decode("utf-8", errors="replace")):
            return match.group(0)
    return None


async def look(notices: Sequence[Notice], family: str) -> ScreenSeen | None:
    """What the phone shows now: the document fetched from the address it was given, else the newest that was pushed
    whole; None if nothing came.
    """
    bodies = [notice.body for notice in notices]
    address = address_in(bodies)
    if address is not None and (fetched := await _fetch(address)) is not None:
        return ScreenSeen(fetched, "get", family, len(bodies))
    shown = [body.decode("utf-8") for body in bodies if b"Execute" not in body]
    return ScreenSeen(shown[-1].strip(), "notify", family, len(bodies)) if shown else None


def read(xml: str) -> Drawing:
    """A Yealink or a Cisco text screen. Raises ElementTree.ParseError if it is no XML."""
    root = ElementTree.fromstring(xml)
    keys = [leaf.text or "" for key in root if key.tag.startswith("SoftKey") for leaf in key if leaf.tag in _KEY_NAMES]
    text = (root.findtext("Text") or "").strip()
    return Drawing(root.findtext("Title") or "", tuple(line.strip() for line in text.splitlines()), tuple(keys))


def box(drawing: Drawing, width: int = WIDTH) -> list[str]:
    """The screen in lines of text with a frame; softkeys on the last line."""
    inner = width - 4
    rows = [row for line in drawing.lines for row in textwrap.wrap(line, inner) or [""]]
    keys = "".join(f"[ {key} ] " for key in drawing.keys).strip()
    title = f" {drawing.title[: inner - 2]} "
    return [
        f"┌─{title}{'─' * (width - 3 - len(title))}┐",
        *(f"│ {row:<{inner}} │" for row in rows),
        f"├{'─' * (width - 2)}┤",
        f"│ {keys[:inner]:<{inner}} │",
        f"└{'─' * (width - 2)}┘",
    ]


_KEY_NAMES = frozenset({"Label", "Name"})


async def _fetch(address: str) -> str | None:
    timeout = aiohttp.ClientTimeout(total=FETCH_LIMIT_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(address) as response:
            return await response.text() if response.status == 200 else None
    except (aiohttp.ClientError, TimeoutError):
        return None
