"""Files that are all ours, whatever the PBX: planned, remembered in the manifest, and taken away again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from dialplan import recordings
from dialplan.change import FileChange, content
from dialplan.manifest import Manifest, digest
from dialplan.passwords import SECRETS_HEADER

SHIPPED: Final = recordings.Recordings()
"""The prompts of the package, without any of the site's own."""
KEPT_MODE: Final = 0o7777
"""For the admin's files: whatever mode they have stays."""
PUBLIC: Final = 0o644
GROUP_READS: Final = 0o640
OWNER_READS: Final = 0o600


def secrets_change(file: Path, text: bytes) -> FileChange:
    """The bridge's copy of the passwords."""
    return FileChange(file, content(file), text, OWNER_READS, nearest(file))


def prompt_changes(
    languages: Iterable[str], prompts: recordings.Recordings, place: Callable[[str, str], Path]
) -> Iterator[FileChange]:
    """Every prompt of these languages where `place(language, name)` says. Raises InvalidValue as `Recordings` does."""
    for language in languages:
        for name in recordings.NAMES:
            path = place(language, name)
            yield FileChange(path, content(path), prompts.recording(language, name), PUBLIC, nearest(path))


def manifest_change(file: Path, data: bytes) -> FileChange:
    """The manifest itself."""
    return FileChange(file, content(file), data, PUBLIC, nearest(file))


def remembered(earlier: Manifest, originals: Mapping[str, str | None], own: Iterable[FileChange]) -> Manifest:
    """What an uninstall must know of: these files and the folders made for them, and those of earlier installs.

    A file that is no longer wanted (prompts of a language that was left out) stays until then.
    """
    own = tuple(own)
    still = {name: known for name, known in earlier.written.items() if Path(name).exists()}
    written = still | {str(change.path): digest(change.after or b"") for change in own if change.after}
    folders = {str(folder) for change in own for folder in change.path.parents if not folder.exists()}
    return Manifest(dict(originals), written, tuple(sorted(folders | set(earlier.folders))))


def removals(
    manifest: Manifest, is_ours: Callable[[Path, bytes], bool], owner_like: Path, remarks: list[str]
) -> Iterator[FileChange]:
    """Every file of the manifest that `is_ours` and still there; what is left or was edited goes into `remarks`.

    The manifest lies in a folder of the PBX's user: it must not choose what an uninstall by root removes.
    """
    for name, known in manifest.written.items():
        path = Path(name)
        data = content(path)
        if data is None:
            continue
        if path.is_symlink() or not (is_ours(path, data) or data.startswith(SECRETS_HEADER)):
            remarks.append(f"{path} is named in the manifest, but is nothing that an install writes: it stays")
            continue
        if digest(data) != known and path.suffix == ".wav":
            remarks.append(f"{path} is not the recording that was installed: it stays")
            continue
        if digest(data) != known:
            remarks.append(f"{path} was edited since the install: it is ours, and removed all the same")
        yield FileChange(path, data, None, PUBLIC, owner_like)


def nearest(path: Path) -> Path:
    """The deepest folder above a path that is there: a new file takes its owner."""
    return next(folder for folder in path.parents if folder.is_dir())
