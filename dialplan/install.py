"""Plan what an install or an uninstall changes; `dialplan.change.apply` carries a plan out.

Our own text lies in files of our own under <asterisk_dir>/ouidire/; the admin's files get one managed block each, and
an uninstall gives them back byte for byte. Asterisk itself is never told to reload: the admin chooses when.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from dialplan import recordings, render
from dialplan.block import BrokenBlock, has_block, with_block, without_block
from dialplan.change import FileChange, InstallRefused, Plan, content
from dialplan.conf import OWN_FOLDER
from dialplan.existing import Existing, conflicts, is_yes, notes, read_existing
from dialplan.layout import PLAIN, Layout, layout_of
from dialplan.manifest import Manifest, digest, manifest_file, read_manifest
from dialplan.passwords import SECRETS_HEADER, Passwords, read_passwords, secrets_toml

SHIPPED: Final = recordings.Recordings()
"""The prompts of the package, without any of the site's own."""
_PHONES: Final = "pjsip_notify.conf"
_KEPT_MODE: Final = 0o7777
"""For the admin's files: whatever mode they have stays."""
_PUBLIC: Final = 0o644
_GROUP_READS: Final = 0o640
_OWNER_READS: Final = 0o600


def plan(
    asterisk_dir: Path,
    settings: render.RenderSettings,
    *,
    secrets_file: Path,
    sounds_dir: Path | None = None,
    prompts: recordings.Recordings = SHIPPED,
) -> Plan:
    """What an install changes; nothing where it is already installed so. Passwords that are there are kept.

    `secrets_file` gets the bridge's copy of the passwords. `sounds_dir` is needed only where asterisk.conf names no
    astdatadir. `prompts` are what callers hear.

    Raises:
        InstallRefused: no such folder, no folder for prompts, a damaged manifest or a managed block torn apart.
        InvalidValue: a prompt is missing, or is not what was attested.
    """
    asterisk_dir, secrets_file = asterisk_dir.absolute(), secrets_file.absolute()
    if not asterisk_dir.is_dir():
        raise InstallRefused(f"{asterisk_dir} is no folder: name the one that holds extensions.conf")
    existing, layout = read_existing(asterisk_dir), layout_of(asterisk_dir)
    sounds = sounds_dir or existing.sounds_dir
    if sounds is None:
        raise InstallRefused(f"{asterisk_dir / 'asterisk.conf'} names no astdatadir: name the folder of the prompts")
    passwords = read_passwords(asterisk_dir, secrets_file)
    blocks = tuple(_blocks(asterisk_dir, existing, layout))
    own = (
        FileChange(secrets_file, content(secrets_file), secrets_toml(passwords), _OWNER_READS, _nearest(secrets_file)),
        *_prompts(sounds.absolute(), settings, prompts),
        *_own_files(asterisk_dir, settings, passwords),
    )
    file = manifest_file(asterisk_dir)
    manifest = _manifest(read_manifest(asterisk_dir) or Manifest(), blocks, (*own, _manifest_change(file, b"")))
    # Our own files before the blocks that include them: a reload in between finds nothing missing.
    changes = (*own, _manifest_change(file, manifest.as_bytes()), *blocks)
    return Plan(
        changes=tuple(change for change in changes if change.before != change.after),
        conflicts=tuple(conflicts(existing, layout)),
        notes=(*notes(existing), *_after_reload(blocks)),
    )


def plan_removal(asterisk_dir: Path) -> Plan:
    """What an uninstall changes: every file as it was before, what the admin wrote since then kept and named.

    Raises:
        InstallRefused: nothing is installed there, the manifest is damaged, or a managed block was torn apart.
    """
    asterisk_dir = asterisk_dir.absolute()
    manifest = read_manifest(asterisk_dir)
    if manifest is None:
        raise InstallRefused(f"nothing is installed in {asterisk_dir}")
    remarks: list[str] = []
    changes = [*_unblocking(asterisk_dir, manifest, remarks), *_removing(asterisk_dir, manifest, remarks)]
    file = manifest_file(asterisk_dir)
    changes.append(FileChange(file, content(file), None, _PUBLIC, asterisk_dir))
    return Plan(tuple(changes), notes=tuple(remarks), emptied=tuple(map(Path, reversed(manifest.folders))))


def _own_files(asterisk_dir: Path, settings: render.RenderSettings, passwords: Passwords) -> Iterator[FileChange]:
    texts = (
        ("extensions.conf", render.extensions(settings), _PUBLIC),
        ("numbers.conf", render.numbers(settings), _secret_mode(asterisk_dir)),
        ("ari.conf", render.ari_user(passwords.ari), _secret_mode(asterisk_dir)),
        ("manager.conf", render.manager_users(passwords.ami, passwords.phones), _secret_mode(asterisk_dir)),
    )
    for name, text, mode in texts:
        path = asterisk_dir / OWN_FOLDER / name
        yield FileChange(path, content(path), text.encode(), mode, asterisk_dir)


def _blocks(asterisk_dir: Path, existing: Existing, layout: Layout) -> Iterator[FileChange]:
    bodies: dict[str, list[str]] = defaultdict(list)
    for name, body in _bodies(asterisk_dir, existing, layout):
        bodies[name].append(body.strip("\n"))
    for name, parts in bodies.items():
        path = asterisk_dir / name
        before = content(path)
        original = _original(path, before or b"")
        mode = _GROUP_READS if before is None else _KEPT_MODE
        yield FileChange(path, before, with_block(original, "\n".join(parts)), mode, asterisk_dir)


