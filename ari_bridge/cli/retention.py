"""`ouidire retention plan`: what goes when."""

from __future__ import annotations

import asyncio
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from ari_bridge.run.settings import Settings

if TYPE_CHECKING:
    from consent.forgetting import Due


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    plan = kinds.add_parser("plan", help="day by day, what is deleted; the service does it by itself")
    plan.add_argument("--settings", type=Path, default=SUPPRESS, metavar="FILE", help="the settings file")


def run(arguments: Namespace) -> Exit:
    """Print the plan. Raises SettingsError, and OuidireError where the files cannot be read."""
    plan = asyncio.run(_plan(all_settings.load(arguments.settings)))
    print("\n".join(table(plan)) if plan else "Nothing is kept of calls that are over.")
    return Exit.OK


async def _plan(settings: Settings) -> list[Due]:
    from ari_bridge.run.records import open_beside
    from consent.forgetting import Forgetting

    async with open_beside(settings.database.path, settings.keys.folder) as ledger:
        return await Forgetting(ledger).plan()


def table(plan: Sequence[Due]) -> Iterator[str]:
    """The plan's lines."""
    yield "day (UTC)   calls whose measurements go   records that go as a whole"
    for due in plan:
        yield f"{due.day}  {due.derived:28}  {due.records:27}"


COMMAND = Command(
    "retention",
    "What is deleted when: the plan, day by day. The deleting itself is the service's.",
    (("ouidire retention plan", "from today on, as far as it is known now; legal holds are counted in"),),
    _add_arguments,
    run,
)
