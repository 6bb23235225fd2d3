"""What a process is told to load."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.emotion.foreign.order import Order, parse_order
from analysis.emotion.foreign.trust import TrustedFolder
from consent.errors import InvalidValue

ORDER = Order("speechbrain", TrustedFolder(Path("/srv/modèle"), {"a.yaml": "ab" * 32}, date(2026, 1, 5)))

TABLES = st.dictionaries(st.sampled_from(["kind", "folder", "files", "trusted_on"]), st.text())


def test_an_order_is_read_as_it_was_written() -> None:
    """Law: kind, folder and every hash come through."""
    assert parse_order(ORDER.as_bytes()) == ORDER


def test_another_file_is_another_model() -> None:
    """Law: the name that is stored with each score tells one content of a folder from another."""
    other = Order("speechbrain", TrustedFolder(Path("/srv/modèle"), {"a.yaml": "cd" * 32}, date(2026, 1, 5)))
    assert ORDER.model_id.startswith("speechbrain:modèle@")
    assert ORDER.model_id != other.model_id


@given(st.binary(max_size=60) | TABLES.map(lambda table: json.dumps(table).encode()))
def test_any_bytes_are_no_order(content: bytes) -> None:
    """Law: what is no order is told as such."""
    with pytest.raises(InvalidValue):
        parse_order(content)