def _bodies(asterisk_dir: Path, existing: Existing, layout: Layout) -> Iterator[tuple[str, str]]:
    def plus(main: str, section: str) -> str:
        return "(+)" if existing.conf_of(main).has_section(section) else ""

    yield layout.contexts.file, f"#include {OWN_FOLDER}/extensions.conf"
    yield layout.features.file, render.applicationmap(plus=plus(layout.features.main, "applicationmap"))
    shown = render.channelvars(existing.channelvars)
    yield layout.ari_general.file, render.general((shown,), plus=plus(layout.ari_general.main, "general"))
    yield layout.ari_users.file, f"#include {OWN_FOLDER}/ari.conf"
    for place in (layout.http, layout.ami):
        conf = existing.conf_of(place.main)
        if not is_yes(conf.value("general", "enabled")):
            bind = () if conf.value("general", "bindaddr") else ("bindaddr = 127.0.0.1",)
            yield place.file, render.general(("enabled = yes", *bind), plus=plus(place.main, "general"))
    yield layout.ami.file, f"#include {OWN_FOLDER}/manager.conf"
    phones = content(asterisk_dir / _PHONES)
    if layout is PLAIN and (phones is None or has_block(phones)):
        yield _PHONES, render.phones()


def _after_reload(blocks: Iterable[FileChange]) -> Iterator[str]:
    for change in blocks:
        if change.path.name == _PHONES and change.before is None:
            yield f"{_PHONES} is new: a reload is not enough, run `module load res_pjsip_notify.so` in its console"


def _prompts(sounds: Path, settings: render.RenderSettings, prompts: recordings.Recordings) -> Iterator[FileChange]:
    for notice in settings.notices:
        for name in recordings.NAMES:
            path = sounds / notice.language / OWN_FOLDER / f"{name}.wav"
            wav = prompts.recording(notice.language, name)
            yield FileChange(path, content(path), wav, _PUBLIC, _nearest(path))


def _manifest(earlier: Manifest, blocks: Iterable[FileChange], own: Iterable[FileChange]) -> Manifest:
    originals: dict[str, str | None] = {}
    for change in blocks:
        original = _original(change.path, change.before or b"")
        ours = change.before is None or (not original and earlier.originals.get(change.path.name, "") is None)
        originals[change.path.name] = None if ours else digest(original)
    own = tuple(own)
    written = {str(change.path): digest(change.after or b"") for change in own if change.after}
    folders = {str(folder) for change in own for folder in change.path.parents if not folder.exists()}
    return Manifest(originals, written, tuple(sorted(folders | set(earlier.folders))))


def _manifest_change(file: Path, data: bytes) -> FileChange:
    return FileChange(file, content(file), data, _PUBLIC, _nearest(file))


def _unblocking(asterisk_dir: Path, manifest: Manifest, remarks: list[str]) -> Iterator[FileChange]:
    for path in sorted(asterisk_dir.glob("*.conf")):
        data = path.read_bytes()
        if not has_block(data):
            continue
        kept = _original(path, data)
        original = manifest.originals.get(path.name, "")
        if original is None and not kept:
            yield FileChange(path, data, None, _PUBLIC, asterisk_dir)
            continue
        if original != digest(kept):
            remarks.append(f"{path} was edited since the install: only our block is taken out")
        yield FileChange(path, data, kept, _KEPT_MODE, asterisk_dir)


def _removing(asterisk_dir: Path, manifest: Manifest, remarks: list[str]) -> Iterator[FileChange]:
    for name, known in manifest.written.items():
        path = Path(name)
        data = content(path)
        if data is None:
            continue
        if not _is_ours(asterisk_dir, path, data):
            remarks.append(f"{path} is named in the manifest, but is nothing that an install writes: it stays")
            continue
        if digest(data) != known and path.suffix == ".wav":
            remarks.append(f"{path} is not the recording that was installed: it stays")
            continue
        if digest(data) != known:
            remarks.append(f"{path} was edited since the install: it is ours, and removed all the same")
        yield FileChange(path, data, None, _PUBLIC, asterisk_dir)


def _is_ours(asterisk_dir: Path, path: Path, data: bytes) -> bool:
    """The manifest lies in a folder of Asterisk's user: it must not choose what an uninstall by root removes."""
    if path.is_symlink():
        return False
    if path.parent.name == OWN_FOLDER and path.suffix == ".wav":
        return path.stem in recordings.NAMES
    return path.parent == asterisk_dir / OWN_FOLDER or data.startswith(SECRETS_HEADER)


def _original(path: Path, data: bytes) -> bytes:
    try:
        return without_block(data)
    except BrokenBlock as error:
        raise InstallRefused(f"{path}: {error}; mend it by hand, then try again") from error


def _secret_mode(asterisk_dir: Path) -> int:
    # Where Debian gives the folder to root and to Asterisk's group, Asterisk reads by its group; else it is the owner.
    folder = asterisk_dir.stat()
    return _GROUP_READS if folder.st_uid == 0 and folder.st_gid != 0 else _OWNER_READS


def _nearest(path: Path) -> Path:
    """The deepest folder above a path that is there: a new file takes its owner."""
    return next(folder for folder in path.parents if folder.is_dir())
