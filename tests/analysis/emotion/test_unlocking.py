"""Which report unlocks a language."""

import json
from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.emotion.evaluation.limits import LanguageLimits
from analysis.emotion.evaluation.stored import StoredReport
from analysis.emotion.unlocking import MAX_BYTES, NotUnlocked, Served, Unlocked, limits_of, unlocked, wanted
from consent.errors import InvalidValue
from tests.analysis.emotion.proofs import FILES, LIMITS, SERVED, as_bytes, changed, proof

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def good() -> StoredReport:
    """A report that meets the limits."""
    return proof()


def refused(content: bytes, language: str = "fr", served: Served = SERVED) -> str:
    """Why nothing is unlocked."""
    with pytest.raises(NotUnlocked) as error:
        unlocked(content, language, served)
    return str(error.value)


def test_a_report_that_meets_the_limits_unlocks_its_language(good: StoredReport) -> None:
    """Law: enough people and clips, in the right order, few false alarms: the language is open, and on what is told."""
    found = unlocked(as_bytes(good), "fr", SERVED)
    assert (found.language, found.made_on, found.line) == ("fr", date(2026, 11, 20), "phone")
    assert (found.speakers, found.calm_clips, found.angry_clips) == (10, 160, 50)
    assert "10 speakers, 160 clips that are not angry and 50 that are" in found.sentence
    assert found.as_note()["manifest_sha256"] == "ef" * 32
    assert json.loads(json.dumps(found.as_note())) == found.as_note()


@pytest.mark.parametrize("name", FILES)
def test_another_model_is_locked_again(good: StoredReport, name: str) -> None:
    """Law: a report speaks of exactly the files that were tried; one other byte, and the language is locked."""
    assert "another model" in refused(as_bytes(good), served=Served(FILES | {name: "00" * 32}, LIMITS))
    assert "another model" in refused(as_bytes(proof(20, 20, files={})))


def test_what_decides_nothing_may_change(good: StoredReport) -> None:
    """A new notice of licences beside the model makes it no other model."""
    stored = StoredReport("m", FILES | {"NOTICE.txt": "11" * 32}, "ef" * 32, "2026-11-20", "phone", good.report)
    assert unlocked(as_bytes(stored), "fr", SERVED).language == "fr"


def test_a_model_without_files_would_fit_every_report() -> None:
    """Law: such a one is not born."""
    with pytest.raises(InvalidValue):
        Served({}, LIMITS)


@pytest.mark.parametrize("language", ["it", "de"])
def test_another_language_stays_locked(good: StoredReport, language: str) -> None:
    """Law: French calls unlock French."""
    assert f"no clip in {language}" in refused(as_bytes(good), language)


@pytest.mark.parametrize("language", ["", "FR", "fr-CA", "../fr", "français"])
def test_what_is_no_tag_unlocks_nothing(good: StoredReport, language: str) -> None:
    """Law: the unknown language above all."""
    assert "primary tag" in refused(as_bytes(good), language)


def test_too_few_are_told_by_number() -> None:
    """Law: an admin learns how many more of what."""
    told = refused(as_bytes(proof(70, 30, speakers=8)))
    assert "2 more speakers are needed (8 of 10)" in told
    assert "30 more clips that are not angry and can be judged are needed (70 of 100)" in told
    assert "10 more angry clips that can be judged are needed (30 of 40)" in told


def test_too_many_false_alarms_keep_it_locked() -> None:
    """Law: not the figure but the end of its interval counts."""
    assert "false anger alarms are 10.0%" in refused(as_bytes(proof(160, 50, false_alarms=16)))


