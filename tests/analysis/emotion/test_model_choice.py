"""Which model is opened, and under which conditions."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from analysis.audio import ENGINE_RATE_HZ
from analysis.emotion import model_choice
from analysis.emotion.foreign.host import ForeignHost
from analysis.emotion.foreign.labels import LabelMap
from analysis.emotion.foreign.model import ForeignTone
from analysis.emotion.foreign.order import Order
from analysis.emotion.foreign.pins import PINNED
from analysis.emotion.foreign.trust import NotTrusted, TrustedFolder
from analysis.emotion.foreign.trust_file import TrustFile
from analysis.emotion.model_choice import ModelChoice, ModelName, open_foreign, opened
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.engine.inbox import MAX_QUEUED_SAMPLES
from consent.errors import InvalidValue

LABELS = LabelMap(("ang",), ("ang", "hap"))


def choice(tmp_path: Path, name: ModelName, folder: str | None = "model") -> ModelChoice:
    """What the settings would say."""
    return ModelChoice(name, None if folder is None else tmp_path / folder, LABELS, tmp_path / "trust.json")


def confirm(tmp_path: Path, files: dict[str, str]) -> None:
    """Write a confirmation of the folder."""
    TrustFile(tmp_path / "trust.json").put(TrustedFolder(tmp_path / "model", files, date(2026, 1, 5)))


def test_ours_is_opened_without_any_confirmation(tmp_path: Path) -> None:
    """Law: the shipped model needs no admin's word; further languages are the site's own."""
    with opened(choice(tmp_path, "ouidire", None), frozenset({"fr"})) as model:
        assert isinstance(model, OnnxToneModel)
        assert model.languages == {"de", "en", "fr"}
    assert not (tmp_path / "trust.json").exists()


@pytest.mark.parametrize("name", ["speechbrain", "wav2vec2-iemocap"])
def test_a_foreign_folder_that_nobody_confirmed_is_refused(tmp_path: Path, name: ModelName) -> None:
    """Law: no code of others runs without a person's word for these very files."""
    with pytest.raises(NotTrusted, match=r"nobody has confirmed .*model"), opened(choice(tmp_path, name)):
        pass


def test_a_confirmed_classifier_is_opened_and_not_loaded_yet(tmp_path: Path) -> None:
    """Law: opening starts no process; the model's name holds its kind, folder and digest."""
    confirm(tmp_path, {"hyperparams.yaml": "ab" * 32})
    with opened(choice(tmp_path, "speechbrain"), frozenset({"fr"})) as model:
        assert isinstance(model, ForeignTone)
        assert model.model_id.startswith("speechbrain:model@")
        assert model.languages == {"fr"}
        assert "not started" in model.trouble
    assert "stopped" in model.trouble


def test_of_the_hubs_model_one_revision_is_taken(tmp_path: Path) -> None:
    """Law: a confirmed folder with another revision of the model for IEMOCAP is refused by its file's name."""
    confirm(tmp_path, {**PINNED, "custom_interface.py": "ab" * 32})
    assert open_foreign(choice(tmp_path, "wav2vec2-iemocap")).model_id.startswith("wav2vec2-iemocap:model@")
    confirm(tmp_path, {**PINNED, "model.ckpt": "ab" * 32})
    with pytest.raises(NotTrusted, match=r"model\.ckpt is not that of"):
        open_foreign(choice(tmp_path, "wav2vec2-iemocap"))


def test_a_foreign_model_needs_a_folder(tmp_path: Path) -> None:
    """Law: nothing is looked for where nobody said it is, and ours is not opened as a foreign one."""
    with pytest.raises(InvalidValue):
        choice(tmp_path, "speechbrain", None)
    with pytest.raises(InvalidValue):
        open_foreign(choice(tmp_path, "ouidire"))


def test_the_bridge_loads_no_torch_by_it() -> None:
    """Law: choosing a foreign model brings torch into its own process alone; with sockets forbidden ours works."""
    program = """
import socket, sys
from analysis.emotion import model_choice
from analysis.emotion.foreign.labels import LabelMap
from pathlib import Path
socket.socket = socket.create_connection = socket.getaddrinfo = None
with model_choice.opened(model_choice.ModelChoice("ouidire", None, LabelMap(("a",), ("a",)), Path("/none"))) as model:
    model.warm()
print(sorted({"torch", "torchaudio", "speechbrain", "transformers", "onnx"} & set(sys.modules)))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_on_a_call_nobody_waits_for_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: on a call an answer may take less than the engine's queues hold; on the command line it may take longer."""
    confirm(tmp_path, {"hyperparams.yaml": "ab" * 32})
    taken: list[float] = []

    def host(_: object, *, answer_s: float) -> ForeignHost:
        taken.append(answer_s)
        return ForeignHost(Order("speechbrain", TrustFile(tmp_path / "trust.json").find(tmp_path / "model")))

    monkeypatch.setattr(model_choice, "ForeignHost", host)
    open_foreign(choice(tmp_path, "speechbrain"))
    with opened(choice(tmp_path, "speechbrain")):
        pass
    assert taken[0] < MAX_QUEUED_SAMPLES / ENGINE_RATE_HZ < taken[1]
