"""`ouidire version`."""

from importlib.metadata import version

import pytest

from ari_bridge.cli.parser import main


def test_the_version_is_the_installed_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the version is the distribution's own."""
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"ouidire {version('ouidire')}\n"
