"""Debian's Chromium, unpacked into the cache, with its own libraries and one font: never the browser of the host.

Chromium starts itself anew for each page, so it cannot run through a loader of its own like Asterisk does. It gets its
libraries by LD_LIBRARY_PATH instead, all but those of glibc, which belong to the loader of the host.
"""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.lab.debian import Say, cache_folder, fetch
from tests.lab.errors import LabError

SUITE = "bookworm"
_PACKAGES = ("chromium", "fontconfig-config", "fonts-dejavu-core", "base-files")
_GLIBC = re.compile(
    r"(ld-linux.*|libBrokenLocale|libSegFault|libanl|libc|libc_malloc_debug|libdl|libm|libmemusage|libmvec|libnsl|"
    r"libnss_(compat|dns|files|hesiod)|libpcprofile|libpthread|libresolv|librt|libthread_db|libutil)"
    r"[.-][\w.-]+"
)
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>{fonts}</dir>
<cachedir>{cache}</cachedir>
<alias binding="same"><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias binding="same"><family>system-ui</family><prefer><family>DejaVu Sans</family></prefer></alias>
<alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


@dataclass(frozen=True, slots=True)
class Chromium:
    """A browser to run: its program, what must be in its environment, and its version."""

    program: Path
    environment: Mapping[str, str]
    version: str


def find(say: Say = print) -> Chromium:
    """Debian's package, fetched on the first use (some 230 MB to load, 800 MB unpacked), then taken from the cache.

    Raises LabError: it cannot be had, or does not run.
    """
    root = fetch(_PACKAGES, SUITE, cache_folder() / f"chromium-{SUITE}", say)
    program = root / "usr/lib/chromium/chromium"
    if not program.is_file():
        raise LabError(f"Debian {SUITE}'s chromium in {root} is not complete; delete that folder and try again.")
    environment = {"LD_LIBRARY_PATH": str(_libraries(root)), "FONTCONFIG_FILE": str(_fonts(root))}
    return Chromium(program, environment, read_version(program, environment))


def read_version(program: Path, environment: Mapping[str, str]) -> str:
    """The version as `chromium --version` says it: 150.0.7871.100. Raises LabError if it does not run."""
    command = [str(program), "--version"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env=dict(environment))
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{program} does not run: {error}.") from error
    match = re.search(r"Chromium (\d+(?:\.\d+)+)", ran.stdout)
    if match is None:
        raise LabError(f"{program} does not say its version: {(ran.stdout + ran.stderr).strip()[:200] or 'no output'}.")
    return match.group(1)


def _libraries(root: Path) -> Path:
    """A folder of links to all libraries but those of glibc."""
    folder = root / "libraries"
    if folder.is_dir():
        return folder
    with tempfile.TemporaryDirectory(dir=root) as scratch:
        made = Path(scratch) / "libraries"
        made.mkdir()
        for library in _shared_objects(root):
            if not (made / library.name).is_symlink():
                (made / library.name).symlink_to(library)
        _put(made, folder)
    return folder


def _shared_objects(root: Path) -> list[Path]:
    found = [
        file
        for pattern in ("lib/*-linux-*/*.so*", "usr/lib/*-linux-*/*.so*", "usr/lib/*-linux-*/*/lib*.so*")
        for file in sorted(root.glob(pattern))
    ]
    return [file for file in found if file.is_file() and _GLIBC.fullmatch(file.name) is None]


def _fonts(root: Path) -> Path:
    file = root / "fonts.conf"
    if not file.is_file():
        with tempfile.TemporaryDirectory(dir=root) as scratch:
            made = Path(scratch) / "fonts.conf"
            made.write_text(_FONTS.format(fonts=root / "usr/share/fonts", cache=root / "fonts-cache"), encoding="utf-8")
            _put(made, file)
    return file


def _put(made: Path, place: Path) -> None:
    try:
        made.rename(place)
    except OSError:
        if not place.exists():  # another process may have been first: then its result serves
            raise
