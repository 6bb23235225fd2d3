"""Agents who have heard the notice to staff and acknowledged it, before the service starts.

The short way: the ledger's own, without the telephone. tests/live/test_lines.py goes the long way, by PIN on the line.
"""

import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from ari_bridge.run.notices import staff_notices
from ari_bridge.run.records import open_ledger
from ari_bridge.run.settings import load


async def acknowledge(settings_file: Path, endpoints: Iterable[str]) -> None:
    """Have each of the endpoints known as an agent, who acknowledges the notice to staff now."""
    settings, now = load(settings_file), datetime.now(UTC)
    wanted = [str(endpoint) for endpoint in endpoints]
    notice = staff_notices(settings)[0]
    async with open_ledger(settings.database.path, settings.keys.folder) as ledger:
        await ledger.announce([notice])
        await ledger.database.write(lambda connection: _add(connection, wanted, now))
        for endpoint in wanted:
            await ledger.acknowledge(endpoint, notice.notice_id, now)


def _add(connection: sqlite3.Connection, endpoints: Iterable[str], now: datetime) -> None:
    connection.executemany(
        "INSERT INTO staff (endpoint, pin, added_on) VALUES (?, 'nobody', ?)",  # a PIN that nothing hashes to
        [(endpoint, now.date().isoformat()) for endpoint in endpoints],
    )
