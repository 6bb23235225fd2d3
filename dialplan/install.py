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
from dialplan.own_files import (
    GROUP_READS,
    KEPT_MODE,
    OWNER_READS,
    PUBLIC,
    SHIPPED,
    manifest_change,
    prompt_changes,
    remembered,
    removals,
    secrets_change,
)
from dialplan.passwords import Passwords, read_passwords, secrets_toml

_PHONES: Final = "pjsip_notify.conf"


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
        secrets_change(secrets_file, secrets_toml(passwords)),
        *_prompts(sounds.absolute(), settings, prompts),
        *_own_files(asterisk_dir, settings, passwords),
    )
    file = manifest_file(asterisk_dir)
    earlier = read_manifest(asterisk_dir) or Manifest()
    manifest = remembered(earlier, _originals(earlier, blocks), (*own, manifest_change(file, b"")))
    # Our own files before the blocks that include them: a reload in between finds nothing missing.
    changes = (*own, manifest_change(file, manifest.as_bytes()), *blocks)
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
    changes.append(FileChange(file, content(file), None, PUBLIC, asterisk_dir))
    return Plan(tuple(changes), notes=tuple(remarks), emptied=tuple(map(Path, reversed(manifest.folders))))


def _own_files(asterisk_dir: Path, settings: render.RenderSettings, passwords: Passwords) -> Iterator[FileChange]:
    texts = (
        ("extensions.conf", render.extensions(settings), PUBLIC),
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
        mode = GROUP_READS if before is None else KEPT_MODE
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
    languages = (notice.language for notice in settings.notices)
    return prompt_changes(languages, prompts, lambda language, name: sounds / language / OWN_FOLDER / f"{name}.wav")


def _originals(earlier: Manifest, blocks: Iterable[FileChange]) -> dict[str, str | None]:
    originals: dict[str, str | None] = {}
    for change in blocks:
        original = _original(change.path, change.before or b"")
        ours = change.before is None or (not original and earlier.originals.get(change.path.name, "") is None)
        originals[change.path.name] = None if ours else digest(original)
    return originals


def _unblocking(asterisk_dir: Path, manifest: Manifest, remarks: list[str]) -> Iterator[FileChange]:
    for path in sorted(asterisk_dir.glob("*.conf")):
        data = path.read_bytes()
        if not has_block(data):
            continue
        kept = _original(path, data)
        original = manifest.originals.get(path.name, "")
        if original is None and not kept:
            yield FileChange(path, data, None, PUBLIC, asterisk_dir)
            continue
        if original != digest(kept):
            remarks.append(f"{path} was edited since the install: only our block is taken out")
        yield FileChange(path, data, kept, KEPT_MODE, asterisk_dir)


def _removing(asterisk_dir: Path, manifest: Manifest, remarks: list[str]) -> Iterator[FileChange]:
    def is_ours(path: Path, data: bytes) -> bool:
        if path.parent.name == OWN_FOLDER and path.suffix == ".wav":
            return path.stem in recordings.NAMES
        return path.parent == asterisk_dir / OWN_FOLDER

    return removals(manifest, is_ours, asterisk_dir, remarks)


def _original(path: Path, data: bytes) -> bytes:
    try:
        return without_block(data)
    except BrokenBlock as error:
        raise InstallRefused(f"{path}: {error}; mend it by hand, then try again") from error


def _secret_mode(asterisk_dir: Path) -> int:
    # Where Debian gives the folder to root and to Asterisk's group, Asterisk reads by its group; else it is the owner.
    folder = asterisk_dir.stat()
    return GROUP_READS if folder.st_uid == 0 and folder.st_gid != 0 else OWNER_READS
