"""No setting of the machine that runs the tests reaches them."""

import os

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a test sets itself is in the environment."""
    for name in [name for name in os.environ if name.upper().startswith("OUIDIRE_")]:
        monkeypatch.delenv(name)
