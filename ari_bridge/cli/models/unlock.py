"""`ouidire model unlock LANG REPORT`: keeps a report that shows enough, and says what another one lacks."""

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import Final

from analysis.emotion.evaluation.stored import REPORT_FILE
from analysis.emotion.languages import UNKNOWN, primary
from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.evaluate import FOLDER
from ari_bridge.cli.models.part import Part
from ari_bridge.run import settings as all_settings

REPORT: Final = FOLDER / REPORT_FILE


def run(arguments: Namespace) -> Exit:
    """Look at the report, keep it, look at it again where it lies. Raises SettingsError, OuidireError."""
    from analysis.emotion.unlocking import NotUnlocked, unlocked, wanted
    from ari_bridge.run.tone import choice_of, reports_folder_of, served_of

    settings = all_settings.load(arguments.settings)
    served, folder = served_of(choice_of(settings)), reports_folder_of(settings)
    content = _content(arguments.report)
    try:
        unlocked(content, arguments.language, served)
    except NotUnlocked as error:
        print(f"{arguments.language} stays locked; {arguments.report}:", file=sys.stderr)
        for reason in error.reasons:
            print(f"  {reason}", file=sys.stderr)
        print(f"Needed: {wanted(served.limits)}.", file=sys.stderr)
        return Exit.PROBLEM
    place = folder.put(arguments.language, content)
    kept = folder.read(served)
    if arguments.language not in kept.unlocked:
        print(f"{arguments.language} stays locked: {'; '.join(map(': '.join, kept.refused.items()))}", file=sys.stderr)
        return Exit.PROBLEM
    print(f"{arguments.language}: {kept.unlocked[arguments.language].sentence}")
    print(f"Kept as {place}. Calls in {arguments.language} are judged from the next start of the service on.")
    return Exit.OK


def _content(file: Path) -> bytes:
    from analysis.emotion.unlocking import MAX_BYTES, NotUnlocked

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise NotUnlocked(f"{file} cannot be read: {error.strerror}; `ouidire model evaluate` writes it") from error


def language(text: str) -> str:
    """A language as its primary tag. Raises ArgumentTypeError."""
    found = primary(text)
    if found == UNKNOWN:
        raise ArgumentTypeError(f"must be a language such as fr, not {text!r}")
    return found


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("language", type=language, metavar="LANG", help="the language, such as fr")
    parser.add_argument(
        "report", type=Path, nargs="?", default=REPORT, metavar="REPORT", help=f"of `model evaluate`; default: {REPORT}"
    )


PART = Part(
    "unlock",
    "let calls in a further language be judged, on the strength of a report of `ouidire model evaluate`",
    (f"ouidire model unlock fr {REPORT}", "keeps the report, or says what is missing"),
    _add_arguments,
    run,
)
