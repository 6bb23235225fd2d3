"""An Asterisk program to run: the host's own binary if there is one, else Debian's, unpacked into the cache.

Debian's runs without chroot through its own loader, so no library of the host is mixed in.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from dialplan.versions import known_bad
from tests.lab.debian import Say, cache_folder, fetch
from tests.lab.errors import LabError

DEFAULT_SUITE = "sid"
_PACKAGES = ("asterisk", "base-files")
_HOST_MODULES = (
    "/usr/lib/*/asterisk/modules",
    "/usr/lib/asterisk/modules",
    "/usr/lib64/asterisk/modules",
    "/usr/local/lib/asterisk/modules",
)
_HOST_DATA = ("/usr/share/asterisk", "/var/lib/asterisk", "/usr/local/share/asterisk")


@dataclass(frozen=True, slots=True)
class Installation:
    """What is needed to run one Asterisk. `command` is the argument list that starts the program, without options."""

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str
    origin: str

    def __post_init__(self) -> None:
        bad = known_bad(self.version)
        if bad is not None:
            raise LabError(f"Asterisk {self.version} ({self.origin}) is known to be bad: {bad.fault} ({bad.source}).")


def find(suite: str | None = None, say: Say = print) -> Installation:
    """The Asterisk to use. suite None: the host's if there is one, else Debian sid's; a suite named: Debian's of that
    suite.

    Raises LabError: nothing usable can be had, or the release is known to be bad.
    """
    on_host = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if suite is None and on_host is not None:
        return from_host(Path(on_host))
    return from_debian(suite or DEFAULT_SUITE, say)


def from_host(program: Path) -> Installation:
    """The host's binary alone: its modules and documentation are read, its configuration and data never touched."""
    command = (str(program),)
    root = Path("/")
    modules = _first(
        path for pattern in _HOST_MODULES for path in root.glob(pattern[1:]) if (path / "chan_pjsip.so").is_file()
    )
    data = _first(Path(path) for path in _HOST_DATA if (Path(path) / "rest-api").is_dir())
    if modules is None or data is None:
        raise LabError(
            f"{program} is there, but not its modules (chan_pjsip) or its rest-api folder; name a suite instead."
        )
    return Installation(command, modules, data, read_version(command), f"the host's {program}")


def from_debian(suite: str, say: Say = print) -> Installation:
    """Debian's package of `suite`, fetched on the first use (some 10 s and 100 MB), then taken from the cache."""
    root = fetch(_PACKAGES, suite, cache_folder() / f"asterisk-{suite}", say)
    loader = _first(
        path for path in (*root.glob("lib/*/ld-linux*.so.*"), *root.glob("usr/lib/*/ld-linux*.so.*")) if path.is_file()
    )
    modules = _first(path.parent for path in root.glob("usr/lib/**/asterisk/modules/chan_pjsip.so"))
    if loader is None or modules is None:
        raise LabError(f"Debian {suite}'s asterisk in {root} is not complete; delete that folder and try again.")
    libraries = [
        str(folder) for pattern in ("lib/*-linux-*", "usr/lib/*-linux-*", "usr/lib") for folder in root.glob(pattern)
    ]
    command = (str(loader), "--library-path", ":".join(libraries), str(root / "usr/sbin/asterisk"))
    return Installation(command, modules, root / "usr/share/asterisk", read_version(command), f"Debian {suite}'s")


def read_version(command: tuple[str, ...]) -> str:
    """The version as `asterisk -V` says it, without Debian's suffix: 22.10.1. Raises LabError if it does not run."""
    try:
        ran = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise LabError(f"{command[-1]} does not run: {error}.") from error
    match = re.match(r"Asterisk (?:certified/)?(\d+(?:\.\d+)+)", ran.stdout)
    if match is None:
        raise LabError(
            f"{command[-1]} does not say its version: {(ran.stdout + ran.stderr).strip()[:200] or 'no output'}."
        )
    return match.group(1)


def _first(paths: Iterable[Path]) -> Path | None:
    return next(iter(paths), None)
