"""`ouidire keys`: how the site's keys stand, a new key for numbers, and what to do when one is lost."""

from __future__ import annotations

import asyncio
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    status = kinds.add_parser("status", help="which keys are there, and what they still open")
    rotate = kinds.add_parser("rotate", help="a new key for callers' numbers; the one before still finds its own")
    renew = kinds.add_parser("renew", help="go on without what is lost: a person decides, and it is public")
    renew.add_argument("--decided-by", metavar="WHO", help="an office, not a name (default: is asked)")
    for one in (status, rotate, renew):
        one.add_argument("--settings", type=Path, default=SUPPRESS, metavar="FILE", help="the settings file")


def run(arguments: Namespace) -> Exit:
    """One of them. Raises SettingsError and OuidireError."""
    settings = all_settings.load(arguments.settings)
    work: Callable[[Settings, Namespace], Awaitable[Exit]] = _WORK[arguments.what]
    return asyncio.run(_awaited(work(settings, arguments)))


async def _awaited(work: Awaitable[Exit]) -> Exit:
    return await work


async def _status(settings: Settings, arguments: Namespace) -> Exit:
    from ari_bridge.run.janitor import CLOCK_MAY_DIFFER
    from ari_bridge.run.records import open_beside

    async with open_beside(settings.database.path, settings.keys.folder) as ledger:
        records = await ledger.keyring.all()
        clock = datetime.now(UTC).date()
        latest = await ledger.keyring.today(clock)
    keys = ledger.keys
    print(
        f"keys in {keys.folder}: {len(keys.numbers)} for numbers, one to sign, one to look up; {len(records)} records"
    )
    print(f"checkpoints are signed by {keys.signing.public_key().public_bytes_raw().hex()}")
    if latest - clock > CLOCK_MAY_DIFFER:
        print(f"the clock says {clock}, but {latest} was seen here once: by that day all is deleted, and no")
        print("agent's word holds; set the clock right, or if it was ahead that day, put back older keys")
        return Exit.PROBLEM
    return Exit.OK


async def _rotate(settings: Settings, arguments: Namespace) -> Exit:
    from ari_bridge.run.records import open_beside
    from consent.keys import rotate_numbers

    async with open_beside(settings.database.path, settings.keys.folder) as ledger:
        rotate_numbers(settings.keys.folder)
        await ledger.note("keys.rotated", {})
    print("There is a new key for numbers. Run `ouidire install` and start the service again, so that the PBX has it.")
    print("Calls and do-not-ask entries of the key before are still found; those of the one before that are not.")
    return Exit.OK


async def _renew(settings: Settings, arguments: Namespace) -> Exit:
    from ari_bridge.run.renewal import renew

    who = arguments.decided_by or _asked()
    renewed = await renew(settings.database.path, settings.keys.folder, who)
    if renewed.is_nothing:
        print("No key is lost: nothing was changed.")
        return Exit.OK
    if renewed.made:
        print(f"made anew: {', '.join(renewed.made)}")
    given_up = f"{renewed.answers} records about persons that nothing opens any more are given up"
    print(f"{given_up}, and what was measured with them.")
    print("It is in the public record. Run `ouidire install`, then start the service.")
    return Exit.OK


def _asked() -> str:
    if not sys.stdin.isatty():
        raise SettingsError("nobody is there to ask: give --decided-by")
    print("What the lost keys opened stays closed for ever: answers, measurements, and stops by number of old calls.")
    print("With the key for numbers goes the list of those who asked never to be asked: they are asked again.")
    print("If a backup of the folder of keys exists, put it back instead.")
    return input("Who decides to go on without (an office; empty ends): ").strip()


_WORK: Final[dict[str, Callable[[Settings, Namespace], Awaitable[Exit]]]] = {
    "status": _status,
    "rotate": _rotate,
    "renew": _renew,
}

COMMAND = Command(
    "keys",
    "The site's keys, in a folder of their own: status, rotate, renew after a loss.",
    (
        ("ouidire keys status", "1 and a sentence if one is lost or open to others"),
        ("ouidire keys rotate", "once a year, say: a new key for callers' numbers"),
        ("ouidire keys renew --decided-by 'IT and DPO'", "after a loss without a backup; the service must be stopped"),
    ),
    _add_arguments,
    run,
)
