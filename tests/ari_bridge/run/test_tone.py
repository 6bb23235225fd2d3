"""The tone model of the settings."""

import json
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from analysis.emotion.evaluation.limits import LanguageLimits
from analysis.emotion.foreign.trust import TrustedFolder
from analysis.emotion.foreign.trust_file import TrustFile
from analysis.emotion.model_files import CARD, PACKAGED, ModelRefused
from analysis.emotion.unlocking import Served
from ari_bridge.run.settings import Settings
from ari_bridge.run.tone import choice_of, reports_folder_of, reports_of, served_of, trust_file_of
from tests.analysis.emotion.proofs import as_bytes, proof


def test_the_choice_is_that_of_the_settings() -> None:
    """Law: model, folder and labels come from the settings and from nowhere else."""
    labels = {"angry": ["anger"], "active": ["anger", "joy"]}
    analysis = {"model": "speechbrain", "model_folder": "/srv/m", "labels": labels, "trust_file": "/srv/trust.json"}
    choice = choice_of(Settings.model_validate({"analysis": analysis}))
    assert (choice.name, choice.folder, choice.trust_file) == ("speechbrain", Path("/srv/m"), Path("/srv/trust.json"))
    assert (choice.labels.angry, choice.labels.active) == (("anger",), ("anger", "joy"))


def test_confirmations_lie_beside_the_database() -> None:
    """Law: where nobody says otherwise they lie where the service's user alone can write."""
    settings = Settings.model_validate({"database": {"path": "/srv/data/ouidire.sqlite"}})
    assert trust_file_of(settings) == Path("/srv/data/trusted-models.json")


def test_reports_lie_beside_the_database_or_where_it_is_said() -> None:
    """Law: where nobody says otherwise they lie where the service's user alone can write."""
    database = {"path": "/srv/data/ouidire.sqlite"}
    assert reports_folder_of(Settings.model_validate({"database": database})).path == Path("/srv/data/reports")
    named = Settings.model_validate({"database": database, "analysis": {"reports_folder": "/srv/reports"}})
    assert reports_folder_of(named).path == Path("/srv/reports")


def test_a_report_is_about_the_files_that_decide(tmp_path: Path) -> None:
    """Law: network and calibration of the served model; its card's limits count."""
    served = served_of(choice_of(Settings()))
    assert served.files.keys() == {"tone.onnx", "calibration.json"}
    copied = tmp_path / "model"
    shutil.copytree(PACKAGED, copied)
    card = json.loads((copied / CARD).read_text(encoding="utf-8")) | {"language_limits": {"speakers": 77}}
    (copied / CARD).write_text(json.dumps(card), encoding="utf-8")
    of_folder = Settings.model_validate({"analysis": {"model_folder": str(copied)}})
    assert served_of(choice_of(of_folder)) == Served(served.files, replace(LanguageLimits(), speakers=77))


def test_a_card_with_odd_limits_is_refused(tmp_path: Path) -> None:
    """Law: fail closed: no limits are not no limits at all."""
    copied = tmp_path / "model"
    shutil.copytree(PACKAGED, copied)
    card = json.loads((copied / CARD).read_text(encoding="utf-8")) | {"language_limits": {"speakers": -1}}
    (copied / CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(ModelRefused, match=r"models\.json"):
        served_of(choice_of(Settings.model_validate({"analysis": {"model_folder": str(copied)}})))


def test_a_foreign_model_is_its_folder_and_its_labels(tmp_path: Path) -> None:
    """Law: which labels count as angry decides the values, so other labels are another model."""
    kept = TrustFile(tmp_path / "trust.json")
    kept.put(TrustedFolder(Path("/srv/m"), {"model.ckpt": "ab" * 32}, date(2026, 1, 5)))
    found = []
    for angry in (["ang"], ["ang", "hap"]):
        analysis = {"model": "speechbrain", "model_folder": "/srv/m", "trust_file": str(kept.path),
                    "labels": {"angry": angry}}  # fmt: skip
        found.append(served_of(choice_of(Settings.model_validate({"analysis": analysis}))).files)
    assert found[0]["model.ckpt"] == found[1]["model.ckpt"] == "ab" * 32
    assert found[0] != found[1]


def test_what_the_folder_unlocks_is_told(tmp_path: Path) -> None:
    """Law: a report about the served model opens its language, one that is broken is told by name."""
    settings = Settings.model_validate({"database": {"path": str(tmp_path / "ouidire.sqlite")}})
    assert reports_of(settings).languages == frozenset()
    folder = reports_folder_of(settings)
    folder.put("fr", as_bytes(proof(files=dict(served_of(choice_of(settings)).files))))
    folder.put("es", b"{")
    found = reports_of(settings)
    assert found.languages == {"fr"}
    assert list(found.refused) == [str(folder.path / "es.json")]
