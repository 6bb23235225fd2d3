"""Copies a trusted folder for one load: what is read is what was checked, whatever happens on disk meanwhile."""

import hashlib
from pathlib import Path
from typing import Final

from analysis.emotion.foreign.survey import names_in, open_plain
from analysis.emotion.foreign.trust import NotTrusted, TrustedFolder

_CHUNK_BYTES: Final = 1 << 20


def copy_checked(trusted: TrustedFolder, target: Path) -> None:
    """Lay the files down in `target`, an empty folder that nobody else can reach, each checked while it is copied.

    Raises:
        NotTrusted: a file was added, changed, or is missing; the message names it. What was copied must not be used.
    """
    folder = trusted.folder
    try:
        found = set(names_in(folder))
        for name in sorted(found ^ trusted.files.keys()):
            kind = "was added" if name in found else "is missing"
            raise NotTrusted(f"{folder / name} {kind} since the folder was trusted: look, then `ouidire model trust`")
        for name, sha256 in trusted.files.items():
            if _copy(folder / name, target / name) != sha256:
                raise NotTrusted(f"{folder / name} is not the file that was trusted: its sha256 differs")
    except OSError as error:
        raise NotTrusted(f"{error.filename or folder} cannot be read: {error.strerror}") from error


def _copy(source: Path, target: Path) -> str:
    """Copy; the sha256 of what was written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sha256 = hashlib.sha256()
    with open_plain(source) as file, target.open("xb") as copy:
        while chunk := file.read(_CHUNK_BYTES):
            sha256.update(chunk)
            copy.write(chunk)
    return sha256.hexdigest()
