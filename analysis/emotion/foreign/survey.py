"""Looks at a folder before it is trusted: every file with its size and sha256, and why it may not be trusted."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from analysis.emotion.foreign.pickles import refusal
from analysis.emotion.foreign.trust import MAX_FILES, NotTrusted, digest_of

_OTHERS_WRITE: Final = 0o022
_OTHERS: Final = 0o077
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Surveyed:
    """One file: its size in bytes and its sha256."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies in a folder, by the files' paths inside it."""

    folder: Path
    files: Mapping[str, Surveyed]

    @property
    def digest(self) -> str:
        """What the admin confirms; see `trust.digest_of`."""
        return digest_of({name: file.sha256 for name, file in self.files.items()})


def survey(folder: Path) -> Survey:
    """Look at every file of a folder.

    Raises:
        NotTrusted: it cannot be read; somebody else owns it, may read it or may change something in it or above it;
            something in it is no plain file; it holds a program as a pickle. The message names the file.
    """
    try:
        place = folder.resolve(strict=True)
        _check_place(place)
        files = {name: _look_at(place, name) for name in names_in(place)}
    except OSError as error:
        raise NotTrusted(f"{error.filename or folder} cannot be read: {error.strerror}") from error
    if not files:
        raise NotTrusted(f"{place} holds no file")
    return Survey(place, files)


def names_in(folder: Path) -> Iterator[str]:
    """The paths of all files inside a folder. Raises OSError, and NotTrusted for a link or what is no file."""
    count = 0
    for above, folders, files in os.walk(folder, onerror=_raise):
        for name in sorted((*folders, *files)):
            path = Path(above, name)
            mode = path.lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise NotTrusted(f"{path} is a link or no plain file: copy the folder with `cp -rL`")
            if stat.S_ISREG(mode):
                yield path.relative_to(folder).as_posix()
            count += 1
            if count > MAX_FILES:
                raise NotTrusted(f"{folder} holds more than {MAX_FILES} files: is it a model's folder?")


def _raise(error: OSError) -> None:
    raise error


def _check_place(place: Path) -> None:
    """Owner-only, and nobody else can exchange it: neither in it nor in any folder above it."""
    if not place.is_dir():
        raise NotTrusted(f"{place} is no folder")
    found = place.stat()
    if found.st_uid != os.geteuid():
        raise NotTrusted(f"{place} belongs to another user: run this as the service's user, which must own the folder")
    if found.st_mode & _OTHERS:
        raise NotTrusted(f"{place} has mode {found.st_mode & 0o777:04o}, open to others: chmod 700 {place}")
    for above in place.parents:
        # In a folder with the sticky bit (/tmp) others may write, but not exchange what is not theirs.
        mode = above.stat().st_mode
        if above.stat().st_uid not in {0, os.geteuid()} or (mode & _OTHERS_WRITE and not mode & stat.S_ISVTX):
            raise NotTrusted(f"{above}, above it, can be changed by others")
    for below, _, _ in os.walk(place, onerror=_raise):
        _check_owner(Path(below), os.stat(below))


def _check_owner(path: Path, found: os.stat_result) -> None:
    if found.st_uid not in {0, os.geteuid()}:
        raise NotTrusted(f"{path} belongs to another user")
    if found.st_mode & _OTHERS_WRITE:
        raise NotTrusted(f"{path} has mode {found.st_mode & 0o777:04o}, so others may change it: chmod go-w {path}")


def _look_at(place: Path, name: str) -> Surveyed:
    with open_plain(place / name) as file:
        found = os.fstat(file.fileno())
        _check_owner(place / name, found)
        why = refusal(name, file)
        if why:
            raise NotTrusted(f"{place}: {why}")
        file.seek(0)
        sha256 = hashlib.sha256()
        while chunk := file.read(_CHUNK_BYTES):
            sha256.update(chunk)
    return Surveyed(found.st_size, sha256.hexdigest())


def open_plain(path: Path) -> BinaryIO:
    """A file to read, which must not be a link. Raises OSError."""
    return os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