def test_the_limits_of_today_count(good: StoredReport) -> None:
    """Law: no verdict is stored: stricter limits, and the same report unlocks nothing any more."""
    strict = LanguageLimits(speakers=11, calm_clips=100, angry_clips=40, ece_high=0.15)
    assert "1 more speakers" in refused(as_bytes(good), served=Served(FILES, strict))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"told": 1_000, "clips": 100}, "more clips were judged"),
        ({"speakers": True}, "not all numbers"),
        ({"told_angry": -5}, "not all numbers"),
        ({"clips": 10**12, "told": 10**12}, "not all numbers"),
        ({"anger_auc": {"value": 0.9, "low": 1.5, "high": 2.0}}, "anger_auc: no figures"),
        ({"anger_auc": {"value": 0.9, "low": 0.95, "high": 0.9}}, "anger_auc: no figures"),
        ({"anger_auc": {"value": 0.9}}, "anger_auc: no figures"),
        ({"anger_ece": None}, "anger_ece: no figures"),
        ({"coverage": {"value": float("nan"), "low": 0.9, "high": 1.0}}, "coverage: no figures"),
        ({"anger_ece": {"value": "not shown", "why": "few"}}, "anger_ece is not shown"),
        ({"false_alarms": {"value": 0.05, "low": 0.0, "high": 0.05}}, "may be"),
        ({"coverage": {"value": 0.2, "low": 0.1, "high": 0.3}}, "coverage is not the share"),
    ],
)
def test_figures_that_cannot_be_are_not_believed(good: StoredReport, values: dict[str, Any], why: str) -> None:
    """Law: fail closed: what was written by hand and does not hold together, or is no figure, unlocks nothing."""
    assert why in refused(changed(good, **values))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"null", b"[]", b"[" * 100_000, b'{"form": "ouidire-evaluation-1"}', b"{" * 10,
        b'{"form": "ouidire-evaluation-2"}', b"9" * 10_000, b" " * (MAX_BYTES + 1),
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(content: bytes) -> None:
    """Law: a broken file costs its language the tone, and nothing else: one error, with a sentence."""
    assert refused(content)


@pytest.mark.parametrize("day", ["yesterday", "", "2026-13-01"])
def test_a_report_has_a_day(good: StoredReport, day: str) -> None:
    """Law: a report that cannot say when it was made is none."""
    stored = StoredReport("m", FILES, "ef" * 32, day, "phone", good.report)
    assert "no report" in refused(as_bytes(stored))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_words(content: bytes) -> None:
    """Law: whatever lies in the folder, the reader raises its one error."""
    assert refused(content)


@settings(max_examples=300)
@given(
    path=st.sampled_from(
        [(), ("report",), ("report", "groups"), ("report", "groups", "language"), ("model_files",), ("made_on",)]
        + [("report", "groups", "language", "fr"), ("report", "groups", "language", "fr", "phone")]
        + [
            ("report", "groups", "language", "fr", "phone", name)
            for name in (
                "clips",
                "told",
                "told_angry",
                "speakers",
                "anger_auc",
                "false_alarms",
                "coverage",
                "anger_ece",
            )
        ]
    ),
    value=JSON,
)
def test_any_change_unlocks_or_is_refused(good: StoredReport, path: tuple[str, ...], value: object) -> None:
    """Law: a report in which anything at all stands somewhere either meets the limits or raises the reader's error."""
    told: Any = json.loads(good.to_json())
    inside = told
    for name in path[:-1]:
        inside = inside[name]
    if path:
        inside[path[-1]] = value
    else:
        told = value
    with suppress(NotUnlocked):
        found = unlocked(json.dumps(told).encode(), "fr", SERVED)
        assert isinstance(found, Unlocked)
        assert found.speakers >= LIMITS.speakers
        assert found.false_alarms_high <= LIMITS.false_alarms_high


def test_how_many_are_needed_is_said() -> None:
    """Law: before anybody labels a call, the number is known."""
    assert "at least 140 recordings that can be judged, 100 not angry and 40 angry, of 10 speakers" in wanted(LIMITS)


def test_the_cards_limits_count() -> None:
    """Law: a model states what a language must show; what it does not state is as everywhere."""
    assert limits_of({}) == LanguageLimits()
    assert limits_of({"language_limits": {"speakers": 20}}) == LanguageLimits(speakers=20)


@pytest.mark.parametrize(
    "stated", [None, [], 5, {"speaker": 5}, {"speakers": "ten"}, {"speakers": -1}, {"coverage": True}, {"ece_high": 2}]
)
def test_limits_that_are_none_are_refused(stated: object) -> None:
    """Law: fail closed: a card that states something odd does not let everything through."""
    with pytest.raises(InvalidValue):
        limits_of({"language_limits": stated})
