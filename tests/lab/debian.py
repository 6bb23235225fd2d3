"""Debian packages unpacked into a folder of our own: no root, no chroot, nothing installed on the host.

Only `apt-get`, `dpkg-deb` and `tar` of the host are used, with apt's state, lists and cache in a private folder.
Signatures are verified with Debian's archive keys; only the *age* of a release file is not (a mirror frozen in time is
a legitimate mirror).
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.lab.errors import LabError

Say = Callable[[str], None]

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
FREE_BYTES_WANTED = 600_000_000
"""Archives and unpacked files of the largest set we fetch (asterisk: 0.1 and 0.25 GB), and a margin."""
_UNWANTED = ("./usr/share/man", "./usr/share/doc", "./usr/share/locale", "./usr/share/info", "./var/cache", "./dev")
_COMPLETE = ".complete"
_DISK_FULL = "The disk is full while fetching Debian packages; free some space or set OUIDIRE_CACHE to another folder."


def cache_folder() -> Path:
    """Where unpacked packages are kept: $OUIDIRE_CACHE, else ~/.cache/ouidire."""
    named = os.environ.get("OUIDIRE_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "ouidire"


def fetch(packages: Sequence[str], suite: str, folder: Path, say: Say = print) -> Path:
    """Unpack `packages` of Debian's `suite`, with all they depend on, into `folder`; return the folder.

    The folder appears whole or not at all. If it is there already nothing is done.
    Raises LabError: no mirror, a package that the suite lacks, a bad signature, no space left, no apt.
    """
    if (folder / _COMPLETE).is_file():
        return folder
    _require_tools()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _require_space(folder.parent)
        with _scratch(folder.parent) as scratch:
            archives = _download(packages, suite, scratch, say)
            root = scratch / "root"
            root.mkdir(mode=0o755)
            _unpack(archives, root, say)
            (root / _COMPLETE).write_text("".join(f"{archive.name}\n" for archive in archives), encoding="utf-8")
            _put_in_place(root, folder)
    except OSError as error:
        raise LabError(f"Cannot unpack Debian packages into {folder}: {error.strerror or error}.") from error
    return folder


def mirror_uri(apt_folder: Path = Path("/etc/apt")) -> str:
    """The mirror that this host already takes Debian from (sources.list, one-line or deb822).

    Raises:
        LabError: it takes Debian from nowhere.
    """
    files = [apt_folder / "sources.list", *sorted((apt_folder / "sources.list.d").glob("*"))]
    for file in files:
        if file.suffix not in {".list", ".sources"} or not file.is_file():
            continue
        for uri in _uris(file.read_text(encoding="utf-8", errors="replace")):
            if re.search(r"/debian/?$", uri):
                return uri.rstrip("/")
    raise LabError(
        f"No Debian archive is named in {apt_folder}: add one to its sources.list, or install asterisk yourself."
    )


def _uris(text: str) -> Iterator[str]:
    """Every archive URI in a sources file, either format (sources.list(5))."""
    for line in text.splitlines():
        if match := re.match(r"deb\s+(?:\[[^]]*\]\s*)?(\S+)\s+\S+", line):
            yield match.group(1)
        elif match := re.match(r"URIs:\s*(.+)", line, re.IGNORECASE):
            yield from match.group(1).split()


def _require_tools() -> None:
    missing = [tool for tool in ("apt-get", "dpkg-deb", "tar") if shutil.which(tool) is None]
    if missing:
        raise LabError(
            f"This needs {' and '.join(missing)} (Debian or a derivative); or install asterisk yourself and try again."
        )


def _require_space(folder: Path) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < FREE_BYTES_WANTED:
        raise LabError(
            f"Not enough space under {folder}: {free_bytes / 1e9:.1f} GB free, "
            f"{FREE_BYTES_WANTED / 1e9:.1f} GB wanted; free some or set OUIDIRE_CACHE to another folder."
        )


@contextmanager
def _scratch(parent: Path) -> Iterator[Path]:
    """A folder beside the target, so that the last rename stays on one file system."""
    scratch = Path(tempfile.mkdtemp(prefix=".fetch-", dir=parent))
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _put_in_place(root: Path, folder: Path) -> None:
    if folder.exists() and not (folder / _COMPLETE).is_file():
        shutil.rmtree(folder)
    try:
        root.rename(folder)
    except OSError:
        if not (folder / _COMPLETE).is_file():  # another process may have been first: then its result serves
            raise


def _apt_options(suite: str, scratch: Path) -> list[str]:
    """apt's whole state under `scratch`. Own sources; the host's apt.conf stays in force (proxies, credentials)."""
    for name in ("state/lists/partial", "cache/archives/partial", "parts", "log"):
        (scratch / name).mkdir(parents=True)
    status = scratch / "state" / "status"
    status.touch()
    keyring = next((file for file in KEYRINGS if file.is_file()), None)
    signed_by = f"[signed-by={keyring}] " if keyring else ""
    sources = scratch / "sources.list"
    sources.write_text(f"deb {signed_by}{mirror_uri()} {suite} main\n", encoding="utf-8")
    settings = {
        "Dir::State": scratch / "state",
        "Dir::State::lists": scratch / "state" / "lists",
        "Dir::State::status": status,
        "Dir::Cache": scratch / "cache",
        "Dir::Cache::archives": scratch / "cache" / "archives",
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": scratch / "parts",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": scratch / "parts",
        "Dir::Log": scratch / "log",
        "APT::Sandbox::User": "",
        "APT::Default-Release": "",
        "APT::Update::Post-Invoke-Success::": "",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "30",
        "Acquire::https::Timeout": "30",
        "APT::Install-Recommends": "false",
        "Dpkg::Use-Pty": "false",
    }
    return [option for key, value in settings.items() for option in ("-o", f"{key}={value}")]


def _download(packages: Sequence[str], suite: str, scratch: Path, say: Say) -> list[Path]:
    """Fetch the archives; base-files first, as it holds the links (/lib -> usr/lib) that the others unpack through."""
    options = _apt_options(suite, scratch)
    say(f"reading Debian {suite}'s package list ...")
    _apt(["apt-get", *options, "--quiet", "update", "--error-on=any"], suite)
    say(f"downloading {', '.join(packages)} from Debian {suite} ...")
    _apt(["apt-get", *options, "--quiet", "--yes", "--download-only", "install", *packages], suite)
    archives = sorted(
        (scratch / "cache" / "archives").glob("*.deb"),
        key=lambda file: (not file.name.startswith("base-files_"), file.name),
    )
    if not archives:
        raise LabError(f"Debian {suite} gave no archive for {', '.join(packages)}.")
    size_mb = sum(archive.stat().st_size for archive in archives) / 1e6
    say(f"downloaded {len(archives)} packages, {size_mb:.0f} MB")
    return archives


def _apt(command: list[str], suite: str) -> None:
    ran = subprocess.run(
        command,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env=os.environ | {"LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
    )
    if ran.returncode != 0:
        raise LabError(apt_fault(ran.stderr + ran.stdout, suite))


def apt_fault(output: str, suite: str) -> str:
    """One sentence for what apt printed."""
    if "No space left" in output or "enough free space" in output:
        return _DISK_FULL
    if "NO_PUBKEY" in output or "not signed" in output or "EXPKEYSIG" in output or "BADSIG" in output:
        return f"Debian {suite}'s signature cannot be verified; install or renew the package debian-archive-keyring."
    if match := re.search(r"Unable to locate package (\S+)|Package '?(\S+?)'? has no installation candidate", output):
        return f"Debian {suite} has no package {match.group(1) or match.group(2)} on the mirror {mirror_uri()}."
    errors = [line[2:].strip().rstrip(".") for line in output.splitlines() if line.startswith("E:")]
    first = errors[0] if errors else ""
    if re.search(r"Failed to fetch|Could not (resolve|connect)|Temporary failure|does not have a Release file", output):
        return f"Debian's mirror {mirror_uri()} cannot be reached for {suite}: {first or 'no answer'}."
    return f"apt-get failed for Debian {suite}: {first or output.strip()[-300:] or 'no reason given'}."


def _unpack(archives: Sequence[Path], root: Path, say: Say) -> None:
    say(f"unpacking {len(archives)} packages ...")
    for number, archive in enumerate(archives, start=1):
        _unpack_one(archive, root)
        archive.unlink()
        if number % 50 == 0:
            say(f"unpacked {number} of {len(archives)}")


def _unpack_one(archive: Path, root: Path) -> None:
    unpack = ["tar", "-x", "-C", str(root), "--no-same-owner", "--no-same-permissions", "--keep-directory-symlink"]
    excludes = [f"--exclude={folder}/*" for folder in _UNWANTED]
    reader = subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(archive)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    writer = subprocess.run(
        [*unpack, *excludes], stdin=reader.stdout, capture_output=True, text=True, errors="replace", check=False
    )
    _, reader_errors = reader.communicate()
    if writer.returncode != 0 or reader.returncode != 0:
        fault = writer.stderr.strip() or reader_errors.decode(errors="replace").strip()
        if "No space left" in fault:
            raise LabError(_DISK_FULL)
        raise LabError(f"Cannot unpack {archive.name}: {fault.splitlines()[-1] if fault else 'no reason given'}.")
