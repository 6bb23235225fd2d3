"""What the commands' tests share: no setting of this machine, and a settings file of their own."""

import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests import papers
from tests.lab import portaudio
from tests.lab.errors import LabError
from tests.lab.netns import without_network


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Fetch PyAudio while there is a network: the live tests of calls will leave it for the whole run."""
    if without_network() or config.option.collectonly or "not live" in config.option.markexpr:
        return
    with suppress(LabError):  # the test that needs it says why it is not there
        portaudio.find()


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test sets itself is in the environment."""
    for name in [name for name in os.environ if name.upper().startswith("OUIDIRE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Settings whose every path lies in the test's own folder, and where nothing answers at the PBX's ports."""
    secrets = tmp_path / "secrets.toml"
    secrets.write_text('ari_password = "a"\nami_password = "b"\nphones_password = "c"\n', encoding="utf-8")
    secrets.chmod(0o600)
    file = tmp_path / "ouidire.toml"
    file.write_text(
        f'[pbx]\nari_url = "http://127.0.0.1:1/ari"\nami_port = 1\nsecrets_file = "{secrets}"\n'
        f'config_dir = "{tmp_path / "etc"}"\n{papers.as_toml(tmp_path)}'
        f'[database]\npath = "{tmp_path / "ouidire.sqlite"}"\n',
        encoding="utf-8",
    )
    return file
