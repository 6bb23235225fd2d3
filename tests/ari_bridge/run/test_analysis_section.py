"""The section [analysis]."""

import pytest
from pydantic import ValidationError

from analysis.emotion.foreign.labels import LabelMap
from ari_bridge.run.analysis_section import AnalysisSection, Labels


def test_ours_is_the_default() -> None:
    """Law: without a word of the admin no model of others is asked."""
    section = AnalysisSection()
    assert (section.model, section.model_folder, section.trust_file) == ("ouidire", None, None)
    assert section.labels.as_map() == LabelMap(("ang",), ("ang", "hap"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "emotion-recognition"},
        {"model": "speechbrain"},
        {"model": "wav2vec2-iemocap"},
        {"labels": {"angry": []}},
        {"labels": {"active": ["ang", "ang"]}},
        {"labels": {"sad": ["sad"]}},
        {"labels": {"angry": ["an gry"]}},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    """Law: an unknown model, a foreign one without a folder, an output without labels: errors, no defaults."""
    with pytest.raises(ValidationError):
        AnalysisSection(**wrong)  # type: ignore[arg-type]


def test_labels_of_another_model_can_be_named() -> None:
    """Law: which labels stand for what is the site's to say."""
    assert Labels(angry=("anger",), active=("anger", "fear")).as_map() == LabelMap(("anger",), ("anger", "fear"))
