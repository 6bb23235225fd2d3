"""`ouidire uninstall`: every file as it was before `ouidire install`."""

from argparse import ArgumentParser, Namespace

from ari_bridge.cli.command import Command, Exit
from ari_bridge.cli.install import add_folder_argument, settle
from dialplan.freeswitch import install as freeswitch
from dialplan.install import plan_removal


def run(arguments: Namespace) -> Exit:
    """Plan the removal, show it, and unless it is a dry run carry it out. Raises InstallRefused."""
    if arguments.freeswitch is None:
        return settle(plan_removal(arguments.asterisk), arguments.dry_run)
    return settle(freeswitch.plan_removal(arguments.freeswitch), arguments.dry_run)


def _add_arguments(parser: ArgumentParser) -> None:
    add_folder_argument(parser)
    parser.add_argument("--dry-run", action="store_true", help="show the changes as a diff and change nothing")


COMMAND = Command(
    "uninstall",
    "Take the PBX's side away again: each file gets back the very bytes it had. The database stays.",
    (
        ("ouidire uninstall --dry-run", "show what would be changed"),
        ("ouidire uninstall", 'do it; then asterisk -rx "core reload"'),
        ("ouidire uninstall --freeswitch /etc/freeswitch", "the same at a FreeSWITCH; then fs_cli -x reloadxml"),
    ),
    _add_arguments,
    run,
)
