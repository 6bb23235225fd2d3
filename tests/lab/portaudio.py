"""PyAudio on Debian's PortAudio, for a machine that has neither: nothing installed on the host, no root.

PyAudio's sdist is compiled as its users compile it, against headers of Debian's. Where the machine lacks a compiler or
Python's headers, Debian's own python3-pyaudio is taken, which fits Debian 12's Python alone.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.lab.debian import Say, cache_folder, fetch
from tests.lab.errors import LabError

SUITE = "bookworm"
DEBIANS_PYTHON = "cpython-311"
_LIBRARIES = ("libportaudio.so.2", "libasound.so.2", "libjack.so.0", "libdb-5.3.so")
"""All that PortAudio needs and a host may lack. Never the C library: a program must not mix two of them."""
_CONSTRAINTS = Path(__file__).parents[2] / "constraints.txt"
_BUILD_LIMIT_S = 300


@dataclass(frozen=True, slots=True)
class PortAudio:
    """Where PyAudio lies (for PYTHONPATH), and the libraries that it loads (for LD_LIBRARY_PATH)."""

    packages: Path
    libraries: Path

    def environment(self, alsa_file: Path) -> dict[str, str]:
        """Our environment with PyAudio in it, and ALSA configured by that file alone: no device of the host is seen."""
        added = {"PYTHONPATH": self.packages, "LD_LIBRARY_PATH": self.libraries, "ALSA_CONFIG_PATH": alsa_file}
        return os.environ | {name: str(path) for name, path in added.items()}


def find(say: Say = print) -> PortAudio:
    """PyAudio and PortAudio, made on the first use (some 10 s, 50 MB), then taken from the cache.

    Raises LabError: no mirror, no package index, no space, or neither a way to compile nor Debian 12's Python.
    """
    tag = sys.implementation.cache_tag or ""
    folder = cache_folder() / f"pyaudio-{tag}"
    if not folder.is_dir():
        compiles = can_compile()
        if not compiles and tag != DEBIANS_PYTHON:
            raise LabError("PyAudio cannot be compiled here: install gcc and Python's headers (Debian: python3-dev).")
        packages = ("libportaudio2", "portaudio19-dev") if compiles else ("python3-pyaudio",)
        root = fetch(packages, SUITE, cache_folder() / f"{packages[-1]}-{SUITE}", say)
        say("building PyAudio ..." if compiles else "taking Debian's PyAudio ...")
        try:
            with tempfile.TemporaryDirectory(prefix=".pyaudio-", dir=folder.parent) as scratch:
                made = Path(scratch) / "made"
                (_compile if compiles else _copy)(root, made / "packages")
                _link(root, made / "libraries")
                _put_in_place(made, folder)
        except OSError as error:
            raise LabError(f"PyAudio cannot be put into {folder}: {error.strerror or error}.") from error
    return PortAudio(folder / "packages", folder / "libraries")


def can_compile() -> bool:
    """Whether a C compiler and this Python's headers are there."""
    return shutil.which("gcc") is not None and (Path(sysconfig.get_paths()["include"]) / "Python.h").is_file()


def _compile(root: Path, packages: Path) -> None:
    libraries = _first(root.glob("usr/lib/*/libportaudio.so")).parent
    ran = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--no-cache-dir", "--no-binary", "pyaudio", "--target", str(packages), "pyaudio"],
        capture_output=True, text=True, check=False, timeout=_BUILD_LIMIT_S,
        env=os.environ | {
            "PIP_CONSTRAINT": str(_CONSTRAINTS), "CFLAGS": f"-I{root}/usr/include", "LDFLAGS": f"-L{libraries}",
        },
    )  # fmt: skip
    if ran.returncode != 0:
        raise LabError(f"pip cannot build PyAudio: {(ran.stderr.strip().splitlines() or ['no reason given'])[-1]}")


def _copy(root: Path, packages: Path) -> None:
    """Debian's PyAudio alone: what else Debian's Python has must not come before our own packages."""
    packages.mkdir(parents=True)
    for source in (root / "usr/lib/python3/dist-packages").glob("*pyaudio*"):
        if source.is_dir():
            shutil.copytree(source, packages / source.name)
        else:
            shutil.copy(source, packages)


def _link(root: Path, libraries: Path) -> None:
    libraries.mkdir()
    for name in _LIBRARIES:
        (libraries / name).symlink_to(_first(root.glob(f"usr/lib/*/{name}")))


def _first(found: Iterable[Path]) -> Path:
    for path in found:
        return path
    raise LabError("Debian's PortAudio is not complete; delete its folder in the cache and try again.")


def _put_in_place(made: Path, folder: Path) -> None:
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():  # another process may have been first: then its result serves
            raise
