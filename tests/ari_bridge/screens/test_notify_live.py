"""A real Asterisk brings our lines to a real SIP phone unharmed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ari_bridge.screens import one_packet
from ari_bridge.screens.document import NotifyDocument, TooLarge
from ari_bridge.screens.families import FAMILIES
from tests.ari_bridge.screens import hostile
from tests.golden.phone_cards import LANGUAGES, address, cards
from tests.lab.asterisk import Asterisk
from tests.lab.installation import find
from tests.lab.phone.pacer import Pacer
from tests.lab.phone.phone import Notice, Phone

pytestmark = pytest.mark.live

FUZZED = 1000
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


def _expected(notice: Notice, document: NotifyDocument) -> None:
    assert notice.headers["Event"] == document.event
    assert notice.headers["Content-Type"] == document.content_type
    assert notice.body == "\r\n".join(document.content).encode()
    headers = sum(len(name) + len(value) + len(": \r\n") for name, value in notice.headers.fields)
    assert headers + len(notice.body) + 64 <= one_packet.MAX_NOTIFY_BYTES  # 64: a long request line


def _pushes() -> Iterator[NotifyDocument]:
    """What each family would push: every card in every language, then cards of hostile texts in turn."""
    notifies = [(family.name, family.notify) for family in FAMILIES.values() if family.notify is not None]
    for name, notify in notifies:
        for card in (card for language in LANGUAGES for card in cards(language).values()):
            yield notify(card, address(name))
    chance = random.Random(22)
    made = 0
    while made < FUZZED:
        name, notify = notifies[made % len(notifies)]
        with contextlib.suppress(TooLarge):
            yield notify(hostile.card(chance), address(name))
            made += 1


async def test_every_card_and_any_text_reach_the_phone_byte_for_byte(tmp_path: Path) -> None:
    """Event, type and body arrive as meant, of 1,000 hostile cards too; each with all SIP headers in 1,300 bytes."""
    async with _line(tmp_path / "pbx") as line:
        for document in _pushes():
            _expected(await line.push(document), document)
