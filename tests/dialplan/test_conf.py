"""Laws of the reader of Asterisk configuration."""

from collections.abc import Callable
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dialplan.block import with_block
from dialplan.conf import Entry, read_conf

Folder = Callable[[dict[str, str]], Path]


def test_sections_entries_and_comments(folder_of: Folder) -> None:
    """Law: both signs, templates, additions, comments and escaped semicolons are read as Asterisk reads them."""
    etc = folder_of(
        {
            "a.conf": "[one](!)\nk=v ; no\nlong => a=b\\;c\n;-- gone\n[two]\nx=y\n"
            "--; z=1\n[ONE](+)\n;k=w\n;--- ruler\nk = w\n"
        }
    )
    conf = read_conf(etc, "a.conf")
    assert [entry[1:] for entry in conf.entries] == [
        (2, "one", "k", "v"),
        (3, "one", "long", "a=b;c"),
        (7, "one", "z", "1"),
        (11, "ONE", "k", "w"),
    ]
    assert conf.value("one", "K") == "w"
    assert conf.has_section("One")
    assert not conf.has_section("two")
    assert conf.value("one", "none", "else") == "else"


def test_includes_are_followed_in_place(folder_of: Folder) -> None:
    """Law: an include shares the open section, may be a pattern, and is remembered where its file is missing."""
    etc = folder_of(
        {"a.conf": '[s]\n#include "b*.conf"\n#tryinclude <none.conf>\nk=1\n#exec /bin/false\n', "b1.conf": "k=2\n[t]\n"}
    )
    conf = read_conf(etc, "a.conf")
    assert [(entry.section, entry.value) for entry in conf.entries] == [("s", "2"), ("t", "1")]
    assert conf.includes == ("b*.conf", "none.conf")


def test_a_circle_of_includes_ends(folder_of: Folder) -> None:
    """Law: a file that includes itself does not hang the reader."""
    assert len(read_conf(folder_of({"a.conf": "#include a.conf\nk=1\n"}), "a.conf").entries) > 1


def test_an_include_that_no_file_could_have_includes_nothing(folder_of: Folder) -> None:
    """Law: a name that is too long for the system, or none at all, does not stop the reader."""
    long = "x" * 5_000
    etc = folder_of({"a.conf": f"#include {long}\n#include {long}/*\n#include /{long}\n#include a\0b\nk=1\n"})
    assert len(read_conf(etc, "a.conf").entries) == 1


def test_our_own_part_is_not_seen(folder_of: Folder) -> None:
    """Law: what we wrote never looks like the admin's; line numbers stay true behind it."""
    etc = folder_of({"a.conf": with_block(b"[s]\n", "#include ouidire/a.conf\n[ours]\nk=1").decode() + "k=2\n"})
    (etc / "ouidire").mkdir()
    (etc / "ouidire" / "a.conf").write_text("[mine]\n")
    conf = read_conf(etc, "a.conf")
    assert conf.entries == (Entry(etc / "a.conf", 7, "s", "k", "2"),)
    assert not conf.has_section("ours")
    assert not conf.has_section("mine")


def test_a_missing_file_says_nothing(tmp_path: Path) -> None:
    """Law: no file, no entries, no error."""
    assert read_conf(tmp_path, "none.conf").entries == ()


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    """Law: a broken file is read as far as it goes; nothing is raised."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.conf").write_bytes(data)
        read_conf(Path(folder), "a.conf")
