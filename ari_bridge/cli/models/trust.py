"""`ouidire model trust DIR`: shows what is in a folder of others, and keeps that an admin has confirmed it."""

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.part import Part
from ari_bridge.run import settings as all_settings
from ari_bridge.run.settings_errors import SettingsError

if TYPE_CHECKING:
    from analysis.emotion.foreign.survey import Survey

PREFIX_LETTERS: Final = 8
"""How much of the digest is typed: enough that nobody types it without having read it."""
WARNING: Final = """\
A hyperparameters file (*.yaml) is code: SpeechBrain builds whatever objects it names, and so it can do all that the
service's user can: read the database and its keys, and change them. Ouïdire runs it in a process of its own, without
network, but under the same user. Trust a folder only if you know who made it, and have compared the files with what
its author published. What it says of a voice on a telephone line nobody has measured."""


def run(arguments: Namespace) -> Exit:
    """List, warn, ask, keep. Raises SettingsError, and NotTrusted where the folder cannot be trusted at all."""
    from analysis.emotion.foreign.survey import survey
    from analysis.emotion.foreign.trust import TrustedFolder
    from analysis.emotion.foreign.trust_file import TrustFile
    from ari_bridge.run.tone import trust_file_of

    trust_file = TrustFile(trust_file_of(all_settings.load(arguments.settings)))
    found = survey(arguments.folder)
    _show(found)
    if not _is_confirmed(found.digest, arguments.digest):
        print("Not confirmed: nothing is trusted that was not trusted before.", file=sys.stderr)
        return Exit.PROBLEM
    files = {name: file.sha256 for name, file in found.files.items()}
    trust_file.put(TrustedFolder(found.folder, files, datetime.now(UTC).date()))
    print(f"{found.folder} is trusted, as it is now: {trust_file.path}")
    return Exit.OK


def _show(found: "Survey") -> None:
    for name, file in sorted(found.files.items()):
        print(f"{file.sha256}  {file.size_bytes:>12}  {name}")
    print(f"{WARNING}\n\n{len(found.files)} files in {found.folder}\ndigest {found.digest}")


def _is_confirmed(digest: str, given: str | None) -> bool:
    """Whether the admin named this very content: in full on the command line, or by its beginning when asked."""
    if given is not None:
        return given == digest
    if not sys.stdin.isatty():
        raise SettingsError("nobody is there to ask: give --digest with the digest that you have compared")
    try:
        typed = input(f"To trust it type the digest's first {PREFIX_LETTERS} letters or more: ").strip().lower()
    except EOFError:
        return False
    return len(typed) >= PREFIX_LETTERS and digest.startswith(typed)


def _digest(text: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise ArgumentTypeError("must be a whole sha256 in small letters, as this command prints it")
    return text


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="the model's folder, owner-only")
    parser.add_argument(
        "--digest", type=_digest, metavar="SHA256", help="the folder's digest, compared elsewhere: nobody is asked"
    )


PART = Part(
    "trust",
    "confirm the files of a model of others, each by its hash: it may then run code here",
    ("ouidire model trust /srv/models/emotion", "list its files, and confirm them by typing their digest"),
    _add_arguments,
    run,
)
