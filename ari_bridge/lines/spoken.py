"""References as recordings with random names: the PBX says one without knowing it, and no log of it can hold one."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ari_bridge.lines.digits import digits
from ari_bridge.lines.wav_wire import joined, silence
from consent.errors import OuidireError
from consent.reference import Reference

PAUSE_MS: Final = 450
"""Between the groups."""
FOLDER_MODE: Final = 0o711
"""The PBX opens what it was told the name of, and nobody but us sees which names there are."""
FILE_MODE: Final = 0o644
_NAME: Final = re.compile(r"[0-9a-f]{32}\.wav")


class NotSpoken(OuidireError):
    """The recording of a reference could not be written: the caller hears that there is none."""


class Spoken:
    """The folder of recordings that wait to be said. `recording` gives a prompt by language and name as a WAV file."""

    def __init__(self, folder: Path, recording: Callable[[str, str], bytes]) -> None:
        self._folder = folder
        self._recording = recording

    def prepare(self) -> int:
        """Make the folder where it is missing, and sweep what an earlier bridge left there; how many those were.

        Raises:
            NotSpoken: the folder cannot be made or swept.
        """
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(FOLDER_MODE)
            left = [file for file in self._folder.iterdir() if _NAME.fullmatch(file.name)]
            for file in left:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise NotSpoken(f"{self._folder} cannot be used for references: {error.strerror}") from error
        return len(left)

    def put_together(self, language: str, reference: str) -> Path:
        """Write the recording of a reference; its path without the ending, as a dialplan names it.

        Raises:
            InvalidValue: no reference, or no prompts in that language.
            NotSpoken: it cannot be written.
        """
        sound = said(self._recording, language, reference)
        stem = self._folder / secrets.token_hex(16)
        try:
            fd = os.open(f"{stem}.wav", os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE)
            with os.fdopen(fd, "wb") as file:
                os.fchmod(fd, FILE_MODE)
                file.write(sound)
        except OSError as error:
            raise NotSpoken(f"a reference cannot be written to {self._folder}: {error.strerror}") from error
        return stem

    def forget(self, stem: Path) -> None:
        """Delete a recording; one that is gone already is no error. Raises NotSpoken where it stays."""
        try:
            Path(f"{stem}.wav").unlink(missing_ok=True)
        except OSError as error:
            raise NotSpoken(f"a reference cannot be deleted from {self._folder}: {error.strerror}") from error


def said(recording: Callable[[str, str], bytes], language: str, reference: str) -> bytes:
    """ "Your reference is", and its digits in groups, as one WAV file. Raises InvalidValue: not a reference."""
    pieces = [recording(language, "reference")]
    for group in Reference(reference).groups:
        pieces += [silence(PAUSE_MS), *(recording(language, digit) for digit in digits(group))]
    return joined(pieces)
