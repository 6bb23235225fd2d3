"""Laws of what is looked at in a FreeSWITCH's own configuration."""

from pathlib import Path

import pytest

from dialplan.change import InstallRefused
from dialplan.freeswitch.existing import conflicts, findings, read_existing
from tests.dialplan.freeswitch.switch_folder import FILES, LOADED, Site, side

MODULES = tuple(f"mod_{name}" for name in LOADED)
OURS = side().files("p" * 32)
EVENT_SOCKET = "autoload_configs/event_socket.conf.xml"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A FreeSWITCH in good order."""
    return Site(tmp_path)


def amiss(site: Site, *modules: str) -> dict[str, str]:
    """What is told to be amiss, by its subject."""
    found = findings(read_existing(site.etc), modules or MODULES)
    return {one.subject: one.sentence for one in found if not one.ok}


def in_the_way(site: Site) -> list[str]:
    """The sentences of the conflicts."""
    return [one.sentence for one in conflicts(read_existing(site.etc), OURS, ())]


def test_a_folder_in_good_order_stands_in_no_way(site: Site) -> None:
    """Law: no false alarm; a variable of vars.xml is known."""
    assert amiss(site) == {}
    assert in_the_way(site) == []


@pytest.mark.parametrize("folder", [".", "dialplan", "absent"])
def test_another_folder_is_asked_about(site: Site, folder: str) -> None:
    """Law: without freeswitch.xml nothing is written."""
    (site.root / "freeswitch.xml").unlink(missing_ok=True)
    with pytest.raises(InstallRefused, match="is this FreeSWITCH's configuration folder"):
        read_existing(site.root if folder == "." else site.etc / folder)


def test_missing_variables_are_told(site: Site) -> None:
    """Law: freeswitch.xml alone is enough, but vars.xml is missed."""
    (site.etc / "vars.xml").unlink()
    assert "configuration folder?" in amiss(site)["vars.xml"]


@pytest.mark.parametrize("name", ["modules", "pre_load_modules", "post_load_modules"])
def test_a_module_that_is_not_loaded_is_told_with_its_line(site: Site, name: str) -> None:
    """Law: what is commented out is not loaded; each of FreeSWITCH's three lists counts."""
    wanted = (*MODULES, "mod_audio_stream")
    assert '<load module="mod_audio_stream"/>' in amiss(site, *wanted)["modules"]
    site.put(
        f"autoload_configs/{name}.conf.xml",
        f'<configuration name="{name}.conf"><modules>'
        + "".join(f'<load module="{one}"/>' for one in wanted)
        + "</modules></configuration>",
    )
    assert "modules" not in amiss(site, *wanted)


@pytest.mark.parametrize(
    ("address", "is_well"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("", True), ("::", False), ("0.0.0.0", False),
     ("192.0.2.7", False), ("$${nowhere_set}", False)],
)  # fmt: skip
def test_an_event_socket_open_to_others_is_told(site: Site, address: str, is_well: bool) -> None:
    """Law: loopback alone is well; without a setting FreeSWITCH takes loopback."""
    site.edit(EVENT_SOCKET, "$${esl_ip}", address)
    assert ("ESL address" not in amiss(site)) == is_well


@pytest.mark.parametrize("password", ["ClueCon", "", "$${default}"])
def test_the_password_that_everybody_knows_is_told(site: Site, password: str) -> None:
    """Law: also where it stands in a variable, or none is set."""
    site.edit("vars.xml", "</include>", '<X-PRE-PROCESS cmd="set" data="default=ClueCon"/>\n</include>')
    site.edit(EVENT_SOCKET, "his own", password)
    assert "set one of your own" in amiss(site)["ESL password"]


def test_an_allowlist_that_shuts_us_out_is_told(site: Site) -> None:
    """Law: an empty list means nothing; else each module is named that is not in it, in whole or in part."""
    file = "autoload_configs/switch.conf.xml"
    empty = '<interface-allowlist>\n</interface-allowlist><other><allow name="x"/></other></configuration>'
    site.edit(file, "</configuration>", empty)
    assert amiss(site) == {}
    site.edit(file, "</interface-allowlist>", '<allow name="mod_db.db.api"/></interface-allowlist>')
    told = amiss(site, "mod_db", "mod_lua")["allowlist"]
    assert '<allow name="mod_lua"/>' in told
    assert "mod_db" not in told


def test_a_file_that_nobody_can_read_is_told(site: Site) -> None:
    """Law: what was not looked at is named."""
    site.put(EVENT_SOCKET, "<configuration>")
    assert "nobody looked there" in amiss(site)["unread"]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("dialplan/his.xml", '<include>\n<context name="ouidire"/>\n</include>', "his.xml:2: ouidire is already"),
        ("dialplan/a/his.xml", '<context name="ouidire"/>', "already a context"),
        ("directory/his.xml", '<domain name="ouidire.invalid"/>', "already a domain"),
        ("dialplan/ouidire.xml", "<include/>", "not of our making"),
        ("directory/ouidire.xml", "<include/>", "not of our making"),
        ("dialplan/torn.xml", "<context", "not well-formed"),
    ],
)  # fmt: skip
def test_names_that_others_have_are_left_to_them(site: Site, name: str, text: str, told: str) -> None:
    """Law: a context, a domain or a file of our name that somebody else made stops the install."""
    site.put(name, text)
    assert any(told in one for one in in_the_way(site))


def test_a_freeswitch_that_is_one_file_is_read_too(tmp_path: Path) -> None:
    """Law: contexts and modules inside freeswitch.xml count, and that it includes none of our files is told."""
    site = Site(
        tmp_path,
        {"freeswitch.xml": '<document>\n<section name="configuration"><configuration name="modules.conf"><modules>'
         '<load module="mod_lua"/></modules></configuration></section>\n<section name="dialplan">'
         '<context name="ouidire"/></section></document>'},
    )  # fmt: skip
    told = in_the_way(site)
    assert "modules" not in amiss(site, "mod_lua")
    assert any("freeswitch.xml:3: ouidire is already a context" in one for one in told)
    assert any('<X-PRE-PROCESS cmd="include" data="directory/ouidire.xml"/>' in one for one in told)


@pytest.mark.parametrize(
    "pattern", ["dialplan/*.xml", "$${conf_dir}/dialplan/*.xml", "{etc}/dialplan/*.xml", "dialplan/ouidire.xml"]
)
def test_an_include_may_be_written_in_many_ways(site: Site, pattern: str) -> None:
    """Law: what FreeSWITCH would read is known as such."""
    site.edit("freeswitch.xml", "dialplan/*.xml", pattern.replace("{etc}", str(site.etc)))
    assert in_the_way(site) == []


def test_an_include_in_another_section_is_none(site: Site) -> None:
    """Law: a dialplan in the directory's section is never looked at by FreeSWITCH."""
    site.edit("freeswitch.xml", 'section name="dialplan"', 'section name="chatplan"')
    assert any("does not include dialplan/ouidire.xml" in one for one in in_the_way(site))


def test_our_own_files_are_no_rivals(site: Site) -> None:
    """Law: what an earlier install wrote is ours."""
    path = site.put("dialplan/ouidire.xml", "<include/>")
    assert list(conflicts(read_existing(site.etc), OURS, (str(path),))) == []
    assert set(FILES) <= {str(one.relative_to(site.etc)) for one in site.etc.rglob("*.xml")}
