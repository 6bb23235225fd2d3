"""The texts and recordings that are shipped: what callers hear, by language."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from consent.errors import InvalidValue
from consent.states import PROMPTS

NAMES = tuple(dict.fromkeys(PROMPTS.values()))
"""Every prompt that the dialogue plays."""


def languages() -> tuple[str, ...]:
    """The languages that have prompts, in the order of the alphabet."""
    return tuple(sorted(one.name for one in _folder().iterdir() if one.is_dir() and not one.name.startswith("_")))


def text(language: str, name: str) -> str:
    """What a prompt says. Raises InvalidValue for a prompt that is not shipped."""
    return _prompt(language, f"{name}.txt").decode().strip()


def recording(language: str, name: str) -> bytes:
    """A prompt as an 8 kHz 16-bit mono WAV file. Raises InvalidValue for a prompt that is not shipped."""
    return _prompt(language, f"{name}.wav")


def _folder() -> Traversable:
    return files("dialplan") / "prompts"


@cache
def _prompt(language: str, file: str) -> bytes:
    try:
        return (_folder() / language / file).read_bytes()
    except OSError as error:
        raise InvalidValue(f"no prompt {file!r} in {language!r}; there are {', '.join(languages())}") from error
