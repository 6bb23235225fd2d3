"""Laws of the browser that tests bring along: all of it is ours but glibc, and what does not run is told."""

from pathlib import Path

import pytest

from tests.lab import chromium
from tests.lab.errors import LabError


def _unpacked(cache: Path, prints: str) -> Path:
    """Debian's packages as they lie in the cache, with a program that prints something."""
    root = cache / f"chromium-{chromium.SUITE}"
    for folder in ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu/nss", "usr/lib/chromium"):
        (root / folder).mkdir(parents=True)
    for file in (
        "lib/x86_64-linux-gnu/libc.so.6",
        "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
        "lib/x86_64-linux-gnu/libm.so.6",
        "lib/x86_64-linux-gnu/libz.so.1",
        "usr/lib/x86_64-linux-gnu/libnss3.so",
        "usr/lib/x86_64-linux-gnu/nss/libsoftokn3.so",
    ):
        (root / file).touch()
    program = root / "usr/lib/chromium/chromium"
    program.write_text(f"#!/bin/sh\necho {prints}\n")
    program.chmod(0o755)
    (root / ".complete").touch()
    return root


def test_all_libraries_are_ours_but_those_of_the_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: no library of the host's browser is mixed in, and none of glibc that its loader would not know."""
    monkeypatch.setenv("OUIDIRE_CACHE", str(tmp_path))
    root = _unpacked(tmp_path, "Chromium 150.0.7871.100 built on Debian")
    for _ in range(2):
        found = chromium.find()
    assert found.version == "150.0.7871.100"
    libraries = Path(found.environment["LD_LIBRARY_PATH"])
    assert {one.name for one in libraries.iterdir()} == {"libz.so.1", "libnss3.so", "libsoftokn3.so"}
    fonts = Path(found.environment["FONTCONFIG_FILE"]).read_text(encoding="utf-8")
    assert f"<dir>{root}/usr/share/fonts</dir>" in fonts


def test_a_browser_that_does_not_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: what it printed instead of its version, or that it is not there, is one sentence."""
    monkeypatch.setenv("OUIDIRE_CACHE", str(tmp_path))
    root = _unpacked(tmp_path, "cannot open shared object file")
    with pytest.raises(LabError, match="cannot open shared object file"):
        chromium.find()
    (root / "usr/lib/chromium/chromium").unlink()
    with pytest.raises(LabError, match="not complete"):
        chromium.find()
