"""`ouidire model distrust DIR`: takes a confirmation back."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.part import Part
from ari_bridge.run import settings as all_settings


def run(arguments: Namespace) -> Exit:
    """Take it back. Raises SettingsError, NotTrusted."""
    from analysis.emotion.foreign.trust_file import TrustFile
    from ari_bridge.run.tone import trust_file_of

    if not TrustFile(trust_file_of(all_settings.load(arguments.settings))).remove(arguments.folder):
        print(f"{arguments.folder} was not trusted.", file=sys.stderr)
        return Exit.PROBLEM
    print(f"{arguments.folder} is trusted no more. A service that runs with it keeps it until it is started again.")
    return Exit.OK


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="the model's folder; it need not exist any more")


PART = Part(
    "distrust",
    "take the confirmation of a folder back",
    ("ouidire model distrust /srv/models/emotion", "it is not loaded any more"),
    _add_arguments,
    run,
)
