"""`ouidire agent`: who of staff has a PIN for the line on which the notice to staff is heard and acknowledged.

It works beside a running service. A PIN is printed once, and stands in no log and no file.
"""

import asyncio
import json
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ari_bridge.calls.roles import Roles
from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from ari_bridge.run.notices import staff_notices
from ari_bridge.run.records import open_beside, site_of
from ari_bridge.run.settings import Settings
from consent import staff
from consent.access import receipt_of_agent
from consent.errors import InvalidValue
from consent.ledger import Ledger
from consent.staff import Agent

_KINDS: Final = {
    "add": "make an agent, and print the PIN",
    "reset": "a new PIN for an agent who forgot it, or tried too often",
    "remove": "from now on that agent's leg is not heard",
    "list": "who is there, and who has acknowledged which notice",
    "receipt": "the agent's own copy of what was acknowledged, as JSON-LD (ISO/IEC TS 27560)",
}
_ONCE_ACKNOWLEDGED: Final = "That leg is heard once the agent has acknowledged the notice to staff there."


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    for kind, summary in _KINDS.items():
        one = kinds.add_parser(kind, help=summary, description=summary)
        if kind != "list":
            one.add_argument(
                "endpoint",
                metavar="ENDPOINT",
                help="the agent's PJSIP endpoint, or user of FreeSWITCH's directory: 1001",
            )
        one.add_argument("--settings", type=Path, default=SUPPRESS, metavar="FILE", help="the settings file")


def run(arguments: Namespace) -> Exit:
    """One of the five. Raises SettingsError, DatabaseUnavailable, KeysMissing and InvalidValue."""
    settings = all_settings.load(arguments.settings)
    endpoint = getattr(arguments, "endpoint", "")
    work: dict[str, Callable[[Ledger], Awaitable[Sequence[str]]]] = {
        "add": lambda ledger: _add(ledger, settings, endpoint),
        "reset": lambda ledger: _reset(ledger, endpoint),
        "remove": lambda ledger: _remove(ledger, endpoint),
        "list": lambda ledger: _list(ledger, settings),
        "receipt": lambda ledger: _receipt(ledger, settings, endpoint),
    }
    print("\n".join(asyncio.run(_beside(settings, work[arguments.what]))))
    return Exit.OK


async def _beside(settings: Settings, work: Callable[[Ledger], Awaitable[Sequence[str]]]) -> Sequence[str]:
    async with open_beside(settings.database.path, settings.keys.folder) as ledger:
        return await work(ledger)


async def _add(ledger: Ledger, settings: Settings, endpoint: str) -> Sequence[str]:
    if Roles(settings.parties.trunks).is_outside(endpoint):
        raise InvalidValue(f"{endpoint!r} leads outside (parties.trunks): nobody there is staff")
    today = datetime.now(UTC).date()
    pin = await ledger.database.write(lambda c: staff.add(c, ledger.keys, endpoint, today))
    return (*_pin(endpoint, pin), _ONCE_ACKNOWLEDGED)


async def _reset(ledger: Ledger, endpoint: str) -> Sequence[str]:
    return _pin(endpoint, await ledger.database.write(lambda c: staff.reset(c, ledger.keys, endpoint)))


def _pin(endpoint: str, pin: str) -> tuple[str, ...]:
    return (
        f"The PIN of {endpoint} is {pin}. It cannot be shown again: tell the agent alone.",
        "It is for the line of the context ouidire-staff, dialled from that very endpoint.",
    )


async def _remove(ledger: Ledger, endpoint: str) -> Sequence[str]:
    await staff.leave(ledger, endpoint)
    return (
        f"{endpoint} is no agent any more: that leg is not heard from now on, and a call it is in now is stopped.",
        "What the agent acknowledged stays on record until its own date.",
    )


async def _list(ledger: Ledger, settings: Settings) -> Sequence[str]:
    found = await ledger.database.read(lambda c: staff.agents(c, datetime.now(UTC)))
    today = frozenset(notice.notice_id for notice in staff_notices(settings))
    return tuple(table(found, today)) if found else ("There is no agent yet: `ouidire agent add ENDPOINT`.",)


async def _receipt(ledger: Ledger, settings: Settings, endpoint: str) -> Sequence[str]:
    made = await receipt_of_agent(ledger, endpoint, site_of(settings))
    if made is None:
        raise InvalidValue(f"the agent {endpoint!r} has acknowledged nothing that is on record")
    return (json.dumps(made, indent=2, ensure_ascii=False),)


def table(found: Sequence[Agent], notice_ids: frozenset[str]) -> Iterator[str]:
    """The list's lines; `notice_ids` are today's notices to staff."""
    cells = [("endpoint", "added", "acknowledged", "until", "")]
    cells += [
        (one.endpoint, one.added_on, one.since or "-", one.until or "-", _remark(one, notice_ids)) for one in found
    ]
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    for line in cells:
        yield "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()


def _remark(agent: Agent, notice_ids: frozenset[str]) -> str:
    remarks = []
    if agent.withdrawn_on:
        remarks.append(f"taken back on {agent.withdrawn_on}")
    elif not agent.notice_id:
        remarks.append("not acknowledged yet")
    elif agent.notice_id not in notice_ids or not agent.until:
        remarks.append("the notice was changed since: to be acknowledged anew")
    if agent.is_locked:
        remarks.append("locked for an hour after wrong PINs")
    return "; ".join(remarks)


COMMAND = Command(
    "agent",
    "Agents with a PIN for the line for staff: add, reset, remove, list, receipt. Who has none is not heard.",
    (
        ("ouidire agent add 1001", "makes agent 1001; the PIN is printed once"),
        ("ouidire agent reset 1001", "a new PIN, and the lock after wrong ones is gone"),
        ("ouidire agent remove 1001", "that leg is not heard any more"),
        ("ouidire agent list", "who has acknowledged the notice to staff, and since which day"),
        ("ouidire agent receipt 1001", "the agent's own copy of that"),
    ),
    _add_arguments,
    run,
)
