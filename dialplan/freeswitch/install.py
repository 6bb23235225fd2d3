"""Plan what an install or an uninstall changes at a FreeSWITCH; `dialplan.change.apply` carries a plan out.

Our own text lies in files of our own; of the admin's files lua.conf.xml alone gets one managed block, and an uninstall
gives it back byte for byte. FreeSWITCH itself is never told anything: the admin chooses when.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from dialplan.block import BrokenBlock
from dialplan.change import Conflict, FileChange, InstallRefused, Plan, content
from dialplan.freeswitch.existing import conflicts, findings, read_existing
from dialplan.freeswitch.lua_hook import LUA_CONF, HookRefused, has_hook, with_hook, without_hook
from dialplan.freeswitch.render import DIRECTORY
from dialplan.freeswitch.side import SECRETS, Side, is_own_prompt, is_own_text, prompt_file
from dialplan.freeswitch.xml_tree import MalformedXml, elements
from dialplan.manifest import Manifest, digest, manifest_file, read_manifest
from dialplan.own_files import (
    GROUP_READS,
    KEPT_MODE,
    PUBLIC,
    manifest_change,
    prompt_changes,
    remembered,
    removals,
    secrets_change,
)
from dialplan.passwords import esl_password, esl_secrets_toml, other_passwords

CONSENT_LINE: Final = '<action application="execute_extension" data="ouidire_consent XML ouidire"/>'
"""What the admin puts before `bridge` in calls from outside."""
_PASSWORD: Final = "esl-password"  # noqa: S105 - the name of a parameter


def plan(folder: Path, side: Side, *, secrets_file: Path) -> Plan:
    """What an install changes; nothing where it is already installed so. A password that is there is kept.

    `secrets_file` gets the bridge's copy of the password.

    Raises:
        InstallRefused: not FreeSWITCH's configuration folder, a damaged manifest, or a managed block torn apart.
        InvalidValue: a prompt is missing, or is not what was attested.
    """
    folder, secrets_file = folder.absolute(), secrets_file.absolute()
    existing, earlier = read_existing(folder), read_manifest(folder) or Manifest()
    password = esl_password(installed_password(folder), secrets_file)
    texts = side.files(password)
    in_the_way = [*conflicts(existing, texts, earlier.written), *_other_pbx(secrets_file)]
    hooked, refused = _hooked(folder, side.hook)
    own = (
        secrets_change(secrets_file, esl_secrets_toml(password)),
        *prompt_changes(side.languages, side.prompts, lambda language, name: prompt_file(folder, language, name)),
        *_own_texts(folder, texts),
    )
    file = manifest_file(folder)
    manifest = remembered(earlier, _originals(hooked), (*own, manifest_change(file, b"")))
    # Our own files before the hook that runs them: a reload in between finds nothing missing.
    changes = (*own, manifest_change(file, manifest.as_bytes()), *hooked)
    return Plan(
        changes=tuple(change for change in changes if change.before != change.after),
        conflicts=(*in_the_way, *refused),
        notes=(*(one.sentence for one in findings(existing, side.modules) if not one.ok), *_readers(folder)),
    )


def plan_removal(folder: Path) -> Plan:
    """What an uninstall changes: every file as it was before, what the admin wrote since then kept and named.

    Raises:
        InstallRefused: nothing is installed there, the manifest is damaged, or our block was torn apart.
    """
    folder = folder.absolute()
    manifest = read_manifest(folder)
    if manifest is None:
        raise InstallRefused(f"nothing is installed in {folder}")
    remarks: list[str] = []
    changes = [*_unhooked(folder, manifest, remarks), *removals(manifest, _ours_below(folder), folder, remarks)]
    file = manifest_file(folder)
    changes.append(FileChange(file, content(file), None, PUBLIC, folder))
    return Plan(tuple(changes), notes=tuple(remarks), emptied=tuple(map(Path, reversed(manifest.folders))))


def installed_password(folder: Path) -> str | None:
    """The password of our user as FreeSWITCH has it; None where it has none, or where we cannot tell."""
    try:
        found = elements(content(folder / DIRECTORY) or b"")
    except MalformedXml:
        return None
    return next((one.get("value") for one in found if one.get("name") == _PASSWORD), None)


def _mode_of(name: str) -> int:
    return GROUP_READS if name in SECRETS else PUBLIC


def _own_texts(folder: Path, texts: dict[str, bytes]) -> Iterator[FileChange]:
    for name, data in texts.items():
        path = folder / name
        yield FileChange(path, content(path), data, _mode_of(name), folder)


def _hooked(folder: Path, hook: str) -> tuple[list[FileChange], list[Conflict]]:
    path = folder / LUA_CONF
    before = content(path)
    if before is None:
        sentence = f"{path} is missing: FreeSWITCH brings it with mod_lua; put it there, then install again"
        return [], [Conflict(LUA_CONF, sentence)]
    try:
        return [FileChange(path, before, with_hook(before, hook), KEPT_MODE, folder)], []
    except HookRefused as error:
        return [], [Conflict(LUA_CONF, f"{path}: {error}")]


def _originals(hooked: Iterable[FileChange]) -> dict[str, str | None]:
    originals: dict[str, str | None] = {}
    for change in hooked:
        originals[LUA_CONF] = digest(without_hook(change.before or b""))
    return originals


def _other_pbx(secrets_file: Path) -> Iterator[Conflict]:
    if others := other_passwords(secrets_file):
        yield Conflict(
            secrets_file.name,
            f"{secrets_file} holds {', '.join(others)} of another PBX: name another file as pbx.secrets_file, or "
            "uninstall there first",
        )


def _readers(folder: Path) -> Iterator[str]:
    known = folder.stat()
    if (known.st_uid, known.st_gid) == (0, 0):
        yield (
            f"{folder} is root's alone: unless FreeSWITCH runs as root give {' and '.join(SECRETS)} to its group "
            "(chgrp), or it cannot read them"
        )


def _unhooked(folder: Path, manifest: Manifest, remarks: list[str]) -> Iterator[FileChange]:
    path = folder / LUA_CONF
    data = content(path)
    if data is None or not has_hook(data):
        return
    try:
        kept = without_hook(data)
    except BrokenBlock as error:
        raise InstallRefused(f"{path}: {error}; mend it by hand, then try again") from error
    if manifest.originals.get(LUA_CONF) != digest(kept):
        remarks.append(f"{path} was edited since the install: only our block is taken out")
    yield FileChange(path, data, kept, KEPT_MODE, folder)


def _ours_below(folder: Path) -> Callable[[Path, bytes], bool]:
    def is_ours(path: Path, data: bytes) -> bool:
        if not path.is_relative_to(folder) or ".." in path.parts:
            return False
        name = path.relative_to(folder).as_posix()
        return is_own_text(name) or is_own_prompt(name)

    return is_ours
