"""Laws of what doctor says of a PBX's configuration."""

from dataclasses import replace
from pathlib import Path

import pytest

from dialplan.change import apply
from dialplan.conf import read_conf
from dialplan.install import plan
from dialplan.recorders import Sighting
from dialplan.render import RenderSettings
from dialplan.verify import Finding, recorders_finding, rtp_finding, verify, version_finding
from tests.dialplan.conftest import Site


def findings(site: Site, settings: RenderSettings) -> dict[str, Finding]:
    return {one.subject: one for one in verify(site.etc, settings, max_calls=30)}


@pytest.fixture
def installed(plain: Site, settings: RenderSettings) -> Site:
    apply(plan(plain.etc, settings, secrets_file=plain.secrets))
    return plain


def test_after_an_install_all_is_well(installed: Site, settings: RenderSettings) -> None:
    """Law: doctor agrees with install."""
    assert [one for one in findings(installed, settings).values() if not one.ok] == []


def test_before_an_install_it_says_what_to_do(plain: Site, settings: RenderSettings) -> None:
    """Law: what is missing is named with the command that brings it."""
    found = findings(plain, settings)
    for subject in ("dialplan", "managed blocks", "prompts"):
        assert not found[subject].ok
        assert "ouidire install" in found[subject].sentence
    assert not verify(plain.etc / "none", settings, max_calls=1)[0].ok


def test_an_edited_dialplan_is_noticed(installed: Site, settings: RenderSettings) -> None:
    """Law: a gate that somebody changed is not the gate; nor is one rendered from other settings."""
    assert not findings(installed, replace(settings, lease_s=30))["dialplan"].ok
    installed.edit("ouidire/extensions.conf", '!="granted"', '!="refused"')
    assert not findings(installed, settings)["dialplan"].ok


def test_keys_that_differ_are_missing_or_are_open_are_noticed(installed: Site, settings: RenderSettings) -> None:
    """Law: with another key than the service's, nobody could be found again; without one nobody is asked."""
    file = installed.etc / "ouidire" / "numbers.conf"
    assert findings(installed, settings)["keys for numbers"].ok
    file.chmod(0o644)
    assert "chmod o=" in findings(installed, settings)["keys for numbers"].sentence
    rotated = replace(settings, number_keys=(("01" * 32, "23" * 32),))
    assert "ouidire install" in findings(installed, rotated)["keys for numbers"].sentence
    assert not findings(installed, replace(settings, number_keys=()))["keys for numbers"].ok


def test_a_removed_block_and_a_changed_prompt_are_noticed(installed: Site, settings: RenderSettings) -> None:
    """Law: a file restored from an old backup, or another recording than the notice's, does not pass."""
    (installed.etc / "features.conf").write_text("[applicationmap]\n")
    (installed.root / "data" / "sounds" / "fr" / "ouidire" / "notice.wav").write_bytes(b"RIFF")
    found = findings(installed, settings)
    assert "features.conf" in found["managed blocks"].sentence
    assert not found["prompts"].ok


def test_conflicts_that_came_later_are_found(installed: Site, settings: RenderSettings) -> None:
    """Law: a rival of *9 added after the install is found as before it."""
    installed.edit("features.conf", "note => *5", "note => *9")
    assert not findings(installed, settings)["features.conf"].ok


@pytest.mark.parametrize(
    ("name", "text", "subject"),
    [
        ("modules.conf", "[modules]\nautoload=yes\nnoload => chan_rtp.so\n", "modules"),
        ("asterisk.conf", "[directories]\nastdatadir => /x\n[options]\nlive_dangerously=yes\n", "asterisk.conf"),
        ("extensions.conf", "[a]\nexten => s,1,MixMonitor(x)\n", "other recorders"),
        ("rtp.conf", "[general]\nrtpstart=10000\nrtpend=10100\n", "rtp.conf"),
        ("rtp.conf", "[general]\nrtpstart=many\n", "rtp.conf"),
        ("http.conf", "", "HTTP for ARI"),
        ("manager.conf", "", "AMI"),
    ],
)
def test_each_fault_is_found(plain: Site, settings: RenderSettings, name: str, text: str, subject: str) -> None:
    """Law: a module that is off, a dangerous switch, a recorder, too few ports, a door that is shut."""
    plain.write({name: text})
    assert not findings(plain, settings)[subject].ok


def test_audiosocket_is_needed_only_where_it_is_used(plain: Site, settings: RenderSettings) -> None:
    """Law: its modules switched off are no fault, until voices shall travel by it."""
    plain.write({"modules.conf": "[modules]\nautoload=yes\nnoload => res_audiosocket.so\n"})
    assert findings(plain, settings)["modules"].ok
    found = findings(plain, replace(settings, audiosocket_port=31000))["modules"]
    assert not found.ok
    assert "res_audiosocket" in found.sentence


def test_a_missing_notify_file_is_found(plain: Site, settings: RenderSettings) -> None:
    """Law: without it no screen reaches a phone."""
    (plain.etc / "pjsip_notify.conf").unlink()
    assert not findings(plain, settings)["phone push"].ok


@pytest.mark.parametrize(("last", "ok"), [(10_259, True), (10_257, False)])
def test_rtp_ports_are_counted_to_the_last(tmp_path: Path, last: int, ok: bool) -> None:
    """Law: two even ports a call, one a fork, ten in hand; one pair fewer is told with the number to set."""
    (tmp_path / "rtp.conf").write_text(f"[general]\nrtpstart=10000\nrtpend={last}\n")
    finding = rtp_finding(read_conf(tmp_path, "rtp.conf"), max_forks=60, max_calls=30)
    assert finding.ok is ok
    assert ok or "rtpend = 10259" in finding.sentence
    assert rtp_finding(read_conf(tmp_path, "none.conf"), 60, 30).ok


@pytest.mark.parametrize(
    ("version", "ok", "word"),
    [
        ("22.10.1", True, "22.10.1"),
        ("22.11.0", False, "2134"),
        ("16.27.0", False, "older"),
        ("GIT-x", False, "no release"),
    ],
)
def test_versions(version: str, ok: bool, word: str) -> None:
    """Law: a release known to be bad is refused by name; an unknown or older one is not called well."""
    finding = version_finding(version)
    assert finding.ok is ok
    assert word in finding.sentence


def test_many_recorders_are_counted(tmp_path: Path, settings: RenderSettings) -> None:
    """Law: five are named, the rest counted: a FreePBX has dozens. Where the notice says so they are no fault."""
    sightings = tuple(Sighting(tmp_path / "e.conf", at, "MixMonitor") for at in range(1, 8))
    finding = recorders_finding(sightings, settings)
    assert "e.conf:5" in finding.sentence
    assert "and 2 more" in finding.sentence
    assert not finding.ok
    assert recorders_finding(sightings, replace(settings, mentions_recording=True)).ok
