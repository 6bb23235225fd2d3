"""Laws of install and uninstall at a FreeSWITCH."""

import json
import re
import stat
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from dialplan import recordings
from dialplan.change import InstallRefused, Plan, apply
from dialplan.freeswitch.existing import read_existing
from dialplan.freeswitch.install import installed_password, plan, plan_removal
from dialplan.manifest import digest
from tests.dialplan.freeswitch.switch_folder import Site, side

LUA_CONF = "autoload_configs/lua.conf.xml"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A FreeSWITCH in good order."""
    return Site(tmp_path)


def install(site: Site, *languages: str) -> Plan:
    made = plan(site.etc, side(*languages), secrets_file=site.secrets)
    apply(made)
    return made


def test_uninstall_gives_every_byte_back(site: Site) -> None:
    """Law: after install and uninstall every file, mode and folder is as before."""
    (site.etc / LUA_CONF).chmod(0o640)
    before = site.snapshot()
    install(site, "en", "fr")
    assert site.snapshot() != before
    apply(plan_removal(site.etc))
    assert site.snapshot() == before


def test_a_second_install_changes_nothing(site: Site) -> None:
    """Law: idempotent, the password included."""
    install(site)
    again = plan(site.etc, side(), secrets_file=site.secrets)
    assert again.is_empty
    assert again.diff() == ""


def test_planning_writes_nothing_and_shows_no_password(site: Site) -> None:
    """Law: a dry run leaves every byte alone; neither the password that is nor the one that was is in the diff."""
    before = site.snapshot()
    shown = plan(site.etc, side(), secrets_file=site.secrets).diff()
    assert 'name="esl-password" value="***"' in shown
    assert "+    <!-- >>> ouidire" in shown
    assert site.snapshot() == before
    install(site)
    password = installed_password(site.etc)
    assert password is not None
    site.edit("directory/ouidire.xml", password, "short")
    site.secrets.unlink()
    shown = plan(site.etc, side(), secrets_file=site.secrets).diff()
    assert not re.search(r'="(short|[\w-]{32})"', shown.replace("manifest", ""))


def test_of_the_admins_files_one_changes(site: Site) -> None:
    """Law: lua.conf.xml alone; everything else is a file of ours, and no file is touched twice."""
    made = install(site)
    theirs = [change.path for change in made.changes if change.before is not None]
    assert theirs == [site.etc / LUA_CONF]
    assert len({change.path for change in made.changes}) == len(made.changes)
    ours = {path for path in site.snapshot() if "ouidire" in path and path.endswith((".xml", ".lua", ".json"))}
    assert ours == {
        "freeswitch/dialplan/ouidire.xml",
        "freeswitch/directory/ouidire.xml",
        "freeswitch/ouidire/gate.lua",
        "freeswitch/ouidire/stop.lua",
        "freeswitch/ouidire/manifest.json",
    }


def test_every_prompt_lies_in_its_language(site: Site) -> None:
    """Law: the recordings of each language of the notices, byte for byte."""
    install(site, "en", "fr")
    for language in ("en", "fr"):
        for name in recordings.NAMES:
            file = site.etc / "ouidire" / "sounds" / language / f"{name}.wav"
            assert file.read_bytes() == recordings.recording(language, name)


def test_secrets_are_for_their_readers_only(site: Site) -> None:
    """Law: what holds the password is closed to others, and both halves agree."""
    install(site)
    modes = {
        name: stat.S_IMODE((site.etc / name).stat().st_mode) for name in ("ouidire/gate.lua", "directory/ouidire.xml")
    }
    assert set(modes.values()) == {0o640}
    assert stat.S_IMODE(site.secrets.stat().st_mode) == 0o600
    bridge = tomllib.loads(site.secrets.read_text())
    assert bridge == {"esl_password": installed_password(site.etc)}
    assert len(bridge["esl_password"]) == 32


def test_the_password_is_kept(site: Site) -> None:
    """Law: whichever half is left, the other gets its password; only where both are gone is there a new one."""
    install(site)
    first = installed_password(site.etc)
    site.secrets.unlink()
    install(site)
    assert tomllib.loads(site.secrets.read_text())["esl_password"] == first
    (site.etc / "directory" / "ouidire.xml").unlink()
    install(site)
    assert installed_password(site.etc) == first
    (site.etc / "directory" / "ouidire.xml").write_text("<torn")
    site.secrets.unlink()
    install(site)
    assert installed_password(site.etc) not in (None, first)


def test_the_passwords_of_another_pbx_are_not_lost(site: Site) -> None:
    """Law: a file that holds those of an Asterisk is not written over."""
    site.secrets.parent.mkdir()
    site.secrets.write_text('ari_password = "a"\n')
    made = plan(site.etc, side(), secrets_file=site.secrets)
    assert ["ari_password" in one.sentence for one in made.conflicts] == [True]


@pytest.mark.parametrize("text", ["", "<configuration", '<configuration name="lua.conf"/>'])
def test_a_hook_that_has_no_place_stops_the_whole_install(site: Site, text: str) -> None:
    """Law: the file is named with what to do, and nothing is changed; so where it is missing."""
    site.put(LUA_CONF, text)
    if not text:
        (site.etc / LUA_CONF).unlink()
    before = site.snapshot()
    with pytest.raises(InstallRefused, match=r"lua\.conf\.xml"):
        install(site)
    assert site.snapshot() == before


def test_what_the_admin_should_know_is_noted(site: Site) -> None:
    """Law: a default password stops nothing, and is told."""
    site.edit("autoload_configs/event_socket.conf.xml", "his own", "ClueCon")
    made = install(site)
    assert any("set one of your own" in note for note in made.notes)


def test_later_edits_of_the_admin_survive_an_uninstall(site: Site) -> None:
    """Law: only our block goes from a file that was edited since, and that is said; so is a recording of their own."""
    install(site)
    site.edit(LUA_CONF, "his.lua", "hers.lua")
    site.edit("ouidire/gate.lua", "gate", "door")
    own = site.etc / "ouidire" / "sounds" / "en" / "notice.wav"
    own.write_bytes(b"RIFF of the admin")
    removal = plan_removal(site.etc)
    apply(removal)
    assert len(removal.notes) == 3
    assert own.exists()
    assert not (site.etc / "ouidire" / "gate.lua").exists()
    assert b"hers.lua" in (site.etc / LUA_CONF).read_bytes()
    assert b"ouidire" not in (site.etc / LUA_CONF).read_bytes()


def test_a_torn_block_stops_an_uninstall(site: Site) -> None:
    """Law: nothing is guessed at, and nothing is removed."""
    install(site)
    site.edit(LUA_CONF, "<!-- <<< ouidire -->", "")
    before = site.snapshot()
    with pytest.raises(InstallRefused, match="mend it by hand"):
        plan_removal(site.etc)
    assert site.snapshot() == before


def test_without_an_install_there_is_nothing_to_take_away(site: Site) -> None:
    """Law: it is said."""
    with pytest.raises(InstallRefused, match="nothing is installed"):
        plan_removal(site.etc)


def test_a_forged_manifest_removes_nothing_else(site: Site) -> None:
    """Law: the manifest lies where FreeSWITCH's user may write; root removes only what an install writes."""
    install(site)
    manifest = site.etc / "ouidire" / "manifest.json"
    table = json.loads(manifest.read_bytes())
    precious = ["vars.xml", "dialplan/public.xml", "ouidire/../vars.xml", "ouidire/sounds/../../vars.xml"]
    precious.append("ouidire/sounds/../notice.wav")
    (site.etc / "ouidire" / "notice.wav").write_bytes(b"")
    link = site.etc / "ouidire" / "link.lua"
    link.symlink_to(site.etc / "vars.xml")
    for name in (*precious, "ouidire/link.lua"):
        table["written"][str(site.etc / name)] = digest((site.etc / name).read_bytes())
    manifest.write_text(json.dumps(table))
    removal = plan_removal(site.etc)
    apply(removal)
    assert len(removal.notes) == len(precious) + 1
    assert (site.etc / "vars.xml").exists()
    assert (site.etc / "dialplan" / "public.xml").exists()
    assert link.is_symlink()


