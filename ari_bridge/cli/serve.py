"""`ouidire serve`: the bridge itself, until it is told to stop."""

import asyncio
import signal
from argparse import ArgumentParser, Namespace

from ari_bridge.cli.command import Command, Exit
from ari_bridge.pbx.port import PbxRefused
from ari_bridge.run import logs
from ari_bridge.run import settings as all_settings
from consent.errors import OuidireError


def _no_arguments(parser: ArgumentParser) -> None:
    """This command takes none of its own."""


def run(arguments: Namespace) -> Exit:
    """Serve until SIGTERM or SIGINT. Raises SettingsError, and OuidireError for what a retry cannot mend."""
    settings = all_settings.load(arguments.settings)
    logs.configure(settings.log)
    asyncio.run(_serve_until_told(settings))
    return Exit.OK


async def _serve_until_told(settings: all_settings.Settings) -> None:
    # Imported here: it brings the whole service with it, and `ouidire --help` should not wait for that.
    from ari_bridge.run.supervisor import serve

    service = asyncio.ensure_future(serve(settings))
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, service.cancel)
    try:
        await service
    except asyncio.CancelledError:
        return
    except ExceptionGroup as group:
        raise first_that_speaks(group) from group


def first_that_speaks(group: ExceptionGroup[Exception]) -> Exception:
    """The first error of a task group that has a sentence for a person; the group itself where none has."""
    spoken = group.subgroup((OuidireError, PbxRefused))
    if spoken is None:
        return group
    first: Exception = spoken
    while isinstance(first, ExceptionGroup):
        first = first.exceptions[0]
    return first


COMMAND = Command(
    "serve",
    "Run the bridge in the foreground, until SIGTERM or Ctrl+C.",
    (
        ("ouidire serve", "with /etc/ouidire/ouidire.toml"),
        ("OUIDIRE_LOG__FORMAT=console ouidire serve", "the same, with a log for eyes"),
        ("ouidire serve --settings my.toml", "with another file"),
    ),
    _no_arguments,
    run,
)
