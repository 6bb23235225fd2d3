"""A stored report."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.evaluation.report import report_of
from analysis.emotion.evaluation.stored import StoredReport, parse
from consent.errors import InvalidValue
from tests.analysis.emotion.evaluation.judged import calm_and_angry

STORED = StoredReport("m-1", {"tone.onnx": "ab"}, "cd", "2026-01-02", "as-is", report_of(calm_and_angry(20, 10)))


def test_what_is_stored_is_what_is_read() -> None:
    """Law: nothing is lost or changed on the way."""
    assert parse(STORED.to_json()) == STORED


@pytest.mark.parametrize(("old", "new"), [("ouidire-evaluation-1", "other"), ('"groups"', '"group"'), ('"m-1"', '""')])
def test_another_form_is_refused(old: str, new: str) -> None:
    """Law: only a whole report of this form counts."""
    with pytest.raises(InvalidValue):
        parse(STORED.to_json().replace(old, new))


@given(st.one_of(st.binary(max_size=60), st.sampled_from(["[]", "null", "1", '{"form": "ouidire-evaluation-1"}'])))
def test_any_bytes_are_refused_in_a_sentence(content: bytes | str) -> None:
    """Law: a damaged file is no traceback."""
    with pytest.raises(InvalidValue):
        parse(content)
