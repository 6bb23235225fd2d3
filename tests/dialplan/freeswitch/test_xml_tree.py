"""Laws of reading FreeSWITCH's XML."""

import pytest

from dialplan.freeswitch.xml_tree import MAX_DEPTH, MalformedXml, elements


def test_places_are_those_of_the_bytes() -> None:
    """Law: `start` and `end` name the bytes of the tags, whatever the encoding of the text between them."""
    data = "<?xml version='1.0'?>\r\n<a>é“\r\n <b c='1'>ü</b>\n</a>".encode()
    a, b = elements(data)
    assert (a.name, b.name, b.get("c"), b.get("d")) == ("a", "b", "1", "")
    assert data[a.start : a.start + 3] == b"<a>"
    assert data[a.end :] == b"</a>"
    assert data[b.start : b.end + 4] == "<b c='1'>ü</b>".encode()
    assert (a.line, b.line) == (2, 3)


def test_a_piece_of_a_document_is_read_as_freeswitch_reads_it() -> None:
    """Law: several roots are fine, and a line with <include> or <? says nothing, whatever else stands on it."""
    found = elements(b"<include>\n<a/>\n<b/>\n</include>\n<include><lost></include>\n<c/>")
    assert [one.name for one in found] == ["a", "b", "c"]


def test_comments_say_nothing() -> None:
    """Law: what is commented out is not there."""
    assert [one.name for one in elements(b"<a><!-- <b/> --></a>")] == ["a"]


def test_an_element_knows_what_it_stands_in() -> None:
    """Law: an ancestor counts with its attributes, however far above."""
    *_, param = elements(b"<configuration name='lua.conf'><settings><param/></settings></configuration>")
    assert param.within("settings")
    assert param.within("configuration", name="lua.conf")
    assert not param.within("configuration", name="switch.conf")
    assert not param.within("param")


@pytest.mark.parametrize(
    "data",
    [
        b"<a>",
        b"<a></b>",
        b"</file><file>",
        b"<a b=c/>",
        b"<a/>\0",
        b"&undeclared;",
        b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1),
        "<a/>".encode("utf-16"),
    ],
)
def test_what_has_no_form_is_refused_with_its_line(data: bytes) -> None:
    """Law: one exception for everything that is no XML, and it names a line."""
    with pytest.raises(MalformedXml, match=r"^line \d+: "):
        elements(data)


def test_no_entity_can_be_declared() -> None:
    """Law: a DOCTYPE is refused, so that no few bytes become gigabytes and no other file is read."""
    bomb = b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c SYSTEM "file:///etc/passwd">]>\n<a>&b;&c;</a>'
    with pytest.raises(MalformedXml):
        elements(bomb)
