"""A plan of file changes as a value: shown as a diff, then carried out whole or not at all."""

import contextlib
import difflib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from consent.errors import OuidireError

_SECRET = re.compile(r"(?i)^([-+ ]?\s*(?:\w*secret|\w*password)\s*=>?\s*)\S.*$")
_SECRET_ATTRIBUTE = re.compile(r"(?i)(name=[\"'](?!allow-)[\w-]*password[\"']\s+value\s*=\s*[\"'])[^\"']*")
_LONG_WORD = re.compile(r"([\"'])[\w+/=-]{24,}(?=[\"'])")
"""In a file that is closed to others a long quoted word is taken for a key."""
_OTHERS: Final = 0o007
_CONTEXT_LINES: Final = 2


class InstallRefused(OuidireError):
    """Nothing was changed; `reasons` says why, a sentence each."""

    def __init__(self, *reasons: str) -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file before and after; None means that there is none.

    A new file takes `mode` and the owner of the folder `owner_like`; one that is there keeps its owner, and its mode
    unless `mode` is stricter.
    """

    path: Path
    before: bytes | None
    after: bytes | None
    mode: int
    owner_like: Path


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that is already there and that we would break; the sentence says what to do."""

    subject: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would change. With conflicts it cannot be applied; without changes there is nothing to do."""

    changes: tuple[FileChange, ...]
    conflicts: tuple[Conflict, ...] = ()
    notes: tuple[str, ...] = ()
    emptied: tuple[Path, ...] = ()
    """Folders of ours to remove afterwards where nothing else is in them."""

    @property
    def is_empty(self) -> bool:
        """Whether everything is already as planned."""
        return not self.changes

    def diff(self) -> str:
        """A unified diff of every text file, passwords hidden; recordings are named with their size."""
        return "".join(_diff(change) for change in self.changes)


def apply(plan: Plan) -> None:
    """Carry the plan out. Each file is replaced at once; where one fails, those already replaced are put back.

    Raises:
        InstallRefused: the plan has conflicts, or a file is no longer as it was when the plan was made.
        OSError: a file could not be written; nothing was changed.
    """
    if plan.conflicts:
        raise InstallRefused(*(conflict.sentence for conflict in plan.conflicts))
    for change in plan.changes:
        _check_links(change.path)
    stale = [change.path for change in plan.changes if content(change.path) != change.before]
    if stale:
        raise InstallRefused(*(f"{path} changed in the meantime: plan again" for path in stale))
    done: list[tuple[FileChange, os.stat_result | None]] = []
    try:
        for change in plan.changes:
            known = _stat(change.path.resolve())
            _write(change.path, change.after, change.mode, known or change.owner_like.stat())
            done.append((change, known))
    except BaseException as error:
        for change, known in reversed(done):
            _put_back(change, known, error)
        raise
    for folder in plan.emptied:
        with contextlib.suppress(OSError):  # another's file is in it, so that it stays
            folder.rmdir()


def _check_links(path: Path) -> None:
    """Asterisk's folder may belong to Asterisk's user: no link of that user leads root to another's file.

    Raises:
        InstallRefused: such a link stands on the way to `path`.
    """
    for step in (path, *path.parents):
        if not step.is_symlink():
            continue
        owner, target = step.lstat().st_uid, _stat(step.resolve())
        if owner not in (0, os.geteuid()) and target is not None and target.st_uid != owner:
            raise InstallRefused(f"{step} is a link of another user to {step.resolve()}: remove it, then install again")


def content(path: Path) -> bytes | None:
    """The bytes of a file, or None where there is none. Raises OSError where it may not be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _put_back(change: FileChange, known: os.stat_result | None, error: BaseException) -> None:
    """As it was, with its mode and owner: a file with passwords is not opened to others on the way back."""
    mode = change.mode if known is None else stat.S_IMODE(known.st_mode)
    try:
        _write(change.path, change.before, mode, known or change.owner_like.stat())
    except OSError as another:
        error.add_note(f"{change.path} could not be put back: {another}")


def _stat(target: Path) -> os.stat_result | None:
    try:
        return target.stat()
    except FileNotFoundError:
        return None


def _write(path: Path, data: bytes | None, mode: int, like: os.stat_result) -> None:
    target = path.resolve()  # a link stays a link
    if data is None:
        target.unlink(missing_ok=True)
        return
    _make_folder(target.parent, like)
    known = _stat(target)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".ouidire-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, stat.S_IMODE(known.st_mode) & mode if known else mode)
        if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(name, like.st_uid, like.st_gid)
        os.replace(name, target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _make_folder(folder: Path, like: os.stat_result) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, like)
    folder.mkdir(mode=0o755)
    if (like.st_uid, like.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(folder, like.st_uid, like.st_gid)


def _diff(change: FileChange) -> str:
    before, after = _lines(change.before), _lines(change.after)
    if before is None or after is None:
        verb = "remove" if change.after is None else "write"
        return f"{verb} {change.path} ({len(change.after or change.before or b'')} bytes)\n"
    old = "/dev/null" if change.before is None else str(change.path)
    new = "/dev/null" if change.after is None else str(change.path)
    lines = difflib.unified_diff(before, after, old, new, n=_CONTEXT_LINES, lineterm="")
    is_closed = not change.mode & _OTHERS
    return "".join(_hidden(line, is_closed) + "\n" for line in lines)


def _hidden(line: str, is_closed: bool) -> str:
    line = _SECRET_ATTRIBUTE.sub(r"\1***", _SECRET.sub(r"\1***", line))
    return _LONG_WORD.sub(r"\1***", line) if is_closed else line


def _lines(data: bytes | None) -> list[str] | None:
    """The lines of a text, or None where the bytes are no text."""
    if data is None:
        return []
    return None if b"\0" in data else data.decode("utf-8", "replace").splitlines()
