"""Laws of doctor's look at a FreeSWITCH's files."""

from pathlib import Path

import pytest

from dialplan.change import apply
from dialplan.freeswitch.install import installed_password, plan
from dialplan.freeswitch.verify import verify
from tests.dialplan.freeswitch.switch_folder import Site, side

SUBJECTS = {
    "dialplan/ouidire.xml", "directory/ouidire.xml", "ouidire/gate.lua", "ouidire/stop.lua", "our password", "hook",
    "prompts", "modules", "ESL address", "ESL password", "allowlist",
}  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A FreeSWITCH with ours installed."""
    made = Site(tmp_path)
    apply(plan(made.etc, side(), secrets_file=made.secrets))
    return made


def amiss(site: Site) -> dict[str, str]:
    """What is told to be amiss, by its subject."""
    return {one.subject: one.sentence for one in verify(site.etc, side(), secrets_file=site.secrets) if not one.ok}


def test_what_was_installed_is_found_well(site: Site) -> None:
    """Law: a line for each thing, and each is ok."""
    found = verify(site.etc, side(), secrets_file=site.secrets)
    assert {one.subject for one in found} == SUBJECTS
    assert all(one.ok for one in found)


@pytest.mark.parametrize("name", ["dialplan/ouidire.xml", "ouidire/gate.lua"])
def test_a_file_that_changed_or_went_is_told(site: Site, name: str) -> None:
    """Law: with the command that mends it."""
    (site.etc / name).write_text("<include/>")
    assert f"ouidire install --freeswitch {site.etc}" in amiss(site)[name]
    (site.etc / name).unlink()
    assert "missing" in amiss(site)[name]


def test_a_secret_that_is_open_is_told(site: Site) -> None:
    """Law: 0640 is the most."""
    (site.etc / "directory/ouidire.xml").chmod(0o644)
    assert "chmod o=" in amiss(site)["directory/ouidire.xml"]


def test_a_closed_secret_is_as_it_should_be(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: the service's user may not read what FreeSWITCH alone reads, and that is no fault."""
    real = Path.read_bytes

    def closed(path: Path) -> bytes:
        if path == site.etc / "directory" / "ouidire.xml":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(Path, "read_bytes", closed)
    assert amiss(site) == {}


def test_two_passwords_are_told(site: Site) -> None:
    """Law: FreeSWITCH and the service must have the same one; which it is is not told."""
    known = installed_password(site.etc)
    site.edit("directory/ouidire.xml", known or "", "z" * 32)
    told = amiss(site)
    assert "another one than the service" in told["our password"]
    assert not any((known or "") in sentence for sentence in told.values())


def test_a_hook_that_went_is_told(site: Site) -> None:
    """Law: without it the gate hears nobody; a torn one is left to the admin."""
    site.edit("autoload_configs/lua.conf.xml", "<!-- <<< ouidire -->", "")
    assert "mend it by hand" in amiss(site)["hook"]
    site.put(
        "autoload_configs/lua.conf.xml", '<configuration name="lua.conf">\n<settings>\n</settings></configuration>'
    )
    assert "the gate hears nobody" in amiss(site)["hook"]
    (site.etc / "autoload_configs" / "lua.conf.xml").unlink()
    assert "is missing" in amiss(site)["hook"]


def test_a_prompt_that_differs_is_told(site: Site) -> None:
    """Law: a caller hears what the notice's id names, or doctor says so."""
    (site.etc / "ouidire" / "sounds" / "en" / "notice.wav").write_bytes(b"RIFF")
    assert "notice.wav is missing or not what" in amiss(site)["prompts"]


def test_what_stands_in_the_way_is_told(site: Site) -> None:
    """Law: another's context of our name, added since, is found."""
    site.put("dialplan/his.xml", '<context name="ouidire"/>')
    assert "already a context" in amiss(site)["ouidire"]


def test_another_folder_is_one_line(tmp_path: Path) -> None:
    """Law: where there is no FreeSWITCH one sentence says so."""
    (found,) = verify(tmp_path, side(), secrets_file=tmp_path / "secrets.toml")
    assert not found.ok
    assert "is this FreeSWITCH's configuration folder" in found.sentence
