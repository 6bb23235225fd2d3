"""Our hook in the admin's autoload_configs/lua.conf.xml: put in and taken out without a trace."""

import re
from typing import Final

from dialplan.block import BrokenBlock
from dialplan.freeswitch.xml_tree import Element, MalformedXml, elements

LUA_CONF: Final = "autoload_configs/lua.conf.xml"
"""The file, as its path below FreeSWITCH's configuration folder."""
_MARK: Final = b"<!-- >>> ouidire"
_BEGIN: Final = _MARK + b": written by `ouidire install`, taken out by `ouidire uninstall`"
_LINE_ADDED: Final = b" (line ends were added)"
_CLOSED: Final = b" -->"
_END: Final = b"<!-- <<< ouidire -->"
_BLOCK: Final = re.compile(
    rb"^[ \t]*" + re.escape(_MARK) + rb"(?P<told>[^\r\n]*)(?P<eol>\r?\n).*?^[ \t]*" + re.escape(_END) + rb"\r?\n",
    re.MULTILINE | re.DOTALL,
)


class HookRefused(ValueError):
    """The file is no place for our hook; a sentence says why and what to do."""


def with_hook(data: bytes, hook: str) -> bytes:
    """The file with our hook at the end of its <settings>, in place of any older one, every other byte kept.

    `hook` is one element, `<hook event="CUSTOM" subclass="..." script="..."/>`.

    Raises:
        HookRefused: the file cannot be read, has no <settings>, hooks our subclass by hand, or our block is torn.
    """
    try:
        data = without_hook(data)
        settings, subclass = _settings(data), _subclass(hook)
        _check_by_hand(data, settings, subclass)
        done = _put(data, settings.end, hook.strip().encode())
        if len(_hooks(done, subclass)) != 1:
            raise HookRefused("its <settings> cannot be found a second time: mend the file")
    except (BrokenBlock, MalformedXml) as error:
        raise HookRefused(f"{error}; mend it by hand, then try again") from error
    return done


def without_hook(data: bytes) -> bytes:
    """The file as it was before `with_hook`, what was written around the block since then kept.

    Raises:
        BrokenBlock: the block has lost its first or last line, or something was written on one of these.
    """
    if not has_hook(data):
        return data
    found = list(_BLOCK.finditer(data))
    if len(found) != 1 or data.count(_MARK) != 1 or data.count(_END) != 1:
        raise BrokenBlock(
            f"the lines `{_MARK.decode()}...` and `{_END.decode()}` must stand once each, in this order, alone"
        )
    (block,) = found
    before, after = data[: block.start()], data[block.end() :]
    if block["told"].endswith(_LINE_ADDED + _CLOSED):
        before = before.removesuffix(block["eol"])
    return before + after


def has_hook(data: bytes) -> bool:
    """Whether our block, or a piece of one, is in the file."""
    return _MARK in data or _END in data


def _settings(data: bytes) -> Element:
    for one in elements(data):
        if one.name == "settings" and one.within("configuration", name="lua.conf"):
            if not data.startswith(b"</settings", one.end):
                raise HookRefused(
                    f"line {one.line}: <settings/> is closed in one tag: write <settings> and </settings>, each on a "
                    "line of its own"
                )
            return one
    raise HookRefused('it has no <settings> in <configuration name="lua.conf">: add it, or take FreeSWITCH\'s own file')


def _check_by_hand(data: bytes, settings: Element, subclass: str) -> None:
    for one in _hooks(data, subclass):
        raise HookRefused(
            f"line {one.line}: {subclass} is hooked there by hand, to {one.get('script')}: take that line out, "
            "for ours takes its place"
        )


def _hooks(data: bytes, subclass: str) -> list[Element]:
    return [one for one in elements(data) if one.name == "hook" and one.get("subclass") == subclass]


def _subclass(hook: str) -> str:
    (one,) = elements(hook.encode())
    return one.get("subclass")


def _put(data: bytes, place: int, hook: bytes) -> bytes:
    line = data.rfind(b"\n", 0, place) + 1
    indent, eol = data[line:place], _line_end(data)
    if not indent.strip(b" \t") and line:
        inner = indent + b"  "
        lines = (_BEGIN + _CLOSED, hook, _END)
        return data[:line] + b"".join(inner + one + eol for one in lines) + data[line:]
    lines = (_BEGIN + _LINE_ADDED + _CLOSED, hook, _END)
    return data[:place] + eol + b"".join(one + eol for one in lines) + data[place:]


def _line_end(data: bytes) -> bytes:
    first = data.find(b"\n")
    return b"\r\n" if first > 0 and data[first - 1 : first] == b"\r" else b"\n"
