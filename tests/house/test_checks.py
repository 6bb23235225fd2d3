"""The checks that every change must pass, as tests."""

import subprocess
import sys

from tests.house.places import ROOT


def checked(*command: str) -> str:
    """What the tool complains of; empty when it is content."""
    ran = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


def test_ruff_is_content() -> None:
    """Law: the lint rules hold in the whole tree; where one is left out the reason stands beside it."""
    assert not checked("ruff", "check", ".")


def test_mypy_is_content() -> None:
    """Law: the product type-checks under --strict: the first lock, a grant around every voice, is made of types."""
    assert not checked("mypy")
