"""`ouidire model evaluate`: the served model tried on a folder of labelled recordings, before anybody trusts it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.part import Part
from ari_bridge.run import settings as all_settings

LINES: Final = ("as-is", "phone", "clean")
FOLDER: Final = Path("ouidire-evaluation")


def run(arguments: Namespace) -> Exit:
    """Judge every clip and write the report. Raises SettingsError, OuidireError."""
    from ari_bridge.cli.models.trial import evaluate, publish
    from ari_bridge.run.tone import choice_of, served_of

    lines = tuple(dict.fromkeys(arguments.line or LINES[:1]))
    choice = choice_of(all_settings.load(arguments.settings))
    publish(evaluate(choice, arguments.data, arguments.language, lines), arguments.out, served_of(choice).limits)
    return Exit.OK


def _primary(tag: str) -> str:
    """The primary tag: fr of fr-CA."""
    return tag.lower().partition("-")[0]


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="recordings and their manifest.csv")
    parser.add_argument(
        "--language",
        type=_primary,
        metavar="TAG",
        help="only this language, such as fr; it is taken to be that of clips that name none",
    )
    parser.add_argument(
        "--line",
        action="append",
        choices=LINES,
        help="as-is: recordings of your own line (the default); phone: heard through a phone line made here; clean: as "
        "they are, where they come from no phone. May be given twice, to compare",
    )
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="FOLDER", help=f"default: {FOLDER}")


PART = Part(
    "evaluate",
    "try the served model on your own labelled recordings, none of which is copied",
    ("ouidire model evaluate --data calls --language fr", f"writes {FOLDER}/report.html"),
    _add_arguments,
    run,
)
