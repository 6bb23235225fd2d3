"""Laws of choosing an Asterisk."""

from pathlib import Path

import pytest

from dialplan.versions import KNOWN_BAD
from tests.lab.errors import LabError
from tests.lab.installation import Installation, read_version


def _program(folder: Path, says: str) -> tuple[str, ...]:
    program = folder / "asterisk"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(0o755)
    return (str(program),)


@pytest.mark.parametrize(
    ("says", "version"),
    [
        ("Asterisk 22.10.1+dfsg+~cs6.17.60671434-1", "22.10.1"),
        ("Asterisk 16.28.0~dfsg-0+deb11u4", "16.28.0"),
        ("Asterisk certified/20.7", "20.7"),
    ],
)
def test_the_version_is_asked_of_the_program(tmp_path: Path, says: str, version: str) -> None:
    """Debian's suffixes are no part of the release's name."""
    assert read_version(_program(tmp_path, says)) == version


def test_a_program_that_does_not_run_is_told(tmp_path: Path) -> None:
    """No version, no Asterisk: one sentence."""
    with pytest.raises(LabError, match="does not say its version"):
        read_version(_program(tmp_path, "Segmentation fault"))
    with pytest.raises(LabError, match="does not run"):
        read_version((str(tmp_path / "none"),))


@pytest.mark.parametrize("version", [".".join(map(str, bad.first)) for bad in KNOWN_BAD])
def test_a_release_known_to_be_bad_is_refused_by_name(version: str) -> None:
    """It cannot even be described: whoever asks is told which release and why."""
    with pytest.raises(LabError, match=f"{version}.*known to be bad"):
        Installation(("asterisk",), Path("m"), Path("d"), version, "the host's")
