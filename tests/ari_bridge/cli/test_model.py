"""`ouidire model`."""

import pytest

from ari_bridge.cli.model import COMMAND, PARTS
from ari_bridge.cli.parser import main


def test_every_part_has_help_and_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: nobody has to guess what a part does."""
    with pytest.raises(SystemExit):
        main(["model", "--help"])
    told = capsys.readouterr().out
    assert all(part.name in told and part.example[0] in COMMAND.epilog for part in PARTS)
