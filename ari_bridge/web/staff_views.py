"""The page on which staff reads what holds: start conditions, settings and their history, notices, public records.

All of it comes from the chain, which nobody changes unseen, and none of it concerns a person: so nobody logs in.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from aiohttp import web

from ari_bridge.web.pages import draw
from ari_bridge.web.rights_views import html, language_of
from consent.chain import PUBLIC
from consent.errors import DatabaseUnavailable
from consent.ledger import Ledger

NEWEST: Final = 200
"""How many public records the page shows."""
SHOWN: Final = 12
"""Of a longer list only the length is shown."""
SETTINGS: Final = "settings"
"""The kind of the record that holds a snapshot of the settings."""
_DOCUMENTS: Final = (("assessment", "profile.assessment"), ("council", "profile.council"))
_OWN: Final = frozenset({"what", "at"})


class Change(NamedTuple):
    """One change of settings: when, and each setting with its value before and after."""

    at: str
    rows: tuple[tuple[str, str, str], ...]


class StaffViews:
    """The view `/staff`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def routes(self) -> list[web.RouteDef]:
        """One page."""
        return [web.get("/staff", self.page)]

    async def page(self, request: web.Request) -> web.Response:
        """Everything, newest first."""
        try:
            values = await self._ledger.database.read(_read)
        except DatabaseUnavailable:
            raise web.HTTPServiceUnavailable from None
        return html(draw("staff", language_of(request), **values))


def _read(connection: sqlite3.Connection) -> dict[str, Any]:
    snapshots = [
        json.loads(body)
        for (body,) in connection.execute(
            "SELECT body FROM ledger WHERE kind = ? AND json_extract(body, '$.what') = ? ORDER BY seq",
            (PUBLIC, SETTINGS),
        )
    ]
    newest = connection.execute(
        "SELECT seq, body FROM ledger WHERE kind = ? ORDER BY seq DESC LIMIT ?", (PUBLIC, NEWEST)
    ).fetchall()
    now = snapshots[-1]["settings"] if snapshots else {}
    signed = connection.execute("SELECT seq, hash, at FROM checkpoints ORDER BY seq DESC LIMIT 1").fetchone()
    return {
        "conditions": [(name, now.get(key)) for name, key in _DOCUMENTS] if snapshots else [],
        "settings": [(name, _shown(value)) for name, value in sorted(now.items())],
        "changes": list(reversed(list(_changes(snapshots)))),
        "notices": [_notice(*row) for row in connection.execute("SELECT notice_id, language, told FROM notices")],
        # As it was last signed: one who watched it grow would see what the call that is just going on was answered.
        "rows": signed[0] if signed else 0,
        "checkpoint": None if signed is None else dict(zip(("seq", "hash", "at"), signed, strict=True)),
        "records": [_record(seq, json.loads(body)) for seq, body in newest],
    }


def _changes(snapshots: list[dict[str, Any]]) -> Iterator[Change]:
    before: dict[str, Any] = {}
    for one in snapshots:
        after = one["settings"]
        changed = (name for name in one["changed"])
        yield Change(one["at"], tuple((n, _shown(before.get(n)), _shown(after.get(n))) for n in changed))
        before = after


def _notice(notice_id: str, language: str, told: str) -> dict[str, Any]:
    fields = json.loads(told)
    layers = [layer["text"] for layer in fields.get("layers", [])]
    party = fields.get("party", "caller")
    return {"notice_id": notice_id, "language": language, "party": party, "texts": [fields["text"], *layers]}


def _record(seq: int, fields: dict[str, Any]) -> dict[str, Any]:
    details = {name: value for name, value in fields.items() if name not in _OWN}
    if fields["what"] == SETTINGS:
        details = {"changed": details.get("changed")}
    shown = "; ".join(f"{name}: {_shown(value)}" for name, value in details.items())
    return {"seq": seq, "at": fields["at"], "what": fields["what"], "details": shown}


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, list) and len(value) > SHOWN:
        return f"({len(value)})"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
