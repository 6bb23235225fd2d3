"""Notices."""

import dataclasses
from typing import Any

import pytest

from consent.errors import InvalidValue
from consent.notice import Notice
from consent.purposes import Purpose
from consent.retention import Retention


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"language": "fr"},
        {"text": "Other words."},
        {"audio_sha256": "cd" * 32},
        {"purposes": frozenset({Purpose.FACTS})},
        {"retention": Retention(31)},
    ],
)
def test_any_change_is_a_new_notice(notice: Notice, change: dict[str, Any]) -> None:
    """Law: a yes answers exactly what was announced; text, sound, purposes and retention all count."""
    assert dataclasses.replace(notice, **change).notice_id != notice.notice_id


def test_the_id_is_stable(notice: Notice) -> None:
    """Law: the same notice has the same id after a restart."""
    assert dataclasses.replace(notice).notice_id == notice.notice_id
    assert len(notice.notice_id) == 16


@pytest.mark.parametrize(
    "change", [{"text": " "}, {"language": "x"}, {"language": "e\n"}, {"purposes": frozenset()}, {"audio_sha256": "no"}]
)
def test_a_notice_is_valid_at_birth(notice: Notice, change: dict[str, Any]) -> None:
    """Law: nothing empty or unknown can be announced."""
    with pytest.raises(InvalidValue):
        dataclasses.replace(notice, **change)
