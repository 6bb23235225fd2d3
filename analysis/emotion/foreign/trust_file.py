"""The file of all confirmations: JSON, readable and writable by its owner alone."""

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from analysis.emotion.foreign.trust import NotTrusted, TrustedFolder
from consent.errors import InvalidValue

NAME: Final = "trusted-models.json"
MAX_BYTES: Final = 4 * 1024 * 1024
_VERSION: Final = 1
_WIDER_THAN_OWNER: Final = 0o077


class TrustFile:
    """Reads and writes it. There is none before the first folder is trusted.

    Args:
        path: the file. Its folder must exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Mapping[Path, TrustedFolder]:
        """What is trusted, by folder.

        Raises:
            NotTrusted: the file is open to others, cannot be read, or is not what this program wrote.
        """
        try:
            with open(os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
                found = os.fstat(file.fileno())
                content = file.read(MAX_BYTES + 1)
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise NotTrusted(f"{self.path} cannot be read: {error.strerror}") from error
        if found.st_uid != os.geteuid() or found.st_mode & _WIDER_THAN_OWNER:
            raise NotTrusted(f"{self.path} must be the service's user's, with mode 0600: nothing in it is believed")
        try:
            return parse(content)
        except InvalidValue as error:
            raise NotTrusted(f"{self.path} is damaged ({error}): remove it, and trust each folder again") from error

    def find(self, folder: Path) -> TrustedFolder:
        """What was confirmed of a folder. Raises NotTrusted: nothing was, or see `read`."""
        place = folder.resolve()
        try:
            return self.read()[place]
        except KeyError:
            raise NotTrusted(f"nobody has confirmed {place}: `ouidire model trust {place}`") from None

    def put(self, trusted: TrustedFolder) -> None:
        """Keep a confirmation, in place of an older one of the same folder. Raises NotTrusted."""
        self._write({**self.read(), trusted.folder: trusted})

    def remove(self, folder: Path) -> bool:
        """Take a confirmation back; whether there was one. Raises NotTrusted."""
        kept = dict(self.read())
        if kept.pop(folder.resolve(), None) is None:
            return False
        self._write(kept)
        return True

    def _write(self, kept: Mapping[Path, TrustedFolder]) -> None:
        """Whole or not at all: a new file (mode 0600 from its first byte) takes the old one's place."""
        try:
            fd, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")
            try:
                with open(fd, "wb") as file:
                    file.write(as_bytes(kept))
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self.path)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            raise NotTrusted(f"{self.path} cannot be written: {error.strerror}") from error


def as_bytes(kept: Mapping[Path, TrustedFolder]) -> bytes:
    """What the file holds for these folders."""
    folders = {
        str(folder): {"trusted_on": one.trusted_on.isoformat(), "digest": one.digest, "files": dict(one.files)}
        for folder, one in sorted(kept.items())
    }
    return (json.dumps({"version": _VERSION, "folders": folders}, indent=2) + "\n").encode()


def parse(content: bytes) -> dict[Path, TrustedFolder]:
    """The folders that a file names. Raises InvalidValue for all that `as_bytes` would not have written."""
    if len(content) > MAX_BYTES:
        raise InvalidValue(f"it has more than {MAX_BYTES} bytes")
    try:
        told = json.loads(content)
        if not isinstance(told, dict) or told.get("version") != _VERSION or not isinstance(told.get("folders"), dict):
            raise InvalidValue(f"it is no list of version {_VERSION}")
        return {Path(place): _folder(place, one) for place, one in told["folders"].items()}
    except (ValueError, RecursionError) as error:
        raise InvalidValue(str(error)) from error


def _folder(place: str, told: object) -> TrustedFolder:
    if not isinstance(told, dict):
        raise InvalidValue(f"{place} is no list of files")
    files, day, digest = told.get("files"), told.get("trusted_on"), told.get("digest")
    if not isinstance(files, dict) or not all(isinstance(one, str) for one in files.values()):
        raise InvalidValue(f"{place} lacks its files")
    if not isinstance(day, str):
        raise InvalidValue(f"{place} lacks its day")
    trusted = TrustedFolder(Path(place), files, date.fromisoformat(day))
    if trusted.digest != digest:
        raise InvalidValue(f"the files of {place} do not give its digest")
    return trusted
