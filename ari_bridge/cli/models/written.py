"""What `ouidire model report` and `evaluate` write: two files into a folder of the admin's."""

from pathlib import Path

from consent.errors import OuidireError


class NotWritten(OuidireError):
    """The folder or a file cannot be written."""


def write(folder: Path, files: dict[str, str]) -> None:
    """Write texts into a folder, made if need be, and say where. Raises NotWritten."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
            print(folder / name)
    except OSError as error:
        raise NotWritten(f"{folder} cannot be written: {error.strerror}") from error
