"""`ouidire settings`."""

from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from ari_bridge.cli.settings import as_toml
from ari_bridge.run.settings import Settings, load
from tests import papers


def test_what_is_printed_is_a_settings_file_that_says_the_same(tmp_path: Path) -> None:
    """Law: the printed file, read again, is the very same settings, whatever is in them."""
    settings = Settings.model_validate(
        {
            "parties": {"trunks": ["sbc-*", 'a"b']},
            "screens": {
                "families": {"1001": "yealink", "reception.2": "none"},
                "default_family": "cisco",
                "http": {
                    "1001": {"address": "https://10.0.0.7", "tls_fingerprint": "ab" * 32},
                    "1002": {"address": "http://10.0.0.8:81", "username": "push", "password_file": "/etc/o/1002"},
                },
            },
            "analysis": {"model_folder": "/srv/modèle"},
            "profile": papers.PROFILE,
            "asking": {"quota_percent": 90, "hours": ["*,*,*,*"], "never_asked": ["1900"]},
        }
    )
    file = tmp_path / "again.toml"
    file.write_text("\n".join(as_toml(settings)), encoding="utf-8")
    assert load(file) == settings


def test_every_line_is_explained_and_no_password_is_printed(
    settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: a comment stands above each key; the secrets file is named, its content is not."""
    assert main(["settings", "--settings", str(settings_file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert not [line for line in lines if "password =" in line]
    keys = [number for number, line in enumerate(lines) if " = " in line and not line.startswith("#")]
    assert all(lines[number - 1].startswith("# ") for number in keys)
