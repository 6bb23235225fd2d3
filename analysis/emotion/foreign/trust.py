"""What an admin has confirmed: a folder, file by file, by hash. A value; who looks at disks is `survey`."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Final

from analysis.emotion.model_files import ModelRefused
from consent.errors import InvalidValue

MAX_FILES: Final = 1000
"""A model has a handful of files. More is a mistake, such as a whole home folder."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class NotTrusted(ModelRefused):
    """A folder that nobody confirmed, or that is no longer what was confirmed; the message names what differs."""


@dataclass(frozen=True, slots=True)
class TrustedFolder:
    """One confirmed folder: its place, the sha256 of every file by the file's path inside it, and the day (UTC).

    Raises:
        InvalidValue: a place that is not absolute, a path that leads out, no or too many files, a digest that is none.
    """

    folder: Path
    files: Mapping[str, str]
    trusted_on: date

    def __post_init__(self) -> None:
        if not self.folder.is_absolute():
            raise InvalidValue(f"a trusted folder has an absolute path, not {self.folder}")
        if not 0 < len(self.files) <= MAX_FILES:
            raise InvalidValue(f"a trusted folder has 1 to {MAX_FILES} files, not {len(self.files)}")
        for name, sha256 in self.files.items():
            if not _is_inside(name) or not _SHA256.fullmatch(sha256):
                raise InvalidValue(f"{name!r} is no file of a trusted folder, or its sha256 is none")

    @property
    def digest(self) -> str:
        """One sha256 for all: of the lines that `sha256sum` prints of the files in the order of their names."""
        return digest_of(self.files)


def digest_of(files: Mapping[str, str]) -> str:
    """The sha256 of `SHA256  NAME` lines, sorted by name; what an admin confirms."""
    lines = "".join(f"{files[name]}  {name}\n" for name in sorted(files))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    is_plain = bool(name) and "\0" not in name and str(path) == name
    return is_plain and not path.is_absolute() and ".." not in path.parts and name != "."
