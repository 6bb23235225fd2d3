"""A site that was served once: its two files and its keys, where the settings name them, and calls in them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from ari_bridge.run.records import open_ledger
from ari_bridge.run.settings import load
from consent.entry import Entry
from consent.ledger import Ledger
from consent.notice import Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention
from consent.rights import Rights
from consent.states import Answer, Why

T = TypeVar("T")
NOTICE = Notice(1, "en", "We measure.", "ab" * 32, frozenset({Purpose.FACTS, Purpose.TONE}), Retention(30))
SCORES = [
    {"start_s": 0, "end_s": 2, "kind": "tone", "activation": 0.5, "activation_sigma": 0.1, "anger": 0.1,
     "anger_sigma": 0.1, "reason": None, "model_id": "m"},
    {"start_s": 2, "end_s": 4, "kind": "abstained", "activation": None, "activation_sigma": None, "anger": None,
     "anger_sigma": None, "reason": "both_speak", "model_id": None},
]  # fmt: skip


class Site:
    """The files of a settings file, as the service had them open. Not to be used from within a loop."""

    def __init__(self, settings_file: Path) -> None:
        self.file = str(settings_file)
        settings = load(settings_file)
        self.database, self.keys = settings.database.path, settings.keys.folder
        self.do(lambda ledger: ledger.announce([NOTICE]))

    def do(self, work: Callable[[Ledger], Awaitable[T]]) -> T:
        """Do something as the service would, which is then stopped."""

        async def opened() -> T:
            async with open_ledger(self.database, self.keys) as ledger:
                return await work(ledger)

        return asyncio.run(opened())

    def call(self, call_id: str, *answers: Answer, is_over: bool = True) -> str:
        """A call with these answers after the question, and its reference."""

        async def work(ledger: Ledger) -> str:
            told = (NOTICE.notice_id, "en")
            for answer in (Answer.ASKED, *answers):
                party = Party.AGENT if answer is Answer.OBJECTED else Party.CALLER
                entry = Entry(datetime.now(UTC), answer, Why.KEY, call_id, party, *told, "event")
                await ledger.record(entry)
            reference = await Rights(ledger).mint(call_id)
            derived = json.dumps({"scores": SCORES, "facts": None}).encode() if Answer.GRANTED in answers else b""
            if is_over:
                await ledger.close(call_id, lambda _: derived)
            return reference.for_eyes

        return self.do(work)
