"""Notices: bound to the very text and sound that the PBX plays."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ari_bridge.run.notices import notices, recordings_of, staff_notices
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from consent.parties import Party
from consent.purposes import Purpose
from dialplan.own_recordings import add
from dialplan.recordings import Prompt, languages
from tests.dialplan.made_sounds import wav


def _settings(folder: Path, **sections: dict[str, Any]) -> Settings:
    """Settings of a site whose own recordings lie in `folder`."""
    return Settings(**{**sections, "notice": {"folder": folder, **sections.get("notice", {})}})  # type: ignore[arg-type]


def test_each_language_has_its_notice(tmp_path: Path) -> None:
    """Law: the notices come in the order of the settings, the first of which serves everybody else."""
    settings = _settings(tmp_path, notice={"languages": ["fr", "en", "de", "it", "es"]})
    assert [one.language for one in notices(settings)] == ["fr", "en", "de", "it", "es"]
    assert [one.language for one in staff_notices(settings)] == ["fr", "en", "de", "it", "es"]


@pytest.mark.parametrize(
    "changed",
    [{"retention": {"scores_days": 7}}, {"retention": {"records_days": 90}}, {"notice": {"mentions_recording": True}}],
)
def test_what_is_announced_is_part_of_the_notice(tmp_path: Path, changed: dict[str, dict[str, Any]]) -> None:
    """Law: a longer retention, or another recorder that is named, is another notice: a yes to one is none to it."""
    before, after = notices(_settings(tmp_path)), notices(_settings(tmp_path, **changed))
    assert not {one.notice_id for one in before} & {one.notice_id for one in after}


def test_the_second_layer_belongs_to_the_notice(tmp_path: Path) -> None:
    """Law: what is kept and for how long was announced too, though a key must be pressed for it."""
    plain = notices(_settings(tmp_path))[0]
    owned_up = notices(_settings(tmp_path, notice={"mentions_recording": True}))[0]
    assert [layer.name for layer in plain.layers] == ["more"]
    assert [layer.name for layer in owned_up.layers] == ["more", "recorded"]
    assert plain.purposes == {Purpose.FACTS, Purpose.TONE}


def test_staff_are_told_of_facts_alone(tmp_path: Path) -> None:
    """Law: the notice to staff is another notice than the callers', and asks for facts of their talk alone."""
    for one in staff_notices(_settings(tmp_path)):
        assert (one.party, one.purposes) == (Party.AGENT, {Purpose.FACTS})
    assert not {one.notice_id for one in staff_notices(_settings(tmp_path))} & {
        one.notice_id for one in notices(_settings(tmp_path))
    }


def test_a_language_without_prompts_is_refused(tmp_path: Path) -> None:
    """Law: nobody is asked in a language that nothing was recorded in, or only half of it."""
    settings = _settings(tmp_path, notice={"languages": ["tlh"]})
    with pytest.raises(SettingsError, match=f"'tlh'; there are {', '.join(languages())}"):
        notices(settings)
    (tmp_path / "tlh").mkdir()
    (tmp_path / "tlh" / "notice.wav").write_bytes(wav(8))
    with pytest.raises(SettingsError, match="tlh lacks more, keys"):
        notices(settings)


def test_a_notice_of_the_sites_own_goes_first(tmp_path: Path) -> None:
    """Law: what is played is what is announced: with an own recording the id is another one."""
    settings = _settings(tmp_path)
    shipped = notices(settings)
    add(recordings_of(settings), "en", {"notice": Prompt(b"We, Example.", wav(8))}, "Ada", date(2026, 11, 22))
    own = notices(settings)
    assert own[0].text == "We, Example."
    assert [own[0].notice_id == shipped[0].notice_id, own[1].notice_id == shipped[1].notice_id] == [False, True]


def test_an_own_notice_that_was_changed_is_refused(tmp_path: Path) -> None:
    """Law: a recording that is not what a person attested is not announced, and nothing starts."""
    settings = _settings(tmp_path)
    add(recordings_of(settings), "en", {"notice": Prompt(b"We, Example.", wav(8))}, "Ada", date(2026, 11, 22))
    (tmp_path / "en" / "notice.wav").write_bytes(wav(9))
    with pytest.raises(SettingsError, match=r"notice\.folder: .* Ada attested"):
        notices(settings)


def test_a_no_that_would_be_slower_is_refused(tmp_path: Path) -> None:
    """Law: even attested, recordings by which a refusal costs time are not used."""
    settings = _settings(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dialplan.own_recordings.slower_no", lambda wavs: ())
        add(recordings_of(settings), "en", {"yes": Prompt(b"Yes.", wav(0.5))}, "Ada", date(2026, 11, 22))
    with pytest.raises(SettingsError, match="must not wait longer than a yes"):
        notices(settings)
