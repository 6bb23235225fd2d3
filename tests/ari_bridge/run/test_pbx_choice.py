"""The PBX that the settings name."""

from pathlib import Path

import pytest

from ari_bridge.pbx.asterisk.adapter import AsteriskPbx
from ari_bridge.pbx.freeswitch.adapter import FreeSwitchPbx
from ari_bridge.pbx.freeswitch.phones import FreeSwitchPhones
from ari_bridge.run.pbx_choice import choose_pbx, esl_access
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError


def settings(tmp_path: Path, kind: str, secrets: str) -> Settings:
    """With a file of passwords."""
    file = tmp_path / "secrets.toml"
    file.write_text(secrets, encoding="utf-8")
    file.chmod(0o600)
    transport = "rtp" if kind == "asterisk" else "websocket"
    return Settings.model_validate({"pbx": {"kind": kind, "secrets_file": file}, "media": {"transport": transport}})


async def test_an_asterisk_is_its_own_lines(tmp_path: Path) -> None:
    """Law: one Asterisk serves calls and lines."""
    made = choose_pbx(settings(tmp_path, "asterisk", 'ari_password = "a"\nami_password = "b"\nphones_password = "c"\n'))
    assert isinstance(made.calls, AsteriskPbx)
    assert made.lines is made.calls


async def test_a_freeswitch_has_lines_of_its_own(tmp_path: Path) -> None:
    """Law: one FreeSWITCH serves calls and lines over one connection, and phones over another."""
    made = choose_pbx(settings(tmp_path, "freeswitch", 'esl_password = "a"\n'))
    assert isinstance(made.calls, FreeSwitchPbx)
    assert isinstance(made.phones, FreeSwitchPhones)
    assert made.lines is made.calls.lines
    with pytest.raises(TimeoutError, match="not connected"):
        await made.lines.play("x", ())


def test_the_password_is_never_shown(tmp_path: Path) -> None:
    """Law: how we come in is a value that prints no password; a missing one is a sentence."""
    access = esl_access(settings(tmp_path, "freeswitch", 'esl_password = "hush-hush"\n').pbx)
    assert "hush-hush" not in repr(access)
    with pytest.raises(SettingsError):
        esl_access(settings(tmp_path, "freeswitch", "").pbx)
