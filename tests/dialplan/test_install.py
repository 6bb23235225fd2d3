"""Laws of install and uninstall."""

import stat
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from dialplan.change import InstallRefused, Plan, apply
from dialplan.conf import read_conf
from dialplan.install import plan, plan_removal
from dialplan.render import RenderSettings
from tests.dialplan.conftest import Site


def install(site: Site, settings: RenderSettings) -> Plan:
    made = plan(site.etc, settings, secrets_file=site.secrets)
    apply(made)
    return made


@pytest.mark.parametrize("kind", ["plain", "freepbx"])
def test_uninstall_gives_every_byte_back(kind: str, settings: RenderSettings, request: pytest.FixtureRequest) -> None:
    """Law: after install and uninstall every file, mode and folder is as before."""
    site: Site = request.getfixturevalue(kind)
    before = site.snapshot()
    install(site, settings)
    assert site.snapshot() != before
    apply(plan_removal(site.etc))
    assert site.snapshot() == before


@pytest.mark.parametrize("kind", ["plain", "freepbx"])
def test_a_second_install_changes_nothing(kind: str, settings: RenderSettings, request: pytest.FixtureRequest) -> None:
    """Law: idempotent, passwords included."""
    site: Site = request.getfixturevalue(kind)
    install(site, settings)
    again = plan(site.etc, settings, secrets_file=site.secrets)
    assert again.is_empty
    assert again.diff() == ""


def test_planning_writes_nothing(plain: Site, settings: RenderSettings) -> None:
    """Law: a dry run leaves every byte alone."""
    before = plain.snapshot()
    assert "ouidire-withdraw => *9" in plan(plain.etc, settings, secrets_file=plain.secrets).diff()
    assert plain.snapshot() == before


def test_an_empty_folder_gets_all_it_needs(tmp_path: Path, settings: RenderSettings) -> None:
    """Law: where a file is missing it is made, with the switch and the address that it needs, and removed again."""
    site = Site(tmp_path)
    before = site.snapshot()
    made = plan(site.etc, settings, secrets_file=site.secrets, sounds_dir=tmp_path / "sounds")
    apply(made)
    assert read_conf(site.etc, "http.conf").entries == ()  # ours alone is in it
    assert "[general]\nenabled = yes\nbindaddr = 127.0.0.1" in (site.etc / "http.conf").read_text()
    assert (site.etc / "pjsip_notify.conf").exists()
    assert any("module load res_pjsip_notify.so" in note for note in made.notes)
    assert plan(site.etc, settings, secrets_file=site.secrets, sounds_dir=tmp_path / "sounds").is_empty
    apply(plan_removal(site.etc))
    assert site.snapshot() == before


def test_what_is_there_is_merged(plain: Site, settings: RenderSettings) -> None:
    """Law: sections that exist are added to, channel variables are joined, an address is never changed."""
    install(plain, settings)
    assert "[applicationmap](+)\nouidire-withdraw" in (plain.etc / "features.conf").read_text()
    assert (
        "[general](+)\nchannelvars = ACCOUNT,DEPT,OUIDIRE_CONSENT,OUIDIRE_CALL" in (plain.etc / "ari.conf").read_text()
    )
    assert "ouidire" not in (plain.etc / "http.conf").read_text()


def test_on_freepbx_only_custom_files_change(freepbx: Site, settings: RenderSettings) -> None:
    """Law: what FreePBX generates is not touched."""
    made = install(freepbx, settings)
    changed = {change.path.name for change in made.changes if change.path.parent == freepbx.etc}
    assert changed == {
        "extensions_custom.conf",
        "features_applicationmap_custom.conf",
        "ari_general_custom.conf",
        "ari_additional_custom.conf",
        "manager_custom.conf",
    }


