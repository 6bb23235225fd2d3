"""An XML tree cut into lines that survive Asterisk's AMI on their way into a SIP NOTIFY.

What AMI does to `Variable: Content=<line>` (Asterisk's main/manager.c and `__ast_app_separate_args` in main/app.c):
a header line over 1,022 bytes is thrown away with its action; a value is cut at commas outside quotes, brackets and
parentheses; every double quote and backslash is removed; a CR or LF begins a new header. PJSIPNotify then joins the
Content values with CRLF. So: quotes, backslashes, commas and brackets are never written as themselves (parentheses
are: without a comma there is nothing that they could keep together), and a cut lies between elements only, where the
CRLF is white space that no phone shows.
"""

from __future__ import annotations

from ari_bridge.screens.document import TooLarge
from ari_bridge.screens.lettering import clean
from ari_bridge.screens.xml_wire import Element

MAX_LINE_BYTES = 1000
"""Leaves room for `Variable: Content=` within AMI's 1,022 bytes."""
DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>"

_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {character: f"&#{ord(character)};" for character in '"\\,[]{}'}
)


def escaped(text: str) -> str:
    """A text, cleaned, with everything that XML or AMI would take for syntax as a reference.

    The ends of a card's lines are references too: the phone breaks there, and AMI sees no end of line.
    """
    return "&#10;".join(clean(line).translate(_ESCAPES) for line in text.split("\n"))


def quoted(value: str) -> str:
    """The same for the value of an attribute, which stands between apostrophes."""
    return escaped(value).replace("'", "&#39;")


def body_bytes(lines: tuple[str, ...]) -> int:
    """How long the body is on the wire: UTF-8, the lines joined with CRLF."""
    return len("\r\n".join(lines).encode())


def one_line(root: Element) -> str:
    """The tree on a single line without a declaration, for phones that take no line end.

    Raises:
        TooLarge: it does not fit one line.
    """
    line = "".join(_pieces(root))
    _check(line)
    return line


def lines(root: Element) -> tuple[str, ...]:
    """The tree with its declaration on as few lines as hold it, each of at most 1,000 bytes of UTF-8.

    Raises:
        TooLarge: a single element that holds text is longer than a line.
    """
    packed = [DECLARATION]
    room = MAX_LINE_BYTES - len(DECLARATION)
    for piece in _pieces(root):
        _check(piece)
        size = len(piece.encode())
        if size > room:
            packed.append(piece)
            room = MAX_LINE_BYTES - size
        else:
            packed[-1] += piece
            room -= size
    return tuple(packed)


def _check(piece: str) -> None:
    size = len(piece.encode())
    if size > MAX_LINE_BYTES:
        raise TooLarge(f"a line of {size} bytes, AMI takes {MAX_LINE_BYTES} from us")


def _pieces(element: Element) -> list[str]:
    """What may not be cut: a start tag, an end tag, or a whole element that holds text."""
    attributes = "".join(f" {name}='{quoted(value)}'" for name, value in element.items())
    if len(element) == 0 and not element.text:
        return [f"<{element.tag}{attributes}/>"]
    inner = [piece for child in element for piece in (*_pieces(child), escaped(child.tail or ""))]
    pieces = [f"<{element.tag}{attributes}>", escaped(element.text or ""), *inner, f"</{element.tag}>"]
    if element.text or any(child.tail for child in element):
        return ["".join(pieces)]
    return [piece for piece in pieces if piece]
