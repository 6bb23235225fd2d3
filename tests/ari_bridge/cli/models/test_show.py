"""`ouidire model show`."""

import pytest

from ari_bridge.cli.parser import main


def test_it_tells_the_model_and_its_languages(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: in which languages a tone is judged can be known before a call."""
    assert main(["model", "show"]) == 0
    told = capsys.readouterr().out
    assert "ouidire-tone" in told
    assert "de, en" in told
    assert "facts only" in told
