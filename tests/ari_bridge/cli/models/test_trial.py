"""The served model on a folder."""

import json
from pathlib import Path

import pytest

from analysis.emotion.evaluation.labelled import ManifestRefused, read_labelled
from analysis.emotion.evaluation.limits import LanguageLimits
from analysis.emotion.foreign.labels import LabelMap
from analysis.emotion.model_choice import ModelChoice
from analysis.emotion.model_files import CARD, PACKAGED
from ari_bridge.cli.models.trial import chosen, evaluate, publish, verdicts
from tests.ari_bridge.cli.models.labelled_calls import labelled_calls

OURS = ModelChoice("ouidire", None, LabelMap(("ang",), ("ang", "hap")), Path("none"))


def test_a_language_that_is_not_told_is_the_one_asked_for(tmp_path: Path) -> None:
    """Law: whoever asks for fr means the clips without a language too, and no clip in another."""
    manifest = labelled_calls(tmp_path) / "manifest.csv"
    first, *rest = manifest.read_text().splitlines()
    manifest.write_text("\n".join([first, *rest[:2], *(line.replace(",de,", ",,") for line in rest[2:])]))
    clips = read_labelled(tmp_path)
    assert [clip.language for clip in chosen(clips, "fr", tmp_path)] == ["fr", "fr"]
    assert [clip.language for clip in chosen(clips, None, tmp_path)] == ["de", "de", "", ""]
    with pytest.raises(ManifestRefused, match="lists no clip"):
        chosen([], None, tmp_path)


def test_the_report_names_the_files_that_were_tried(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a report speaks of the very files of the model, by their sha256, and tells what each language lacks."""
    stored = evaluate(OURS, labelled_calls(tmp_path / "calls"), None, ("phone",))
    card = json.loads((PACKAGED / CARD).read_text())
    assert (stored.model_id, stored.model_files) == (card["model_id"], card["files"])
    assert list(verdicts(stored, LanguageLimits())) == ["de"]
    publish(stored, tmp_path / "out", LanguageLimits())
    assert "de: " in capsys.readouterr().out


def test_a_clean_recording_is_no_call(tmp_path: Path) -> None:
    """Law: over no call's line no language is spoken of."""
    assert verdicts(evaluate(OURS, labelled_calls(tmp_path / "calls"), None, ("clean",)), LanguageLimits()) == {}
