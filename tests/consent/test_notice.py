"""Notices."""

import dataclasses
import json
from typing import Any

import pytest

from consent.errors import InvalidValue
from consent.notice import Layer, Notice
from consent.parties import Party
from consent.purposes import Purpose
from consent.retention import Retention

MORE = Layer("more", "Numbers only are kept.", "ef" * 32)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"language": "fr"},
        {"text": "Other words."},
        {"audio_sha256": "cd" * 32},
        {"purposes": frozenset({Purpose.FACTS})},
        {"retention": Retention(31)},
        {"retention": Retention(30, 90)},
        {"layers": ()},
        {"layers": (dataclasses.replace(MORE, text="More."),)},
        {"layers": (dataclasses.replace(MORE, audio_sha256="01" * 32),)},
        {"layers": (MORE, dataclasses.replace(MORE, name="recorded"))},
        {"party": Party.AGENT, "purposes": frozenset({Purpose.FACTS})},
    ],
)
def test_any_change_is_a_new_notice(notice: Notice, change: dict[str, Any]) -> None:
    """Law: a yes answers exactly what was announced: text and sound of each layer, purposes and both periods count."""
    notice = dataclasses.replace(notice, layers=(MORE,))
    assert dataclasses.replace(notice, **change).notice_id != notice.notice_id


def test_the_id_is_stable(notice: Notice) -> None:
    """Law: the same notice has the same id after a restart."""
    assert dataclasses.replace(notice).notice_id == notice.notice_id
    assert len(notice.notice_id) == 16


def test_what_was_told_can_be_written_down(notice: Notice) -> None:
    """Law: everything that the id covers can be kept as JSON and shown to who asks."""
    told = json.loads(json.dumps(dataclasses.replace(notice, layers=(MORE,)).told))
    assert told["layers"] == [{"name": "more", "text": MORE.text, "audio": MORE.audio_sha256}]
    assert (told["text"], told["scores_days"], told["records_days"]) == (notice.text, 30, 365)


@pytest.mark.parametrize(
    "change",
    [
        {"text": " "},
        {"language": "x"},
        {"language": "e\n"},
        {"purposes": frozenset()},
        {"purposes": frozenset({Purpose.CLIPS})},
        {"audio_sha256": "no"},
        {"layers": (MORE, MORE)},
    ],
)
def test_a_notice_is_valid_at_birth(notice: Notice, change: dict[str, Any]) -> None:
    """Law: nothing empty or unknown can be announced."""
    with pytest.raises(InvalidValue):
        dataclasses.replace(notice, **change)


def test_no_notice_asks_staff_for_their_tone(notice: Notice) -> None:
    """Law: EU AI Act, Article 5(1)(f): there is no notice by which an agent could grant it."""
    with pytest.raises(InvalidValue, match="agent cannot be asked for tone"):
        dataclasses.replace(notice, party=Party.AGENT)


@pytest.mark.parametrize("change", [{"name": ""}, {"text": ""}, {"audio_sha256": "0"}])
def test_a_layer_is_valid_at_birth(change: dict[str, str]) -> None:
    """Law: nor can a layer be."""
    with pytest.raises(InvalidValue):
        dataclasses.replace(MORE, **change)
