"""The folder of stored reports: one file for each language that this site has unlocked, readable by its owner alone."""

import os
import re
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from analysis.emotion.unlocking import MAX_BYTES, NotUnlocked, Served, Unlocked, unlocked
from consent.errors import OuidireError

NAME: Final = "reports"
MAX_FILES: Final = 100
_FILE: Final = re.compile(r"([a-z]{2,3})\.json")
_WIDER_THAN_OWNER: Final = 0o077


class ReportNotKept(OuidireError):
    """The folder or a file in it cannot be written."""


@dataclass(frozen=True, slots=True)
class Reports:
    """What a folder holds: unlocked languages, and files by place with the sentence why each unlocks nothing."""

    unlocked: Mapping[str, Unlocked] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def languages(self) -> frozenset[str]:
        """Primary tags of what is unlocked."""
        return frozenset(self.unlocked)

    def as_note(self) -> dict[str, object]:
        """What is unlocked and on which figures, for a public record."""
        return {language: self.unlocked[language].as_note() for language in sorted(self.unlocked)}


class ReportFolder:
    """Reads and writes it. There is none before the first language is unlocked.

    Args:
        path: the folder. The one above it must exist before something is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, served: Served) -> Reports:
        """What is unlocked for that model now. Raises nothing: what cannot be believed is told by name."""
        try:
            is_open = _is_open_to_others(self.path.stat(follow_symlinks=False))
            names = sorted(name for name in os.listdir(self.path) if not name.startswith("."))
        except FileNotFoundError:
            return Reports()
        except OSError as error:
            return Reports(refused={str(self.path): f"cannot be read: {error.strerror}"})
        if is_open:
            return Reports(refused={str(self.path): "must be the service's user's, mode 0700: it is not believed"})
        if len(names) > MAX_FILES:
            return Reports(refused={str(self.path): f"has more than {MAX_FILES} files: this is no folder of reports"})
        found: dict[str, Unlocked] = {}
        refused: dict[str, str] = {}
        for name in names:
            try:
                one = self._one(name, served)
                found[one.language] = one
            except NotUnlocked as error:
                refused[str(self.path / name)] = str(error)
        return Reports(found, refused)

    def put(self, language: str, content: bytes) -> Path:
        """Keep a report that `unlocked` has accepted, in place of an older one; where it is. Raises ReportNotKept."""
        place = self.path / f"{language}.json"
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            fd, name = tempfile.mkstemp(dir=self.path, prefix=f".{place.name}.")  # mode 0600 from its first byte
            try:
                with open(fd, "wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, place)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            raise ReportNotKept(f"{place} cannot be written: {error.strerror}") from error
        return place

    def remove(self, language: str) -> bool:
        """Take the report of a language away; whether there was one. Raises ReportNotKept."""
        try:
            (self.path / f"{language}.json").unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise ReportNotKept(f"{self.path} cannot be written: {error.strerror}") from error
        return True

    def _one(self, name: str, served: Served) -> Unlocked:
        of = _FILE.fullmatch(name)
        if of is None:
            raise NotUnlocked("is named after no language: a report is kept by `ouidire model unlock`")
        try:
            content = _own_content(self.path / name)
        except OSError as error:
            raise NotUnlocked(f"cannot be read: {error.strerror}") from error
        return unlocked(content, of[1], served)


def _own_content(file: Path) -> bytes:
    """At most one byte more than a report may have. Raises OSError, NotUnlocked."""
    # A link may lead anywhere, and to open a pipe may wait for ever.
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or _is_open_to_others(found):
            raise NotUnlocked("must be a file of the service's user's, mode 0600: it is not believed")
        with open(descriptor, "rb", closefd=False) as opened:
            return opened.read(MAX_BYTES + 1)
    finally:
        os.close(descriptor)


def _is_open_to_others(found: os.stat_result) -> bool:
    """Whether somebody else owns it, or may read or write it."""
    return found.st_uid != os.geteuid() or bool(found.st_mode & _WIDER_THAN_OWNER)
