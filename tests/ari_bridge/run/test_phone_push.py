"""Laws of the settings of phones that are reached by HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ari_bridge.run.phone_push import HttpPhoneEntry, phones_of
from ari_bridge.run.settings_errors import SettingsError
from ari_bridge.screens.challenges import Login
from ari_bridge.screens.http_phone import HttpPhone

PIN = "AB:" * 31 + "cd"
ADDRESS = "http://192.168.10.21"


def _entry(**given: Any) -> HttpPhoneEntry:
    return HttpPhoneEntry(**{"address": ADDRESS, **given})


def _file(folder: Path, held: bytes = b"s3cret\n", mode: int = 0o600) -> Path:
    file = folder / "1001"
    file.write_bytes(held)
    file.chmod(mode)
    return file


def test_the_password_comes_from_a_file_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: the settings name where the password is; a file's last line end is not part of it."""
    monkeypatch.setenv("PHONE_1002", "other")
    entries = {
        "1001": _entry(username="push", password_file=_file(tmp_path)),
        "1002": _entry(username="push", password_env="PHONE_1002"),
        "1003": _entry(),
        "1004": _entry(address="https://[fd00::7]:8443/", tls_fingerprint=PIN),
    }
    assert phones_of(entries) == {
        "1001": HttpPhone(ADDRESS, Login("push", "s3cret")),
        "1002": HttpPhone(ADDRESS, Login("push", "other")),
        "1003": HttpPhone(ADDRESS),
        "1004": HttpPhone("https://[fd00::7]:8443", None, bytes([0xAB] * 31 + [0xCD])),
    }


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o666])
def test_a_password_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Law: named with its mode and the command that mends it."""
    with pytest.raises(SettingsError, match=rf'screens.http."1001".password_file.*mode {mode:04o}.*chmod 600'):
        phones_of({"1001": _entry(username="push", password_file=_file(tmp_path, mode=mode))})


@pytest.mark.parametrize("held", [b"", b"\n", b"x" * 300, b"s\xe9cret", b"two\nlines", b"s\x00"])
def test_a_file_that_holds_no_password_is_refused(tmp_path: Path, held: bytes) -> None:
    """Law: an empty file, a long one and letters beyond ASCII are told, and never sent."""
    with pytest.raises(SettingsError, match="1001") as caught:
        phones_of({"1001": _entry(username="push", password_file=_file(tmp_path, held))})
    assert "cret" not in str(caught.value)


def test_every_password_that_cannot_be_had_is_told_at_once(tmp_path: Path) -> None:
    """Law: a sentence for each phone, not for the first alone."""
    entries = {
        "1001": _entry(username="push", password_file=tmp_path / "none"),
        "1002": _entry(username="push", password_env="NOT_SET_ANYWHERE"),
    }
    with pytest.raises(SettingsError) as caught:
        phones_of(entries)
    assert [reason.partition(":")[0] for reason in caught.value.reasons] == [
        'screens.http."1001".password_file',
        'screens.http."1002".password_env',
    ]


@pytest.mark.parametrize(
    "given",
    [
        {"address": "192.168.10.21"},
        {"address": "http://phone.example.lan"},
        {"address": "ftp://192.168.10.21"},
        {"address": "http://192.168.10.21/servlet"},
        {"address": "http://192.168.10.21?x=1"},
        {"address": "http://admin:secret@192.168.10.21"},
        {"address": "http://192.168.10.21:99999"},
        {"address": "http://8.8.8.8"},
        {"address": "http://0.0.0.0"},
        {"address": "https://192.168.10.21"},
        {"tls_fingerprint": PIN},
        {"address": "https://192.168.10.21", "tls_fingerprint": "AB:CD"},
        {"username": "push"},
        {"password_env": "PHONE"},
        {"username": "push", "password_env": "PHONE", "password_file": "/x"},
        {"username": "pu:sh", "password_env": "PHONE"},
        {"username": "push", "password_env": "PH ONE"},
        {"password": "s3cret", "username": "push"},
    ],
)
def test_what_would_leave_the_site_or_tell_a_password_is_refused(given: dict[str, Any]) -> None:
    """Law: private addresses alone, TLS with a known certificate alone, and no password in the settings."""
    with pytest.raises(ValidationError):
        _entry(**given)
