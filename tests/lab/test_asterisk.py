"""Laws of the PBX's folder that need no running PBX (tests/live shows the rest)."""

import wave
from pathlib import Path

import pytest

from tests.lab.asterisk import Asterisk
from tests.lab.errors import LabError
from tests.lab.installation import Installation


@pytest.fixture
async def pbx(tmp_path: Path) -> Asterisk:
    borrowed = tmp_path / "package"
    (borrowed / "rest-api").mkdir(parents=True)
    return Asterisk(Installation(("false",), tmp_path, borrowed, "22.0.0", "a test's"), tmp_path / "pbx")


async def test_its_folder_is_complete_and_its_own(pbx: Asterisk) -> None:
    """All that Asterisk writes to lies in the given folder; what it only reads is linked from the package."""
    pbx.write()
    assert (pbx.data / "rest-api").is_symlink()
    assert not (pbx.data / "sounds").is_symlink()
    assert pbx.cdr_file.parent.is_dir()
    with wave.open(str(pbx.data / "sounds" / "en" / "beep.wav")) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
    settings = (pbx.etc / "asterisk.conf").read_text()
    assert all(str(folder) in settings for folder in (pbx.etc, pbx.data, pbx.log))
    await pbx.close()


async def test_writing_twice_keeps_what_others_installed(pbx: Asterisk) -> None:
    """Files of other names in etc stay; the admin's own are laid out anew."""
    pbx.write()
    (pbx.etc / "other.conf").write_text("mine")
    pbx.write()
    assert (pbx.etc / "other.conf").read_text() == "mine"
    await pbx.close()


async def test_what_does_not_start_is_told_in_one_sentence(pbx: Asterisk) -> None:
    """A program that ends at once is noticed at once."""
    with pytest.raises(LabError, match=r"22\.0\.0 does not start"):
        await pbx.start()
    with pytest.raises(LabError, match="not running"):
        await pbx.cli("core show version")
