"""Read Asterisk configuration as Asterisk does: sections, entries, includes, comments; nothing is ever executed.

Our own managed blocks and files are left out, so that what is read is what the admin wrote.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from dialplan.block import BrokenBlock, block_lines

OWN_FOLDER: Final = "ouidire"
"""The folder of our own files, inside the folder of Asterisk's configuration."""
MAX_DEPTH: Final = 10
"""Asterisk itself follows includes no deeper (main/config.c, MAX_INCLUDE_LEVEL)."""

_SECTION = re.compile(r"\[([^\]]*)\]")
_INCLUDE = re.compile(r"#(?:try)?include\s+[\"<]?([^\">]+?)[\">]?\s*$", re.IGNORECASE)
_ENTRY = re.compile(r"([^=]*?)\s*=>?\s*(.*)$", re.DOTALL)


class Section(NamedTuple):
    """A section header; the same name may come several times."""

    file: Path
    line: int
    name: str


class Entry(NamedTuple):
    """One `key = value` (or `key => value`) of a section; `line` counts from 1."""

    file: Path
    line: int
    section: str
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Conf:
    """What one configuration file says, its includes followed in place."""

    sections: tuple[Section, ...]
    entries: tuple[Entry, ...]
    includes: tuple[str, ...]
    """Every include as it is written, whether or not the file is there."""

    def has_section(self, name: str) -> bool:
        """Whether a section of that name (case ignored, as Asterisk does) is opened anywhere."""
        return any(section.name.lower() == name.lower() for section in self.sections)

    def last(self, section: str, key: str) -> Entry | None:
        """The entry that counts: the last one of that key."""
        wanted = (section.lower(), key.lower())
        found = [one for one in self.entries if (one.section.lower(), one.key.lower()) == wanted]
        return found[-1] if found else None

    def value(self, section: str, key: str, default: str = "") -> str:
        """The value that counts, or the default where the key is not set."""
        entry = self.last(section, key)
        return default if entry is None else entry.value


def read_conf(folder: Path, name: str) -> Conf:
    """Read `folder/name` with its includes; a file that is missing or unreadable says nothing."""
    sections: list[Section] = []
    entries: list[Entry] = []
    includes: list[str] = []
    _follow(folder, folder / name, "", 0, sections, entries, includes)
    return Conf(tuple(sections), tuple(entries), tuple(includes))


def _follow(
    folder: Path,
    file: Path,
    section: str,
    depth: int,
    sections: list[Section],
    entries: list[Entry],
    includes: list[str],
) -> str:
    """Read one file into the lists; returns the section that is open at its end (an include shares it)."""
    for number, text in _lines(file):
        if found := _SECTION.match(text):
            section = found.group(1)
            sections.append(Section(file, number, section))
        elif found := _INCLUDE.match(text):
            includes.append(found.group(1))
            for one in _included(folder, found.group(1)) if depth < MAX_DEPTH else ():
                section = _follow(folder, one, section, depth + 1, sections, entries, includes)
        elif (found := _ENTRY.match(text)) and not text.startswith("#"):
            entries.append(Entry(file, number, section, found.group(1).strip(), found.group(2).strip()))
    return section


def _included(folder: Path, pattern: str) -> list[Path]:
    path = Path(pattern)
    if path.parts[:1] == (OWN_FOLDER,):
        return []
    try:
        if path.is_absolute():
            return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
        return sorted(folder.glob(pattern))
    except (OSError, ValueError):  # no name that a file could have
        return []


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines without comments; those of our own block are empty."""
    try:
        data = file.read_bytes()
    except OSError:
        return
    try:
        ours = block_lines(data)
    except BrokenBlock:
        ours = range(0)
    in_comment = False
    for number, line in enumerate(data.decode("utf-8", "replace").split("\n"), start=1):
        text, in_comment = _uncommented(line, in_comment)
        if text and number not in ours:
            yield number, text


def _uncommented(line: str, in_comment: bool) -> tuple[str, bool]:
    """Take `; ...` and `;-- ... --;` out of a line; an escaped `\\;` is an ordinary character."""
    kept: list[str] = []
    at = 0
    while at < len(line):
        if in_comment:
            end = line.find("--;", at)
            if end < 0:
                return "".join(kept).strip(), True
            at, in_comment = end + 3, False
        elif line.startswith("\\;", at):
            kept.append(";")
            at += 2
        elif line.startswith(";--", at) and not line.startswith(";---", at):
            at, in_comment = at + 3, True
        elif line[at] == ";":
            break
        else:
            kept.append(line[at])
            at += 1
    return "".join(kept).strip(), in_comment
