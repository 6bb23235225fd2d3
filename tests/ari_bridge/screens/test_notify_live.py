"""A real Asterisk brings our lines to a real SIP phone unharmed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ari_bridge.screens import notify_lines, yealink
from ari_bridge.screens.document import NotifyDocument
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.xml_wire import Element, parent
from tests.ari_bridge.screens.hostile import CONTROLS, LETTERS, SIGNS
from tests.golden.phone_cards import LANGUAGES, address, cards
from tests.lab.asterisk import Asterisk
from tests.lab.installation import find
from tests.lab.phone.pacer import Pacer
from tests.lab.phone.phone import Notice, Phone

pytestmark = pytest.mark.live

FUZZED = 200
_USER = """
[pusher]
secret=pusher-of-the-test
write=system
permit=127.0.0.1/255.255.255.255
"""


@dataclass
class Line:
    """The phone of agent 1001 and a bare AMI connection that may push to it."""

    phone: Phone
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def action(self, *headers: str) -> str:
        """Send an action; the first line of its answer."""
        self.writer.write(("\r\n".join(headers) + "\r\n\r\n").encode())
        answer = await self.reader.readuntil(b"\r\n\r\n")
        return answer.decode().split("\r\n", 1)[0]

    async def push(self, document: NotifyDocument) -> Notice:
        """The NOTIFY that the phone gets of a document."""
        content = (f"Variable: Content={line}" for line in document.content)
        kind = (f"Variable: Event={document.event}", f"Variable: Content-Type={document.content_type}")
        assert await self.action("Action: PJSIPNotify", "Endpoint: 1001", *kind, *content) == "Response: Success"
        return await self.phone.notice(5)


@contextlib.asynccontextmanager
async def _line(folder: Path) -> AsyncIterator[Line]:
    pbx = Asterisk(find(), folder)
    pbx.write()
    with (pbx.etc / "manager.conf").open("a") as manager:
        manager.write(_USER)
    try:
        await pbx.start()
        with Pacer() as pacer:
            async with await Phone.open(pacer, "1001", pbx.server, port=pbx.ports.agent(1001)) as phone:
                reader, writer = await asyncio.open_connection("127.0.0.1", pbx.ports.ami)
                await reader.readline()
                line = Line(phone, reader, writer)
                login = ("Action: Login", "Username: pusher", "Secret: pusher-of-the-test", "Events: off")
                assert await line.action(*login) == "Response: Success"
                yield line
                writer.close()
    finally:
        await pbx.close()


def _fuzzed(chance: random.Random) -> NotifyDocument:
    def text(most: int) -> str:
        return "".join(chance.choices(SIGNS + CONTROLS + LETTERS, k=chance.randint(0, most)))

    root = Element("Root")
    for _ in range(chance.randint(1, 12)):
        outer = parent(root, "Outer", value=text(30))
        parent(outer, "Inner").text = text(60)
    return NotifyDocument("Yealink-xml", "application/xml", notify_lines.lines(root))


async def test_every_card_and_any_text_reach_the_phone_byte_for_byte(tmp_path: Path) -> None:
    """Event, type and body arrive as meant, hostile texts too; a whole card with all SIP headers keeps 1,300 bytes."""
    chance = random.Random(22)
    async with _line(tmp_path / "pbx") as line:
        for family in FAMILIES.values():
            if family.notify is None:
                continue
            for card in (card for language in LANGUAGES for card in cards(language).values()):
                document = family.notify(card, address(family.name))
                notice = await line.push(document)
                assert notice.headers["Event"] == document.event
                assert notice.headers["Content-Type"] == document.content_type
                assert notice.body.decode() == "\r\n".join(document.content)
                headers = sum(len(name) + len(value) + len(": \r\n") for name, value in notice.headers.fields)
                assert headers + len(notice.body) + 64 <= yealink.MAX_NOTIFY_BYTES  # 64: a long request line
        for _ in range(FUZZED):
            document = _fuzzed(chance)
            assert (await line.push(document)).body.decode() == "\r\n".join(document.content)
