"""What the PBX's side holds of the settings."""

from pathlib import Path

import pytest

from ari_bridge.run.notices import notices
from ari_bridge.run.pbx_side import prepare_keys, render_settings
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from consent.keys import NUMBERS, read_keys, rotate_numbers


def keyed(folder: Path, **more: dict[str, object]) -> Settings:
    """Settings whose keys lie in a folder."""
    secrets = folder.parent / "secrets.toml"
    return Settings.model_validate({"keys": {"folder": folder}, "pbx": {"secrets_file": secrets}, **more})


def test_gate_and_bridge_agree() -> None:
    """Law: host, lease, cap and notice ids in the dialplan are those of the service's own settings."""
    settings = Settings.model_validate(
        {"media": {"lease_s": 9, "max_forks": 10}, "notice": {"languages": ["fr", "en"]}}
    )
    rendered = render_settings(settings)
    assert (rendered.bridge_host, rendered.lease_s, rendered.max_forks) == ("127.0.0.1", 9, 10)
    assert [tuple(line) for line in rendered.notices] == [(one.language, one.notice_id) for one in notices(settings)]


def test_the_gate_takes_audiosocket_only_where_the_settings_say_so() -> None:
    """Law: the port of the bridge's listener, and none where voices travel by RTP."""
    media = {"transport": "audiosocket", "audiosocket_port": 31777}
    assert render_settings(Settings.model_validate({"media": media})).audiosocket_port == 31777
    assert render_settings(Settings.model_validate({"media": media | {"transport": "rtp"}})).audiosocket_port is None


def test_who_is_asked_is_what_the_settings_say(tmp_path: Path) -> None:
    """Law: trunks, listed numbers, hours, quota and the sentence on recording reach the dialplan as they are."""
    asking = {"quota_percent": 3, "hours": ["09:00-18:00,mon-fri,*,*"], "never_asked": ["44?"]}
    settings = keyed(tmp_path / "keys", parties={"trunks": ["gw*"]}, asking=asking, notice={"mentions_recording": True})
    rendered = render_settings(settings)
    assert (rendered.trunks, rendered.never_asked, rendered.quota_percent) == (("gw*",), ("44?",), 3)
    assert (rendered.hours, rendered.mentions_recording) == (("09:00-18:00,mon-fri,*,*",), True)


def test_a_trunk_that_no_dialplan_can_carry_is_a_sentence(tmp_path: Path) -> None:
    """Law: refused before anything is written."""
    with pytest.raises(SettingsError, match="not a pattern"):
        render_settings(keyed(tmp_path / "keys", parties={"trunks": ["a|b"]}))


def test_the_first_install_makes_the_keys_and_both_halves_hold_them(tmp_path: Path) -> None:
    """Law: made once, kept ever after; what the service reads is what the dialplan hashes with, rotated keys too."""
    settings = keyed(tmp_path / "keys")
    assert render_settings(settings).number_keys == ()
    assert {file.name for file in prepare_keys(settings)} == {"numbers.key", "signing.key", "lookup.key"}
    assert prepare_keys(settings) == ()
    rotate_numbers(settings.keys.folder)
    rendered = render_settings(settings).number_keys
    assert rendered == tuple((key.inner, key.outer) for key in read_keys(settings.keys.folder).numbers)
    assert len(rendered) == 2


def test_a_lost_key_is_never_replaced_in_silence(tmp_path: Path) -> None:
    """Law: where others are there, one that is missing was lost, and a person decides."""
    settings = keyed(tmp_path / "keys")
    prepare_keys(settings)
    (settings.keys.folder / NUMBERS).unlink()
    with pytest.raises(SettingsError, match=r"numbers\.key"):
        prepare_keys(settings)
    assert not (settings.keys.folder / NUMBERS).exists()
    assert render_settings(settings).number_keys == ()
