"""Laws of finding what else records or listens in a FreeSWITCH."""

from pathlib import Path

import pytest

from dialplan.freeswitch.recorders import is_freeswitch, recorders, telling
from tests.dialplan.freeswitch.switch_folder import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A FreeSWITCH in which nothing records."""
    return Site(tmp_path)


def test_nothing_is_found_where_nothing_records(site: Site) -> None:
    """Law: no false alarm; what is commented out does not run, and our own dialplan is not another's recorder."""
    site.put("dialplan/a.xml", '<extension><!-- <action application="record_session" data="x"/> --></extension>')
    site.put("dialplan/ouidire.xml", '<action application="record_session" data="x"/>')
    site.put("dialplan/b.xml", '<action application="set" data="ouidire_record_sessions=none"/>')
    assert recorders(site.etc) == ()


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ('<action application="record_session" data="/tmp/a.wav"/>', "record_session"),
        ('<anti-action application="eavesdrop" data="all"/>', "eavesdrop"),
        ('<action application="bind_meta_app" data="2 ab s record_session::/tmp/a.wav"/>', "record_session"),
        ('<action application="set" data="x=${uuid_record(${uuid} start /tmp/a.wav)}"/>', "uuid_record"),
        (
            '<action application="export" data="nolocal:api_on_answer=uuid_audio_stream x start y"/>',
            "uuid_audio_stream",
        ),
        ('<action application="set" data="fifo_record_template=/tmp/a.wav"/>', "queue recording"),
    ],
)
def test_each_way_is_found_with_its_line(site: Site, line: str, what: str) -> None:
    """Law: an application, a key, an API or a queue: the file and the line are named."""
    path = site.put("dialplan/default/01_his.xml", f"<include>\n<extension>\n{line}\n</extension>\n</include>\n")
    assert recorders(site.etc) == ((path, 3, what),)


@pytest.mark.parametrize(
    ("name", "param", "what"),
    [("conference", "auto-record", "conference recording"), ("callcenter", "record-template", "queue recording")],
)
def test_queues_and_conferences_that_record_are_found(site: Site, name: str, param: str, what: str) -> None:
    """Law: what an own setting records; an empty value records nothing."""
    file = f"autoload_configs/{name}.conf.xml"
    site.put(file, f'<configuration name="{name}.conf">\n<param name="{param}" value="x.wav"/></configuration>')
    assert recorders(site.etc) == ((site.etc / file, 2, what),)
    site.edit(file, "x.wav", "")
    assert recorders(site.etc) == ()


def test_a_file_without_form_says_nothing(site: Site) -> None:
    """Law: one broken file hides no other."""
    site.put("dialplan/a.xml", "<torn")
    path = site.put("dialplan/b.xml", '<action application="record_session"/>')
    assert [one.file for one in recorders(site.etc)] == [path]
    assert site.etc / "dialplan" / "a.xml" in set(telling(site.etc))


def test_a_freeswitch_is_known_by_its_main_file(site: Site) -> None:
    """Law: an Asterisk's folder is none."""
    assert is_freeswitch(site.etc)
    assert not is_freeswitch(site.root)
