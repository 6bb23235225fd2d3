"""Read FreeSWITCH's XML as FreeSWITCH does: a file is a piece of a document, of which some lines never reach a parser.

Its preprocessor leaves out every line with `<include>`, `</include>` or `<?` (switch_xml.c, preprocess), so that a file
may hold several roots. The text is read inside a root of ours: no DOCTYPE can stand there, and so no entity.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from xml.parsers import expat

MAX_DEPTH: Final = 100
_LEFT_OUT: Final = re.compile(rb"<include>|</include>|<\?")
_ROOT: Final = "file"
_OPENING: Final = f"<{_ROOT}>".encode()
_CLOSING: Final = f"</{_ROOT}>".encode()


class MalformedXml(ValueError):
    """FreeSWITCH could not read the file either; the sentence names the line."""


@dataclass(slots=True, eq=False)
class Element:
    """One element; `start` and `end` are the places, in bytes, of its opening and its closing tag.

    Where it is closed in one tag, `end` is somewhere at that tag.
    """

    name: str
    attributes: Mapping[str, str]
    line: int
    start: int
    parent: "Element | None" = field(repr=False)
    end: int = 0

    def get(self, name: str) -> str:
        """The value of an attribute, "" where it has none."""
        return self.attributes.get(name, "")

    def within(self, name: str, /, **attributes: str) -> bool:
        """Whether it stands inside an element of that name (case ignored) that has these attributes."""
        above = self.parent
        while above is not None:
            if above.name.lower() == name and all(above.get(key) == value for key, value in attributes.items()):
                return True
            above = above.parent
        return False


def elements(data: bytes) -> tuple[Element, ...]:
    """Every element of a file, in the order of their opening tags; text and comments say nothing.

    Raises:
        MalformedXml: a tag is not closed, or any other error of form.
    """
    reader = _Reader()
    reader.read(data)
    return tuple(reader.found)


class _Reader:
    def __init__(self) -> None:
        self.found: list[Element] = []
        self._open: list[Element] = []
        # Bytes are taken as they are, as FreeSWITCH takes them: names are ASCII, and places count bytes.
        self._parser = expat.ParserCreate("iso-8859-1")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def read(self, data: bytes) -> None:
        try:
            self._parser.Parse(b"".join((_OPENING, *_lines(data), _CLOSING)), True)
        except expat.ExpatError as error:
            raise MalformedXml(f"line {error.lineno}: {expat.ErrorString(error.code)}") from None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise MalformedXml(f"line {self._parser.CurrentLineNumber}: more than {MAX_DEPTH} elements in each other")
        parent = self._open[-1] if self._open else None
        place = self._parser.CurrentByteIndex - len(_OPENING)
        one = Element(name, MappingProxyType(attributes), self._parser.CurrentLineNumber, place, parent)
        self._open.append(one)
        if parent is not None:  # else it is the root of ours
            self.found.append(one)

    def _end(self, name: str) -> None:
        self._open.pop().end = self._parser.CurrentByteIndex - len(_OPENING)


def _lines(data: bytes) -> Iterator[bytes]:
    for line in data.splitlines(keepends=True):
        text = line.rstrip(b"\r\n")
        yield b" " * len(text) + line[len(text) :] if _LEFT_OUT.search(text) else line
