"""`ouidire rights`: what a person asks for, done by staff at the person's request, with the reference of the call."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ari_bridge.cli.command import Command, Exit
from ari_bridge.run import settings as all_settings
from ari_bridge.run.settings import Settings
from consent.errors import InvalidValue, NothingKept

if TYPE_CHECKING:
    from consent.keyring import Record
    from consent.rights import Confirmation, Rights

Work = Callable[["Rights", "Record", Namespace, Settings], Awaitable[None]]
SOURCE: Final = "desk"
_ASK: Final = "-"


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    export = kinds.add_parser("export", help="all that is kept of a call")
    export.add_argument("--html", type=Path, metavar="FILE", help="as a page that a person can read")
    export.add_argument("--json", type=Path, metavar="FILE", help="as JSON (default: JSON on standard output)")
    export.add_argument("--language", default="en", metavar="LANG", help="of the page (default: en)")
    erase = kinds.add_parser("erase", help="erase all that is kept of a call")
    stop = kinds.add_parser("stop", help="take the yes back: what was measured is erased, the answers stay")
    rectify = kinds.add_parser("rectify", help="put the person's own words in place of the numbers")
    rectify.add_argument("--statement", required=True, metavar="TEXT", help="what the person says")
    hold = kinds.add_parser("hold", help="keep a record for a court, whatever its dates say")
    hold.add_argument("--reason", required=True, metavar="TEXT", help="why, in public: name no person of the call")
    hold.add_argument("--author", required=True, metavar="WHO", help="who decided it, in public: an office, not a name")
    hold.add_argument("--until", required=True, type=date.fromisoformat, metavar="DATE", help="as 2027-01-31")
    release = kinds.add_parser("release", help="let go of a record that is held")
    for one in (export, erase, stop, rectify, hold, release):
        one.add_argument("reference", metavar="REF", help=f"the 14 digits; {_ASK} reads them from standard input")
        one.add_argument("--settings", type=Path, default=SUPPRESS, metavar="FILE", help="the settings file")


def run(arguments: Namespace) -> Exit:
    """One of them. Raises SettingsError, and OuidireError where it cannot be done."""
    settings = all_settings.load(arguments.settings)
    typed = sys.stdin.readline() if arguments.reference == _ASK else arguments.reference
    asyncio.run(_work(settings, typed, arguments))
    return Exit.OK


async def _work(settings: Settings, typed: str, arguments: Namespace) -> None:
    # Imported here, as in the commands beside: `ouidire --help` needs none of it.
    from ari_bridge.run.records import open_beside
    from consent.rights import Rights

    async with open_beside(settings.database.path, settings.keys.folder) as ledger:
        rights = Rights(ledger)
        record = await rights.of_reference(typed)
        if record is None:
            raise NothingKept("no call has this reference, or all that was kept of it is erased")
        await _WORK[arguments.what](rights, record, arguments, settings)


async def _export(rights: Rights, record: Record, arguments: Namespace, settings: Settings) -> None:
    from ari_bridge.run.records import site_of
    from ari_bridge.web.pages import STYLE, draw_copy
    from consent.access import export

    site = site_of(settings)
    copy = await export(rights, record, site)
    text = json.dumps(copy, indent=2, ensure_ascii=False) + "\n"
    if arguments.html:
        _write(arguments.html, draw_copy(copy, arguments.language, style=STYLE, site=site))
    if arguments.json:
        _write(arguments.json, text)
    if not arguments.html and not arguments.json:
        print(text, end="")


async def _erase(rights: Rights, record: Record, arguments: Namespace, settings: Settings) -> None:
    made = await rights.erase(record, SOURCE)
    if made.is_to_come:
        print("The call is in progress: it is stopped, and what is left of it goes within minutes after its end.")
    else:
        print(
            f"Erased: what was measured, and {made.answers} answers. Their places in the chain stay, and tell nothing."
        )
    _tell(made)


async def _stop(rights: Rights, record: Record, arguments: Namespace, settings: Settings) -> None:
    if await rights.withdraw(record, SOURCE):
        print("The yes is taken back: nothing more is measured, and what was measured is erased.")
    else:
        print("There was no yes to take back.")


async def _rectify(rights: Rights, record: Record, arguments: Namespace, settings: Settings) -> None:
    _tell(await rights.rectify(record, arguments.statement))
    print("The person's statement stands in place of the numbers, and goes on the same day.")


async def _hold(rights: Rights, record: Record, arguments: Namespace, settings: Settings) -> None:
    await rights.hold(record, arguments.reason, arguments.author, arguments.until)
    print(f"Held until {arguments.until}. Reason and author are in the public record.")


async def _release(rights: Rights, record: Record, arguments: Namespace, settings: Settings) -> None:
    await rights.release(record)
    print("Released: what is due goes with the next run of the service's retention.")


_WORK: Final[dict[str, Work]] = {
    "export": _export,
    "erase": _erase,
    "stop": _stop,
    "rectify": _rectify,
    "hold": _hold,
    "release": _release,
}


def _tell(made: Confirmation) -> None:
    print("Proof for the person (nobody else has the salt):")
    print(f"  day {made.day}\n  salt {made.salt}\n  record {made.record_id}\n  commitment {made.commitment}")


def _write(file: Path, text: str) -> None:
    try:
        with os.fdopen(os.open(file, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8") as opened:
            os.fchmod(opened.fileno(), 0o600)  # a file that was there may have been open to others
            opened.write(text)
    except OSError as error:
        raise InvalidValue(f"{file} cannot be written: {error.strerror}") from error


COMMAND = Command(
    "rights",
    "What a person may ask for, by the reference of the call: export, erase, stop, rectify, hold, release.",
    (
        ("ouidire rights export - --html copy.html", "a copy for eyes; the reference is typed, and in no history"),
        ("ouidire rights export '2211 123 456 789 0'", "the same as JSON"),
        ("ouidire rights erase -", "erase all of a call; prints the person's proof"),
        ("ouidire rights stop -", "take the yes back, in the call or after it"),
        ("ouidire rights rectify - --statement 'I was in a tunnel.'", "the person outranks the model"),
        ("ouidire rights hold - --reason 'case 12' --author 'legal office' --until 2027-01-31", "keep it for a court"),
        ("ouidire rights release -", "let go of it before that day"),
    ),
    _add_arguments,
    run,
)
