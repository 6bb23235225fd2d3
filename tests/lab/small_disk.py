"""A disk of a few megabytes that can be filled, and freed again. Needs mounts of one's own (tests.lab.netns)."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.errors import LabError

_BLOCK_BYTES = 4096


@contextmanager
def small_disk(folder: Path, size_bytes: int) -> Iterator[Path]:
    """Mount a tmpfs at `folder`, for as long as the context lasts. Raises LabError where that is not allowed."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        raise LabError(f"A small disk cannot be mounted here ({mounted.stderr.strip()}): run in tests.lab.netns.")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(disk: Path) -> Path:
    """Write until there is no byte left; the file that is to be deleted to free it again."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * _BLOCK_BYTES)
        except OSError:
            return filler
