"""Notices: bound to the very text and sound that the PBX plays."""

import pytest

from ari_bridge.run.notices import notices
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from dialplan.recordings import languages


def test_each_language_has_its_notice() -> None:
    """Law: the notices come in the order of the settings, the first of which serves everybody else."""
    assert [one.language for one in notices(Settings(notice={"languages": ["fr", "en"]}))] == ["fr", "en"]  # type: ignore[arg-type]


def test_retention_is_part_of_the_notice() -> None:
    """Law: a longer retention is another notice: nobody's yes to 7 days is a yes to 30."""
    ids = {notices(Settings(retention={"scores_days": days}))[0].notice_id for days in (7, 30)}  # type: ignore[arg-type]
    assert len(ids) == 2


def test_a_language_without_prompts_is_refused() -> None:
    """Law: nobody is asked in a language that nothing was recorded in."""
    with pytest.raises(SettingsError, match=f"'tlh'; there are {', '.join(languages())}"):
        notices(Settings(notice={"languages": ["tlh"]}))  # type: ignore[arg-type]
