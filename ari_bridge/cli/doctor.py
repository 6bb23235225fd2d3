"""`ouidire doctor`: looks at everything that must be right before a call, and says what to do where it is not."""

import asyncio
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from ari_bridge.cli.command import Command, Exit
from ari_bridge.cli.install import add_folder_argument, add_sounds_argument, check_folders
from ari_bridge.run import settings as all_settings
from ari_bridge.run.passwords import read_esl_password, read_passwords
from dialplan.verify import Finding


def run(arguments: Namespace) -> Exit:
    """Print one line for each thing looked at. Raises SettingsError."""
    # Imported here: the checks bring the models' runtime with them, and `ouidire --help` should not wait for that.
    from ari_bridge.cli.checks import papers, site

    settings = all_settings.load(arguments.settings)
    check_folders(arguments, settings)
    found = [
        *site.findings(
            settings, arguments.settings, read_passwords if arguments.freeswitch is None else read_esl_password
        ),
        *papers.findings(settings, datetime.now(UTC).date()),
        *_pbx(settings, arguments),
    ]
    print("\n".join(lines(found)))
    return Exit.OK if all(one.ok for one in found) else Exit.PROBLEM


def _pbx(settings: all_settings.Settings, arguments: Namespace) -> list[Finding]:
    from ari_bridge.cli.checks import files, freeswitch, pbx

    if arguments.freeswitch is None:
        its_files = files.findings(settings, arguments.asterisk, arguments.sounds, arguments.calls)
        return [*its_files, *asyncio.run(pbx.findings(settings))]
    return [*freeswitch.findings(settings, arguments.freeswitch), *asyncio.run(freeswitch.running(settings))]


def lines(found: Iterable[Finding]) -> Iterator[str]:
    """What is printed: `ok` or `LOOK`, the subject, the sentence."""
    for one in found:
        yield f"{'ok  ' if one.ok else 'LOOK'}  {one.subject:<16}  {one.sentence}"


def _calls(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10_000:
        raise ArgumentTypeError(f"must be a number from 1 to 10000, not {text!r}")
    return int(text)


def _add_arguments(parser: ArgumentParser) -> None:
    add_folder_argument(parser)
    add_sounds_argument(parser)
    parser.add_argument(
        "--calls",
        type=_calls,
        metavar="N",
        help="most calls at one time, asked or not, to see whether Asterisk's RTP ports suffice",
    )


COMMAND = Command(
    "doctor",
    "Check settings, database, models, the PBX's files and the running PBX: each line is ok or says what to do.",
    (
        ("ouidire doctor", "everything, with Asterisk's files in /etc/asterisk"),
        ("ouidire doctor --calls 80", "and whether 80 calls at once leave RTP ports for the forks"),
        ("ouidire doctor --freeswitch /etc/freeswitch", "a FreeSWITCH, with its files there"),
    ),
    _add_arguments,
    run,
)
