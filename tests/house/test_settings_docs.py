"""docs/settings.md says what the code says."""

from pathlib import Path

import pytest

from ari_bridge.cli.settings import as_toml
from ari_bridge.run.passwords import Passwords
from ari_bridge.run.settings import Described, Settings, every_setting, load
from tests.house.places import ROOT

DOCUMENT = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")


def row(setting: Described) -> str:
    """The row of the table for one setting: key, default as a settings file writes it, description."""
    lines = list(as_toml(Settings()))
    section = lines.index(f"[{setting.section}]")
    default = next(line for line in lines[section:] if line.removeprefix("# ").startswith(f"{setting.key} ="))
    value = default.removeprefix("# ").partition("=")[2].strip()
    return f"| `{setting.key}` | {f'`{value}`' if value else 'none'} | {setting.description} |"


@pytest.mark.parametrize("setting", list(every_setting()), ids=lambda one: f"{one.section}.{one.key}")
def test_every_setting_is_documented(setting: Described) -> None:
    """Law: the document names each setting with its default and its description, under its section, word for word."""
    section = DOCUMENT.partition(f"## [{setting.section}]\n")[2].partition("\n## ")[0]
    assert row(setting) in section.splitlines(), row(setting)


def test_nothing_else_is_documented() -> None:
    """Law: the document names no setting that nobody reads."""
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| `")]
    assert len(rows) == len(list(every_setting())) + len(Passwords.model_fields)


@pytest.mark.parametrize("name", Passwords.model_fields)
def test_every_password_is_documented(name: str) -> None:
    """Law: the passwords' file is described as fully as the settings'."""
    assert f"| `{name}` |" in DOCUMENT


def test_the_example_is_valid(tmp_path: Path) -> None:
    """Law: the example in the document is a settings file that the program takes."""
    example = DOCUMENT.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "ouidire.toml").write_text(example, encoding="utf-8")
    assert load(tmp_path / "ouidire.toml").parties.trunks == ("trunk-*", "sbc")
