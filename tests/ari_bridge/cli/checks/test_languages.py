"""What doctor says of languages."""

from pathlib import Path

import pytest

from ari_bridge.cli.checks import languages
from ari_bridge.run.settings import Settings, load
from ari_bridge.run.tone import choice_of, reports_folder_of, served_of
from dialplan.verify import Finding
from tests.analysis.emotion.proofs import as_bytes, proof


@pytest.fixture
def settings(settings_file: Path) -> Settings:
    """A site that announces in English and in French."""
    return load(settings_file)


def told(settings: Settings) -> dict[str, Finding]:
    """What is said, by subject."""
    return {one.subject: one for one in languages.findings(settings)}


def test_a_language_that_was_not_tried_is_facts_only(settings: Settings) -> None:
    """Law: it is said before a call, with what to do and how many recordings that takes; and it is no fault."""
    found = told(settings)
    assert found.keys() == {"language en", "language fr"}
    assert found["language en"].sentence.startswith("tone and facts")
    french = found["language fr"]
    assert french.ok
    assert french.sentence.startswith("facts only")
    for part in ("at least 204 recordings", "ouidire model evaluate", "ouidire model unlock fr"):
        assert part in french.sentence


def test_what_is_unlocked_is_told_with_its_figures(settings: Settings) -> None:
    """Law: on how many calls it rests."""
    files = dict(served_of(choice_of(settings)).files)
    reports_folder_of(settings).put("fr", as_bytes(proof(files=files)))
    assert "10 speakers" in told(settings)["language fr"].sentence


def test_a_report_that_is_not_believed_is_a_fault(settings: Settings) -> None:
    """Law: it is named, and its language has facts only."""
    reports_folder_of(settings).put("fr", b"{")
    found = told(settings)
    assert found["language fr"].sentence.startswith("facts only")
    assert not found["reports"].ok
    assert "fr.json" in found["reports"].sentence


def test_a_model_that_is_refused_judges_nothing(settings: Settings, tmp_path: Path) -> None:
    """Law: it is said here too, and ends no other check."""
    broken = Settings.model_validate({"analysis": {"model_folder": str(tmp_path)}})
    assert not told(broken)["languages"].ok
