"""The texts and recordings of the prompts, by language: those that are shipped, and the site's own before them."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, NamedTuple

from consent.errors import InvalidValue
from consent.states import PROMPTS, State
from dialplan.attestation import Attestation, read_attestations

NOTICE: Final = PROMPTS[State.ANNOUNCING]
MORE: Final = PROMPTS[State.EXPLAINING]
RECORDED: Final = "recorded"
"""Where the PBX itself records or lets others listen, whatever the caller answers."""
REFERENCE: Final = "reference"
NO_REFERENCE: Final = "no_reference"
STAFF_NOTICE: Final = "staff_notice"
NAMES: Final = (
    *dict.fromkeys(PROMPTS.values()),
    RECORDED,
    REFERENCE,
    NO_REFERENCE,
    *map(str, range(10)),
    "rights_menu",
    "rights_enter",
    "rights_unknown",
    "rights_later",
    "rights_stopped",
    "rights_quiet",
    "rights_kept",
    "rights_measured",
    "rights_nothing",
    "rights_erased",
    "goodbye",
    "unavailable",
    "staff_pin",
    "staff_wrong",
    STAFF_NOTICE,
    "staff_menu",
    "staff_acknowledged",
    "staff_withdrawn",
    "staff_receipt",
    "staff_none",
    "staff_site_assessment",
    "staff_site_council",
    "staff_site_change",
    "staff_site_none",
    "contest_again",
    "contest_done",
    "contest_none",
    "contest_failed",
    "pair_done",
    "pair_unknown",
)
"""Every prompt: of the dialogue, of the reference, of the two lines that people dial, and of the agents' codes."""
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_LARGEST_BYTES: Final = 2_000_000


class Prompt(NamedTuple):
    """One prompt: its text (UTF-8) and its recording (a WAV file); `attested` is None for one that is shipped."""

    text: bytes
    wav: bytes
    attested: Attestation | None = None


@dataclass(frozen=True, slots=True)
class Recordings:
    """The shipped prompts, and before them the own ones of `folder`: <folder>/<language>/<name>.wav and .txt.

    An own prompt is given out only as it was attested: a file that differs is an error, never played.
    """

    folder: Path | None = None

    def languages(self) -> tuple[str, ...]:
        """The languages that have every prompt, in the order of the alphabet."""
        own = {language for language in self.own_languages() if not self.lacking(language)}
        return tuple(sorted({*languages(), *own}))

    def own_languages(self) -> tuple[str, ...]:
        """The languages that have a folder of the site's own. Raises InvalidValue where we may not look."""
        try:
            if self.folder is None or not self.folder.is_dir():
                return ()
            found = [one.name for one in self.folder.iterdir() if _LANGUAGE.fullmatch(one.name) and one.is_dir()]
        except OSError as error:
            raise InvalidValue(f"{self.folder} cannot be read: {error.strerror}") from error
        return tuple(sorted(found))

    def lacking(self, language: str) -> tuple[str, ...]:
        """The prompts that a language has not, neither shipped nor its own."""
        if language in languages():
            return ()
        return tuple(name for name in NAMES if not self.is_own(language, name))

    def is_own(self, language: str, name: str) -> bool:
        """Whether the site has this prompt, or a part of it, of its own. Raises InvalidValue where we may not look."""
        try:
            return any(file.exists() for file in self._own_files(language, name))
        except OSError as error:
            raise InvalidValue(f"{self.folder} cannot be read: {error.strerror}") from error

    def prompt(self, language: str, name: str) -> Prompt:
        """The prompt that is played.

        Raises:
            InvalidValue: there is none, or the site's own one is not what was attested.
        """
        if name not in NAMES or not _LANGUAGE.fullmatch(language):
            raise InvalidValue(f"no prompt {name!r} in {language!r}")
        if not self.is_own(language, name):
            return Prompt(_shipped(language, f"{name}.txt"), _shipped(language, f"{name}.wav"))
        text_file, wav_file = self._own_files(language, name)
        text, wav = _own(text_file), _own(wav_file)
        attested = read_attestations(text_file.parent).get(name)
        if attested is None:
            raise InvalidValue(f"nobody attested {wav_file}: `ouidire notice add` asks for it")
        if not attested.covers(text, wav):
            raise InvalidValue(
                f"{wav_file} or its text is not what {attested.by} attested on {attested.on}: "
                "put it back, or attest the new one by `ouidire notice add`"
            )
        return Prompt(text, wav, attested)

    def text(self, language: str, name: str) -> str:
        """What a prompt says. Raises InvalidValue as `prompt` does."""
        return self.prompt(language, name).text.decode().strip()

    def recording(self, language: str, name: str) -> bytes:
        """A prompt as an 8 kHz 16-bit mono WAV file. Raises InvalidValue as `prompt` does."""
        return self.prompt(language, name).wav

    def _own_files(self, language: str, name: str) -> tuple[Path, ...]:
        """Its text and its recording, where the site's own ones would lie."""
        if self.folder is None:
            return ()
        return self.folder / language / f"{name}.txt", self.folder / language / f"{name}.wav"


def languages() -> tuple[str, ...]:
    """The languages that are shipped, in the order of the alphabet."""
    return tuple(sorted(one.name for one in _folder().iterdir() if one.is_dir() and not one.name.startswith("_")))


def text(language: str, name: str) -> str:
    """What a shipped prompt says. Raises InvalidValue for a prompt that is not shipped."""
    return _shipped(language, f"{name}.txt").decode().strip()


def recording(language: str, name: str) -> bytes:
    """A shipped prompt as an 8 kHz 16-bit mono WAV file. Raises InvalidValue for a prompt that is not shipped."""
    return _shipped(language, f"{name}.wav")


def _own(file: Path) -> bytes:
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_BYTES:
            raise InvalidValue(f"{file} is missing, or no file of at most {_LARGEST_BYTES} bytes")
        return file.read_bytes()
    except OSError as error:
        raise InvalidValue(f"{file} cannot be read: {error.strerror}") from error


def _folder() -> Traversable:
    return files("dialplan") / "prompts"


@cache
def _shipped(language: str, file: str) -> bytes:
    try:
        return (_folder() / language / file).read_bytes()
    except OSError as error:
        raise InvalidValue(f"no prompt {file!r} in {language!r}; there are {', '.join(languages())}") from error