def test_passwords_are_for_their_readers_only(plain: Site, settings: RenderSettings) -> None:
    """Law: the files that hold them are closed to others, and both halves agree."""
    install(plain, settings)
    for file in (plain.secrets, plain.etc / "ouidire" / "ari.conf", plain.etc / "ouidire" / "manager.conf"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    bridge = tomllib.loads(plain.secrets.read_text())
    assert f"password = {bridge['ari_password']}" in (plain.etc / "ouidire" / "ari.conf").read_text()
    manager = read_conf(plain.etc / "ouidire", "manager.conf")
    assert manager.value("ouidire", "secret") == bridge["ami_password"]
    assert manager.value("ouidire-phones", "secret") == bridge["phones_password"]


def test_the_keys_for_numbers_are_closed_and_never_shown(plain: Site, settings: RenderSettings) -> None:
    """Law: in a file of their own that others cannot read; a dry run hides them; a rotated key changes no other."""
    shown = plan(plain.etc, settings, secrets_file=plain.secrets).diff()
    install(plain, settings)
    file = plain.etc / "ouidire" / "numbers.conf"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for key in settings.number_keys[0]:
        assert key not in shown
        assert key in file.read_text()
        assert key not in (plain.etc / "ouidire" / "extensions.conf").read_text()
    made = install(plain, replace(settings, number_keys=(("01" * 32, "23" * 32), *settings.number_keys)))
    assert {change.path.name for change in made.changes} == {"numbers.conf", "manifest.json"}


def test_asterisks_group_reads_where_root_owns_the_folder(plain: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: where /etc/asterisk is root's with Asterisk's group, that group reads the passwords, and nobody else."""
    from dialplan import install as module

    real = Path.stat

    def owned(path: Path, *, follow_symlinks: bool = True) -> object:
        found = real(path, follow_symlinks=follow_symlinks)
        return (
            type("Owned", (), {"st_uid": 0, "st_gid": 110, "st_mode": found.st_mode})() if path == plain.etc else found
        )

    monkeypatch.setattr(Path, "stat", owned)
    assert module._secret_mode(plain.etc) == 0o640


def test_conflicts_stop_the_whole_install(plain: Site, settings: RenderSettings) -> None:
    """Law: an existing *9 is reported and nothing is changed."""
    plain.edit("features.conf", "note => *5", "note => *9")
    before = plain.snapshot()
    with pytest.raises(InstallRefused, match="another code"):
        install(plain, settings)
    assert plain.snapshot() == before


def test_later_edits_of_the_admin_survive_an_uninstall(plain: Site, settings: RenderSettings) -> None:
    """Law: only our block goes from a file that was edited since, and that is said; so is a recording of their own."""
    install(plain, settings)
    plain.edit("extensions.conf", "static=yes", "static=no")
    with (plain.etc / "features.conf").open("a") as file:
        file.write("more => *8,self,NoOp\n")
    own = plain.root / "data" / "sounds" / "en" / "ouidire" / "yes.wav"
    own.write_bytes(b"RIFF of the admin")
    removal = plan_removal(plain.etc)
    apply(removal)
    assert len(removal.notes) == 3
    assert "static=no" in (plain.etc / "extensions.conf").read_text()
    features = (plain.etc / "features.conf").read_text()
    assert features.endswith("more => *8,self,NoOp\n")
    assert "ouidire" not in features
    assert own.read_bytes() == b"RIFF of the admin"
    assert not (plain.etc / "ouidire").exists()


def test_new_settings_replace_the_old_ones(plain: Site, settings: RenderSettings) -> None:
    """Law: installing again with another lease changes our file alone, and an uninstall still gives all back."""
    before = plain.snapshot()
    install(plain, settings)
    made = install(plain, replace(settings, lease_s=20))
    assert {change.path.name for change in made.changes} == {"extensions.conf", "manifest.json"}
    assert "TIMEOUT(absolute)=20" in (plain.etc / "ouidire" / "extensions.conf").read_text()
    apply(plan_removal(plain.etc))
    assert plain.snapshot() == before


def test_nothing_to_take_out_and_nowhere_to_put_in(tmp_path: Path, settings: RenderSettings) -> None:
    """Law: each impossible wish is one clear sentence."""
    with pytest.raises(InstallRefused, match="nothing is installed"):
        plan_removal(tmp_path)
    with pytest.raises(InstallRefused, match="no astdatadir"):
        plan(tmp_path, settings, secrets_file=tmp_path / "s")
    with pytest.raises(InstallRefused, match="is no folder"):
        plan(tmp_path / "none", settings, secrets_file=tmp_path / "s")


def test_a_torn_block_is_not_guessed_at(plain: Site, settings: RenderSettings) -> None:
    """Law: where an admin deleted one of the marks, a person decides."""
    install(plain, settings)
    plain.edit("ari.conf", "; <<< ouidire\n", "")
    with pytest.raises(InstallRefused, match=r"ari\.conf.*mend it by hand"):
        plan_removal(plain.etc)
    with pytest.raises(InstallRefused, match="mend it by hand"):
        plan(plain.etc, settings, secrets_file=plain.secrets)
