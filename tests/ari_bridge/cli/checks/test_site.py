"""Checks of this machine: each fault is found and has a sentence that says what to do."""

import json
import sqlite3
from pathlib import Path
from types import ModuleType

import pytest

import analysis
from analysis.emotion.onnx_model import OnnxToneModel
from ari_bridge.calls.hidden_cues import NAME, HiddenCues
from ari_bridge.cli.checks import site
from ari_bridge.run.metrics_section import MetricsSection
from ari_bridge.run.settings import Settings, load
from ari_bridge.run.tone import choice_of
from consent.database import Database
from consent.keys import FILES, make_keys
from consent.states import Answer
from tests.ari_bridge.cli.served import Site
from tests.conftest import Callers
from tests.fakes.sums import CALM, TENSE, fill


def test_a_sound_machine_has_no_fault(settings_file: Path) -> None:
    """Law: on a machine as it should be every line is ok; both models truly load."""
    found = list(site.findings(load(settings_file), settings_file))
    assert [one for one in found if not one.ok] == []
    assert {"settings", "packages", "passwords", "database", "voice detector", "tone model"} <= {
        one.subject for one in found
    }


def test_a_foreign_package_of_our_name_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: `analysis` is a common name; another package of that name is told with its place."""
    foreign = ModuleType("analysis")
    foreign.__file__ = "/opt/other/analysis/__init__.py"
    monkeypatch.setattr(site, "analysis", foreign)
    found = site.packages()
    assert not found.ok
    assert "/opt/other" in found.sentence
    assert analysis.__file__ != foreign.__file__


@pytest.mark.parametrize("mode", [0o644, 0o640])
def test_open_passwords_are_found(settings_file: Path, mode: int) -> None:
    """Law: a wide mode is named with the command that mends it."""
    settings = load(settings_file)
    settings.pbx.secrets_file.chmod(mode)
    found = site.passwords(settings)
    assert not found.ok
    assert f"{mode:04o}" in found.sentence
    assert "chmod 600" in found.sentence


def test_a_phone_whose_password_cannot_be_had_is_found(settings_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: what would keep the service from starting is told before, with the phone that it is about."""
    phone = {"1001": {"address": "http://192.168.10.21", "username": "push", "password_env": "NOT_SET_ANYWHERE"}}
    monkeypatch.setenv("OUIDIRE_SCREENS__HTTP", json.dumps(phone))
    monkeypatch.setenv("OUIDIRE_SCREENS__FAMILIES", '{"1001": "yealink"}')
    found = site.passwords(load(settings_file))
    assert not found.ok
    assert "1001" in found.sentence
    assert "NOT_SET_ANYWHERE" in found.sentence


def test_a_missing_folder_for_the_database_is_found(tmp_path: Path) -> None:
    """Law: the folder is named, and whose it must be."""
    found = site.database(tmp_path / "absent" / "ouidire.sqlite")
    assert not found.ok
    assert "make it" in found.sentence


async def test_a_good_database_is_counted(callers: Callers, database: Database) -> None:
    """Law: the chain is checked record by record, beside a running bridge."""
    await callers.says_yes("call-1")
    found = site.database(database.path)
    assert found.ok
    assert "4 records" in found.sentence, "two agents acknowledged, one caller was asked and said yes"


async def test_a_changed_record_is_found(callers: Callers, database: Database) -> None:
    """Law: one altered answer in the ledger is named by its number."""
    await callers.says_yes("call-1")
    await callers.stops("call-1", Answer.WITHDRAWN)
    with sqlite3.connect(database.path) as connection:
        connection.execute("DROP TRIGGER ledger_no_update")
        connection.execute("UPDATE ledger SET commitment = hash WHERE seq = 3")
    connection.close()
    found = site.database(database.path)
    assert not found.ok
    assert "record 3 was changed" in found.sentence


def test_a_file_that_is_no_database_is_found(tmp_path: Path) -> None:
    """Law: foreign bytes are told, and that a copy should be kept."""
    path = tmp_path / "ouidire.sqlite"
    path.write_bytes(b"not a database" * 100)
    found = site.database(path)
    assert not found.ok
    assert "copy" in found.sentence


