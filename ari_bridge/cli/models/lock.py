"""`ouidire model lock LANG`: takes a report away, so that calls in that language have facts only again."""

import sys
from argparse import ArgumentParser, Namespace

from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.part import Part
from ari_bridge.cli.models.unlock import language
from ari_bridge.run import settings as all_settings


def run(arguments: Namespace) -> Exit:
    """Take it away. Raises SettingsError, ReportNotKept."""
    from ari_bridge.run.tone import reports_folder_of

    folder = reports_folder_of(all_settings.load(arguments.settings))
    if not folder.remove(arguments.language):
        print(f"No report on {arguments.language} is kept in {folder.path}.", file=sys.stderr)
        return Exit.PROBLEM
    print(f"{arguments.language} is locked: facts only, from the next start of the service on.")
    return Exit.OK


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("language", type=language, metavar="LANG", help="the language, such as fr")


PART = Part(
    "lock",
    "have facts only of calls in a language that was unlocked here",
    ("ouidire model lock fr", "takes the report away"),
    _add_arguments,
    run,
)
