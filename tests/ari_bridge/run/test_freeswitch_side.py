"""What FreeSWITCH's side is told of the settings."""

from pathlib import Path

import pytest

from ari_bridge.run.freeswitch_side import side_of
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from dialplan.freeswitch.side import STREAM_MODULE
from tests import papers

ETC = Path("/etc/freeswitch")


def site(**sections: object) -> Settings:
    """Settings of a site that asks every caller."""
    usual = {"profile": papers.PROFILE, "asking": {"quota_percent": 100}, "pbx": {"kind": "freeswitch"}}
    return Settings.model_validate(usual | {"media": {"transport": "websocket"}} | sections)


def test_the_settings_reach_the_files() -> None:
    """Law: languages, trunks and password stand where FreeSWITCH reads them, and our hook names our own gate."""
    side = side_of(site(notice={"languages": ["fr", "en"]}, parties={"trunks": ["carrier"]}), ETC)
    files = side.files("p" * 16)
    assert side.languages == ("fr", "en")
    assert b"carrier" in files["dialplan/ouidire.xml"]
    assert b"p" * 16 in files["directory/ouidire.xml"]
    assert 'script="/etc/freeswitch/ouidire/gate.lua"' in side.hook
    assert STREAM_MODULE in side.modules


def test_a_tap_needs_no_module_of_others() -> None:
    """Law: voices by eavesdrop come to the settings' port by their profile, and mod_audio_stream is not missed."""
    side = side_of(site(media={"transport": "tap", "tap_port": 31061, "tap_profile": "lan"}), ETC)
    assert STREAM_MODULE not in side.modules
    assert b"31061" in side.files("p" * 16)["ouidire/gate.lua"]
    assert b"sofia/lan/" in side.files("p" * 16)["ouidire/gate.lua"]


def test_what_freeswitch_cannot_is_told() -> None:
    """Law: a choice without a way is a sentence about the settings."""
    with pytest.raises(SettingsError, match="cannot be had on FreeSWITCH"):
        side_of(site(media={"transport": "websocket", "host": "10.0.0.1"}), ETC)
