"""What an install wrote, so that an uninstall takes out that and nothing else."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from dialplan.change import InstallRefused, content
from dialplan.conf import OWN_FOLDER

_NAME: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Digests are SHA-256 in hexadecimal; paths of our own files and folders are absolute."""

    originals: dict[str, str | None] = field(default_factory=dict)
    """The admin's files, by name, as they were without our block; None for a file that we made."""
    written: dict[str, str] = field(default_factory=dict)
    """Our own files as we wrote them."""
    folders: tuple[str, ...] = ()
    """Folders that were made for them, the deepest last."""

    def as_bytes(self) -> bytes:
        """As it is kept in the file."""
        return (json.dumps(asdict(self), indent=1, sort_keys=True) + "\n").encode()


def manifest_file(asterisk_dir: Path) -> Path:
    """Where it is kept."""
    return asterisk_dir / OWN_FOLDER / _NAME


def read_manifest(asterisk_dir: Path) -> Manifest | None:
    """The manifest of what is installed there; None where nothing is. Raises InstallRefused where it is damaged."""
    file = manifest_file(asterisk_dir)
    data = content(file)
    if data is None:
        return None
    try:
        table = json.loads(data)
        return Manifest(dict(table["originals"]), dict(table["written"]), tuple(table["folders"]))
    except (ValueError, KeyError, TypeError):
        raise InstallRefused(f"{file} is damaged: take it from a backup, or take our blocks out by hand") from None


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
