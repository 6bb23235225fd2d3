"""Import contracts: kept by the code, and each of them caught in the act of being broken."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.house.places import PACKAGES, ROOT

BREAKS: dict[str, tuple[str, str]] = {
    "storeys": ("consent/errors.py", "import analysis.audio"),
    "bridge": ("ari_bridge/media/rtp.py", "import ari_bridge.web.app"),
    "analysis": ("analysis/audio.py", "import analysis.store.schema"),
    "consent": ("consent/errors.py", "import consent.gate"),
    "sans-io": ("consent/dialogue.py", "import asyncio"),
    "no-torch": ("analysis/emotion/onnx_model.py", "import analysis.emotion.network"),
    "door-panoramisk": ("ari_bridge/run/supervisor.py", "import panoramisk"),
    "door-speechbrain": ("analysis/emotion/training/brain.py", "import speechbrain"),
    "door-torch": ("analysis/quality.py", "import torch"),
    "door-onnx": ("analysis/quality.py", "import onnxruntime"),
    "door-sqlite-utils": ("ari_bridge/cli/calls.py", "import sqlite_utils"),
    "door-pyaudio": ("ari_bridge/cli/serve.py", "import pyaudio"),
    "door-jinja": ("ari_bridge/web/app.py", "import jinja2"),
    "door-matplotlib": ("ari_bridge/web/pages.py", "import matplotlib"),
    "door-pillow": ("ari_bridge/web/pages.py", "import PIL"),
    "door-sound-files": ("analysis/quality.py", "import soundfile"),
    "evaluation": ("analysis/emotion/evaluation/cell.py", "import analysis.emotion.onnx_model"),
    "door-prometheus": ("ari_bridge/web/metrics_views.py", "import prometheus_client"),
    "door-g722": ("ari_bridge/media/stream.py", "import G722"),
    "door-cryptography": ("consent/ledger.py", "import cryptography"),
    "vendors": ("ari_bridge/screens/cisco.py", "import ari_bridge.screens.yealink"),
    "no-cycles": ("consent/parties.py", "import consent.purposes"),
    "product-alone": ("consent/errors.py", "import tests"),
}
"""For each contract a file and the line that breaks it."""


def contracts() -> set[str]:
    """The ids of all contracts in pyproject.toml."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]}


def judged(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What import-linter says of the packages in that folder."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    return subprocess.run([*command, "--no-cache", *options], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the source to break."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "*.wav", "*.onnx")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_all_contracts_are_kept() -> None:
    """Law: imports go down only, and each heavy package has one door."""
    found = judged(ROOT)
    assert found.returncode == 0, found.stdout + found.stderr


def test_each_contract_is_tried() -> None:
    """Law: a contract that nobody has seen broken protects nothing."""
    assert set(BREAKS) == contracts()


@pytest.mark.parametrize("contract", BREAKS)
def test_a_broken_contract_is_caught(contract: str, copy: Path) -> None:
    """Law: one wrong import breaks its contract, by name."""
    file, line = BREAKS[contract]
    target = copy / file
    target.write_text(f"{target.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    found = judged(copy, "--contract", contract)
    assert found.returncode == 1
    assert "BROKEN" in found.stdout, found.stdout + found.stderr


@pytest.mark.parametrize(
    ("room", "contract"),
    [("ari_bridge/attic/__init__.py", "bridge"), ("analysis/attic.py", "analysis"), ("consent/attic.py", "consent")],
)
def test_a_room_without_a_place_is_caught(room: str, contract: str, copy: Path) -> None:
    """Law: a new folder or module joins the storeys before anything is built in it."""
    (copy / room).parent.mkdir(exist_ok=True)
    (copy / room).write_text('"""Nowhere."""\n', encoding="utf-8")
    found = judged(copy, "--contract", contract)
    assert found.returncode == 1
    assert "attic" in found.stdout