def test_prompts_of_a_language_that_was_left_out_go_with_the_rest(site: Site) -> None:
    """Law: an uninstall finds what any earlier install wrote."""
    before = site.snapshot()
    install(site, "en", "fr")
    install(site, "en")
    assert plan(site.etc, side("en"), secrets_file=site.secrets).is_empty
    apply(plan_removal(site.etc))
    assert site.snapshot() == before


def test_root_is_told_who_must_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: where the folder is root's alone, a FreeSWITCH of another user could not read our secrets: that is told."""
    real = Path.stat

    def owned(path: Path, *, follow_symlinks: bool = True) -> object:
        found = real(path, follow_symlinks=follow_symlinks)
        kind = {"st_uid": 0, "st_gid": 0, "st_mode": found.st_mode}
        return type("Owned", (), kind)() if path == site.etc else found

    monkeypatch.setattr(Path, "stat", owned)
    told = plan(site.etc, side(), secrets_file=site.secrets).notes
    assert any("chgrp" in note for note in told)


def test_an_include_that_is_missing_stops_the_install(site: Site) -> None:
    """Law: what stands in the way of our files is told before anything is written."""
    site.edit("freeswitch.xml", "directory/*.xml", "directory/default.xml")
    made = plan(site.etc, side(), secrets_file=site.secrets)
    assert [one.subject for one in made.conflicts] == ["directory/ouidire.xml"]
    assert read_existing(site.etc).unread == ()
    assert replace(made, conflicts=()).changes
