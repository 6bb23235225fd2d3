"""Laws of fetching Debian's packages that need no network."""

from pathlib import Path

import pytest

from tests.lab import debian
from tests.lab.errors import LabError


def test_the_hosts_own_mirror_is_used(tmp_path: Path) -> None:
    """Both formats of sources.list(5) are read; security and foreign archives are passed over."""
    folder = tmp_path / "sources.list.d"
    folder.mkdir()
    (folder / "a.list").write_text("deb [arch=amd64] https://elsewhere.example/packages stable main\n")
    (folder / "b.sources").write_text("Types: deb\nURIs: http://mirror.example/debian-security\nSuites: x\n")
    (folder / "c.sources").write_text("Types: deb\nURIs: http://mirror.example/debian/\nSuites: bookworm\n")
    assert debian.mirror_uri(tmp_path) == "http://mirror.example/debian"
    (tmp_path / "sources.list").write_text(
        "# deb http://no.example/debian x main\ndeb http://first.example/debian x main\n"
    )
    assert debian.mirror_uri(tmp_path) == "http://first.example/debian"


def test_without_a_mirror_it_says_what_to_do(tmp_path: Path) -> None:
    """Law: no address is guessed: a host that takes Debian from nowhere is told in one sentence."""
    with pytest.raises(LabError, match="No Debian archive"):
        debian.mirror_uri(tmp_path)


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("E: Failed to fetch http://x  Could not connect to x:80", "cannot be reached"),
        ("Err: Temporary failure resolving 'x'", "cannot be reached"),
        ("E: Unable to locate package asteriskk", "no package asteriskk"),
        ("W: GPG error: NO_PUBKEY 0E98404D386FA1D9\nE: The repository is not signed.", "signature"),
        ("E: Write error - write (28: No space left on device)", "disk is full"),
        ("E: You don't have enough free space in /x", "disk is full"),
        ("E: Something else.", "Something else."),
    ],
)
def test_each_failure_is_one_sentence(output: str, sentence: str) -> None:
    """What apt prints in many lines becomes one line that names the cause."""
    said = debian.apt_fault(output, "sid")
    assert sentence in said
    assert "\n" not in said
    assert said.endswith(".")


def test_a_disk_too_small_is_told_before_the_download(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a download that cannot be unpacked, and nothing is left behind."""
    monkeypatch.setattr(debian, "FREE_BYTES_WANTED", 1 << 60)
    with pytest.raises(LabError, match="Not enough space"):
        debian.fetch(["asterisk"], "sid", tmp_path / "x", say=lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A complete folder is the result, without any tool being asked for."""
    (tmp_path / ".complete").touch()
    monkeypatch.setenv("PATH", "")
    assert debian.fetch(["asterisk"], "sid", tmp_path) == tmp_path


def test_the_cache_goes_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """$OUIDIRE_CACHE names the cache folder."""
    monkeypatch.setenv("OUIDIRE_CACHE", "/somewhere")
    assert debian.cache_folder() == Path("/somewhere")