def test_keys_are_whole_and_their_owners_alone(tmp_path: Path) -> None:
    """Law: keys that are there, whole and closed are well; before the first start there are none."""
    folder, database = tmp_path / "keys", tmp_path / "data" / "ouidire.sqlite"
    assert site.keys(folder, database).ok
    make_keys(folder)
    assert site.keys(folder, database).ok


def test_a_broken_list_of_hidden_cues_is_told(tmp_path: Path) -> None:
    """Law: cues that stay hidden for a fault are said, with what to do; whether somebody hides them is not."""
    whole = site.cues(tmp_path)
    HiddenCues(tmp_path / NAME).hide("1001")
    assert site.cues(tmp_path) == whole
    assert whole.ok
    (tmp_path / NAME).write_bytes(b"short")
    found = site.cues(tmp_path)
    assert not found.ok
    assert "until the file is gone" in found.sentence


def test_lost_or_open_keys_are_found(tmp_path: Path) -> None:
    """Law: a database without its keys, a key that is missing, a folder that others may read: each is told."""
    folder, database = tmp_path / "keys", tmp_path / "ouidire.sqlite"
    database.touch()
    assert "cannot be read" in site.keys(folder, database).sentence
    make_keys(folder)
    folder.chmod(0o755)
    assert "chmod 700" in site.keys(folder, database).sentence
    folder.chmod(0o700)
    (folder / FILES[0]).unlink()
    assert not site.keys(folder, database).ok


def test_a_model_folder_without_a_model_is_found(tmp_path: Path) -> None:
    """Law: a model that does not load is told, with the setting to mend."""
    settings = Settings.model_validate({"analysis": {"model_folder": str(tmp_path)}})
    found = {one.subject: one for one in site.models(choice_of(settings))}
    assert found["voice detector"].ok
    assert not found["tone model"].ok
    assert "analysis.model_folder" in found["tone model"].sentence


def test_a_language_without_prompts_is_found() -> None:
    """Law: what nobody recorded cannot be announced."""
    assert not site.announced(Settings.model_validate({"notice": {"languages": ["tlh"]}})).ok


def test_an_address_of_another_machine_is_found() -> None:
    """Law: RTP can only be received at an address of ours (192.0.2.0/24 is nobody's: RFC 5737)."""
    assert not site.media_address("192.0.2.1").ok
    assert site.media_address("127.0.0.1").ok


def test_a_certificate_that_cannot_be_read_is_found(tmp_path: Path) -> None:
    """Law: the screens' TLS is tried before a phone does."""
    (tmp_path / "a.pem").write_text("no certificate", encoding="utf-8")
    paths = {"tls_cert": str(tmp_path / "a.pem"), "tls_key": str(tmp_path / "a.pem")}
    found = site.certificate(Settings.model_validate({"screens": paths}))
    assert not found.ok
    assert "PEM" in found.sentence


def test_the_address_of_the_figures_is_told(tmp_path: Path) -> None:
    """Law: doctor names what to scrape, that nobody listens where that was chosen, and a certificate that is none."""
    assert "http://127.0.0.1:8490/metrics" in site.figures(MetricsSection()).sentence
    assert "metrics.port is 0" in site.figures(MetricsSection(port=0)).sentence
    lost = tmp_path / "lost.pem"
    found = site.figures(MetricsSection(tls_cert=lost, tls_key=lost))
    assert not found.ok
    assert str(lost) in found.sentence


def test_drift_is_told_by_doctor(settings_file: Path) -> None:
    """Law: doctor says that there is nothing to tell yet, that weeks are steady, and that one is not."""
    settings, model_id = load(settings_file), OnnxToneModel().model_id
    assert "no week" in site.drift(settings).sentence
    served = Site(settings_file)
    assert "no week" in site.drift(settings).sentence
    served.do(lambda ledger: fill(ledger.database, model_id, *[CALM] * 5))
    assert site.drift(settings).ok
    served.do(lambda ledger: fill(ledger.database, model_id, *[CALM] * 4, TENSE))
    found = site.drift(settings)
    assert "is no longer what it said" in found.sentence
    assert not found.ok


def test_weeks_that_cannot_be_read_are_told(settings_file: Path) -> None:
    """Law: a watch that does not watch says so."""
    settings = load(settings_file)
    settings.database.path.write_bytes(b"not a database" * 100)
    found = site.drift(settings)
    assert not found.ok
    assert "not watched" in found.sentence
