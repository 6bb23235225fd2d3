"""A Dockerfile as a list of instructions, as far as ours uses the language; anything else is an error."""

import json
import re
import shlex
from pathlib import Path
from typing import Final, NamedTuple

KNOWN: Final = frozenset({"FROM", "ARG", "ENV", "RUN", "COPY", "USER", "WORKDIR", "VOLUME", "ENTRYPOINT", "CMD"})


class Instruction(NamedTuple):
    """One instruction: its word, and the rest of its (joined) line."""

    word: str
    rest: str


def read(file: Path) -> list[Instruction]:
    """The instructions. Raises ValueError for a word that this reader does not know."""
    text = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE))
    found = []
    for line in text.splitlines():
        word, _, rest = line.strip().partition(" ")
        if not word:
            continue
        if word not in KNOWN:
            raise ValueError(f"{file.name}: this check does not know the instruction {word}")
        found.append(Instruction(word, rest.strip()))
    return found


def pair(rest: str) -> tuple[str, str]:
    """Name and value of ENV and ARG."""
    name, _, value = rest.partition("=")
    return name, shlex.split(value)[0] if value else ""


def words(rest: str) -> list[str]:
    """ENTRYPOINT and CMD in their JSON form."""
    return [str(word) for word in json.loads(rest)]
