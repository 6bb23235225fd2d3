"""Laws of our hook in lua.conf.xml."""

import pytest

from dialplan.block import BrokenBlock
from dialplan.freeswitch.lua_hook import HookRefused, has_hook, with_hook, without_hook
from dialplan.freeswitch.xml_tree import elements
from tests.dialplan.freeswitch.switch_folder import HOOK, LUA_CONF

FILES = {
    "as others write it": LUA_CONF,
    "line ends of Windows": LUA_CONF.replace("\n", "\r\n"),
    "tabs": LUA_CONF.replace("  ", "\t"),
    "no line end at the end": LUA_CONF.rstrip("\n"),
    "on one line": '<configuration name="lua.conf"><settings></settings></configuration>',
    "an end that shares its line": LUA_CONF.replace("\n  </settings>", "</settings>"),
    "another's umlauts": LUA_CONF.replace("module-directory", "Märchen").encode().decode("latin-1"),
    "an end in a comment": LUA_CONF.replace("<!-- ", "<!-- </settings> "),
    "other configurations": f'<configuration name="x.conf"><settings>\n</settings></configuration>\n{LUA_CONF}',
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_it_comes_in_and_goes_without_a_trace(text: str) -> None:
    """Law: with it every other byte stands as before; a second time changes nothing; without it all is as it was."""
    data = text.encode()
    hooked = with_hook(data, HOOK)
    ours = [one for one in elements(hooked) if one.get("subclass") == "ouidire::ask"]
    assert len(ours) == 1
    assert ours[0].parent is not None
    assert ours[0].within("configuration", name="lua.conf")
    assert ours[0].parent.name == "settings"
    assert has_hook(hooked)
    assert not has_hook(data)
    assert with_hook(hooked, HOOK) == hooked
    assert without_hook(hooked) == data == without_hook(data)


def test_it_stands_between_two_comments_in_the_files_own_line_ends() -> None:
    """Law: an admin sees whose the lines are, and what takes them away."""
    lines = with_hook(LUA_CONF.replace("\n", "\r\n").encode(), HOOK).decode().split("\r\n")
    at = lines.index(f"    {HOOK}")
    assert lines[at - 1].startswith("    <!-- >>> ouidire: written by `ouidire install`")
    assert lines[at + 1] == "    <!-- <<< ouidire -->"
    assert lines[at + 2] == "  </settings>"


def test_an_older_one_is_replaced() -> None:
    """Law: another script in our block, or a hand's edit in it, gives way; around it every byte stays."""
    older = with_hook(LUA_CONF.encode(), HOOK.replace("/etc", "/srv")).replace(
        b"  </settings>", b"<!-- his -->\n  </settings>"
    )
    newer = with_hook(older, HOOK)
    assert newer.count(b"ouidire::ask") == 1
    assert without_hook(newer) == LUA_CONF.replace("  </settings>", "<!-- his -->\n  </settings>").encode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "has no <settings>"),
        ('<configuration name="lua.conf"/>', "has no <settings>"),
        (LUA_CONF.replace("lua.conf", "other.conf"), "has no <settings>"),
        ('<configuration name="lua.conf">\n<settings/></configuration>', "line 2: <settings/> is closed in one tag"),
        (LUA_CONF.replace("</settings>", ""), "line 6: mismatched tag"),
        (LUA_CONF.replace("conference::maintenance", "ouidire::ask"), r"line 4: ouidire::ask is hooked .* to his\.lua"),
    ],
)
def test_a_file_that_cannot_take_it_is_told(text: str, told: str) -> None:
    """Law: no file is guessed at: what is wrong is told with its line and what to do."""
    with pytest.raises(HookRefused, match=told):
        with_hook(text.encode(), HOOK)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"    <!-- <<< ouidire -->\n", b""),
        (b"<!-- <<< ouidire -->", b"<!-- <<< ouidire --> <!-- his -->"),
        (b"    <!-- >>> ouidire", b"    <!-- <<< ouidire -->\n    <!-- >>> ouidire"),
    ],
)
def test_a_torn_block_is_left_to_the_admin(old: bytes, new: bytes) -> None:
    """Law: where a mark is lost, doubled or shared nothing is cut out."""
    torn = with_hook(LUA_CONF.encode(), HOOK).replace(old, new)
    with pytest.raises(BrokenBlock):
        without_hook(torn)
    with pytest.raises(HookRefused, match="mend it by hand"):
        with_hook(torn, HOOK)
