"""Meeting what was never trained on."""

from pathlib import Path

from analysis.emotion.model_files import PACKAGED
from analysis.emotion.training.strangers import meet
from tests.analysis.emotion.training.clips import data_folder


def test_noise_under_any_name_is_unfamiliar(tmp_path: Path) -> None:
    """Law: the share of noise that would have been judged is measured, for each corpus that is there."""
    manifest = data_folder(tmp_path) / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(",crema_d,", ",esc10,"))
    found = meet(tmp_path, PACKAGED, 1)
    assert set(found) == {"esc10"}
    assert found["esc10"] == {
        "sounds": 1,
        "unfamiliar": 1.0,
        "judged_and_activation_above_half": 0.0,
        "judged_and_anger_above_half": 0.0,
    }
