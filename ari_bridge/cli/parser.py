"""The command line: `ouidire COMMAND ...`. One command a file; here they are put together and their errors told."""

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ari_bridge.cli import (
    agent,
    calls,
    doctor,
    figures,
    install,
    keys,
    ledger,
    listen,
    model,
    notice,
    phone,
    pulse,
    retention,
    rights,
    serve,
    settings,
    uninstall,
    version,
)
from ari_bridge.cli.command import Command, Exit
from ari_bridge.pbx.port import PbxRefused
from ari_bridge.run.settings import DEFAULT_FILE, FILE_VARIABLE
from ari_bridge.run.settings_errors import SettingsError
from consent.errors import OuidireError

COMMANDS: Final[tuple[Command, ...]] = (
    serve.COMMAND,
    install.COMMAND,
    uninstall.COMMAND,
    doctor.COMMAND,
    agent.COMMAND,
    calls.COMMAND,
    figures.COMMAND,
    listen.COMMAND,
    model.COMMAND,
    phone.COMMAND,
    notice.COMMAND,
    pulse.COMMAND,
    rights.COMMAND,
    retention.COMMAND,
    ledger.COMMAND,
    keys.COMMAND,
    settings.COMMAND,
    version.COMMAND,
)

_EXITS: Final = (
    "exit codes: 0 all is well, 1 a problem was found and said, 2 the command line or the settings are wrong"
)


def parser() -> ArgumentParser:
    """The whole command line."""
    top = ArgumentParser(
        prog="ouidire",
        description="Hear a call only after a yes: the bridge between a PBX and the analysis of a consented call.",
        epilog=f"{_EXITS}\n`ouidire COMMAND --help` shows examples.",
        formatter_class=RawDescriptionHelpFormatter,
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        one = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.summary,
            epilog=f"{command.epilog}\n\n{_EXITS}",
            formatter_class=RawDescriptionHelpFormatter,
        )
        one.add_argument(
            "--settings",
            type=Path,
            metavar="FILE",
            help=f"the settings file (default: ${FILE_VARIABLE}, else {DEFAULT_FILE})",
        )
        command.add_arguments(one)
        one.set_defaults(run=command.run)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. What is wrong is told in sentences on standard error, never in a traceback."""
    chosen = parser().parse_args(arguments)
    try:
        code: Exit = chosen.run(chosen)
        sys.stdout.flush()
    except SettingsError as error:
        _tell(*error.reasons)
        return Exit.USAGE
    except (OuidireError, PbxRefused) as error:
        _tell(*str(error).splitlines())
        return Exit.PROBLEM
    except BrokenPipeError:  # `ouidire calls | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except KeyboardInterrupt:
        return 130
    return code


def _tell(*sentences: str) -> None:
    for sentence in sentences:
        print(f"ouidire: {sentence}", file=sys.stderr)
