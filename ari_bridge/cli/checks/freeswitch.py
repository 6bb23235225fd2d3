"""A FreeSWITCH: our part of its files as it was installed, its own files fit for it, and the running PBX."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from ari_bridge.cli.checks import event_socket
from ari_bridge.cli.checks.finding import amiss
from ari_bridge.run.freeswitch_side import side_of
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from consent.errors import InvalidValue
from dialplan.freeswitch.verify import verify
from dialplan.verify import Finding

SUBJECT: Final = "FreeSWITCH's files"
RUNNING: Final[tuple[Callable[[Settings], Awaitable[Sequence[Finding]]], ...]] = (event_socket.findings,)
"""What is asked of the running FreeSWITCH, one after the other."""


def findings(settings: Settings, folder: Path) -> Iterator[Finding]:
    """Everything that FreeSWITCH's configuration folder can tell."""
    try:
        yield from verify(folder, side_of(settings, folder), secrets_file=settings.pbx.secrets_file)
    except SettingsError as error:
        yield amiss(SUBJECT, "; ".join(error.reasons))
    except InvalidValue as error:
        yield amiss(SUBJECT, str(error))
    except OSError as error:
        yield amiss(SUBJECT, f"{error.filename} cannot be read ({error.strerror}): run doctor as root once")


async def running(settings: Settings) -> list[Finding]:
    """All that the running FreeSWITCH can tell."""
    return [finding for check in RUNNING for finding in await check(settings)]
