"""One managed block in a file that belongs to somebody else: put in and taken out without a trace."""

from typing import Final

BEGIN: Final = b"; >>> ouidire: written by `ouidire install`, taken out by `ouidire uninstall`"
END: Final = b"; <<< ouidire"
_MARK: Final = b"; >>> ouidire"
_LINE_ADDED: Final = b" (a line end was added before)"


class BrokenBlock(ValueError):
    """The file holds the beginning of our block without its end, or the other way round."""


def with_block(data: bytes, body: str) -> bytes:
    """The file with our block at its end, in place of any older one."""
    data = without_block(data)
    mark = BEGIN
    if data and not data.endswith(b"\n"):
        data, mark = data + b"\n", BEGIN + _LINE_ADDED
    return data + mark + b"\n" + body.strip("\n").encode() + b"\n" + END + b"\n"


def has_block(data: bytes) -> bool:
    """Whether our block, or a piece of one, is in the file."""
    return any(line.startswith((_MARK, END)) for line in data.split(b"\n"))


def without_block(data: bytes) -> bytes:
    """The file as it was before `with_block`, what was written around the block since then kept.

    Raises:
        BrokenBlock: the block has lost its first or last line.
    """
    ours = block_lines(data)
    if not ours:
        return data
    lines = data.split(b"\n")
    first, last = ours.start - 1, ours.stop - 1
    before, after = lines[:first], lines[last:]
    if lines[first].endswith(_LINE_ADDED) and after == [b""]:
        return b"\n".join(before)
    return b"\n".join(before + after)


def block_lines(data: bytes) -> range:
    """The numbers, from 1, of the lines of our block with its two marks; empty where there is none.

    Raises:
        BrokenBlock: the block has lost its first or last line.
    """
    lines = data.split(b"\n")
    begins = [number for number, line in enumerate(lines, start=1) if line.startswith(_MARK)]
    ends = [number for number, line in enumerate(lines, start=1) if line.startswith(END)]
    if not begins and not ends:
        return range(0)
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        raise BrokenBlock(f"the lines `{_MARK.decode()}` and `{END.decode()}` must stand once each, in this order")
    return range(begins[0], ends[0] + 1)
