"""The passwords' file: nobody but its owner."""

from pathlib import Path

import pytest

from ari_bridge.run.passwords import read_esl_password, read_passwords
from ari_bridge.run.settings_errors import SettingsError

GOOD = 'ari_password = "a1"\nami_password = "b2"\nphones_password = "c3"\n'


def written(folder: Path, text: str, mode: int) -> Path:
    """A secrets file of that mode."""
    file = folder / "secrets.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_the_owner_alone_may_read(tmp_path: Path, mode: int) -> None:
    """Law: a file of mode 0600 or narrower is read."""
    assert read_passwords(written(tmp_path, GOOD, mode)).ami_password == "b2"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o666, 0o601])
def test_a_wider_mode_is_refused_and_named(tmp_path: Path, mode: int) -> None:
    """Law: a file that others may read is refused, with its mode and the command that mends it."""
    file = written(tmp_path, GOOD, mode)
    with pytest.raises(SettingsError, match=f"mode {mode:04o}.*chmod 600 {file}"):
        read_passwords(file)


def test_passwords_are_never_printed(tmp_path: Path) -> None:
    """Law: the value's own words name no password."""
    told = repr(read_passwords(written(tmp_path, GOOD, 0o600)))
    assert not {"a1", "b2", "c3"} & set(told.replace("'", " ").split())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('ari_password = "a"\nami_password = "b"\n', "phones_password is missing"),
        (GOOD + 'root = "x"\n', "root is not a setting"),
        (GOOD.replace("a1", ""), "ari_password"),
        ("ari_password", "is not TOML"),
    ],
)
def test_an_incomplete_file_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    """Law: what is missing or unknown is named."""
    with pytest.raises(SettingsError, match=sentence):
        read_passwords(written(tmp_path, text, 0o600))


def test_a_freeswitch_has_one_password(tmp_path: Path) -> None:
    """Law: it is read from a file as closed as the other; the passwords of an Asterisk are not it."""
    assert read_esl_password(written(tmp_path, 'esl_password = "e5"\n', 0o600)) == "e5"
    with pytest.raises(SettingsError, match="mode 0640"):
        read_esl_password(written(tmp_path, 'esl_password = "e5"\n', 0o640))
    with pytest.raises(SettingsError, match="esl_password is missing"):
        read_esl_password(written(tmp_path, GOOD, 0o600))


def test_a_missing_file_says_who_makes_it(tmp_path: Path) -> None:
    """Law: the sentence about a missing file says what to do."""
    with pytest.raises(SettingsError, match="ouidire install"):
        read_passwords(tmp_path / "absent.toml")
