"""`ouidire uninstall`: every file as it was before `ouidire install`."""

from argparse import ArgumentParser, Namespace

from ari_bridge.cli.command import Command, Exit
from ari_bridge.cli.install import add_folder_argument, settle
from dialplan.install import plan_removal


def run(arguments: Namespace) -> Exit:
    """Plan the removal, show it, and unless it is a dry run carry it out. Raises InstallRefused."""
    return settle(plan_removal(arguments.asterisk), arguments.dry_run)


def _add_arguments(parser: ArgumentParser) -> None:
    add_folder_argument(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the changes as a diff and change nothing")


COMMAND = Command(
    "uninstall",
    "Take the Asterisk side away again: each file gets back the very bytes it had. The database stays.",
    (
        ("ouidire uninstall --dry-run", "show what would be changed"),
        ("ouidire uninstall", 'do it; then asterisk -rx "core reload"'),
    ),
    _add_arguments,
    run,
)
