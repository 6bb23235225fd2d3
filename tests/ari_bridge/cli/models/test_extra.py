"""What reports need beyond a bridge."""

import importlib

import pytest

from ari_bridge.cli.models.extra import ExtraMissing, needs_reports


def test_a_missing_package_is_said_with_its_remedy() -> None:
    """Law: no traceback, but what to install."""
    said = r"this needs no_such_package: pip install 'ouidire\[reports\]'"
    with pytest.raises(ExtraMissing, match=said), needs_reports():
        importlib.import_module("no_such_package")
