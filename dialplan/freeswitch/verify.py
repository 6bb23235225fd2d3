"""What `ouidire doctor` says of a FreeSWITCH's configuration; it only reads."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dialplan import recordings
from dialplan.change import InstallRefused, content
from dialplan.freeswitch.existing import Existing, conflicts, findings, read_existing
from dialplan.freeswitch.install import installed_password
from dialplan.freeswitch.lua_hook import LUA_CONF, HookRefused, with_hook
from dialplan.freeswitch.side import SECRETS, Side, prompt_file
from dialplan.manifest import Manifest, read_manifest
from dialplan.passwords import bridge_esl_password
from dialplan.verify import Finding

_OTHERS: Final = 0o007
_ANY: Final = "no-password-known"
"""In place of a password that nobody here can read: the file that holds it cannot be compared then either."""
_INSTALL: Final = "run `ouidire install --freeswitch {}`"


def verify(folder: Path, side: Side, *, secrets_file: Path) -> tuple[Finding, ...]:
    """Every finding about a folder of FreeSWITCH's configuration, the good ones too.

    Raises:
        OSError: a file of the admin cannot be read.
        InvalidValue: a prompt is missing, or is not what was attested.
    """
    folder = folder.absolute()
    try:
        existing, manifest = read_existing(folder), read_manifest(folder) or Manifest()
    except InstallRefused as error:
        return tuple(Finding("PBX configuration", ok=False, sentence=reason) for reason in error.reasons)
    at_pbx, at_bridge = _at_pbx(folder), bridge_esl_password(secrets_file)
    files = side.files(at_pbx or at_bridge or _ANY)
    return (
        *(_file(folder, name, data) for name, data in files.items()),
        _agreed(at_pbx, at_bridge, folder),
        _hook(folder, side.hook),
        _prompts(folder, side),
        *_existing(existing, files, manifest, side),
    )


def _file(folder: Path, name: str, wanted: bytes) -> Finding:
    path = folder / name
    try:
        data = content(path)
    except PermissionError:
        return Finding(name, ok=True, sentence="closed to this user, as it should be")
    if data is None:
        return Finding(name, ok=False, sentence=f"missing: {_INSTALL.format(folder)}")
    if data != wanted:
        sentence = f"not what these settings render (edited, or another version): {_INSTALL.format(folder)}"
        return Finding(name, ok=False, sentence=sentence)
    if name in SECRETS and path.stat().st_mode & _OTHERS:
        return Finding(name, ok=False, sentence=f"open to everybody: chmod o= {path}")
    return Finding(name, ok=True, sentence="as it was installed")


def _at_pbx(folder: Path) -> str | None:
    try:
        return installed_password(folder)
    except PermissionError:
        return None


def _agreed(at_pbx: str | None, at_bridge: str, folder: Path) -> Finding:
    if at_pbx is None or not at_bridge:
        sentence = "not both of its places can be read by this user, so that they were not compared"
        return Finding("our password", ok=True, sentence=sentence)
    if at_pbx != at_bridge:
        sentence = f"FreeSWITCH has another one than the service: {_INSTALL.format(folder)}"
        return Finding("our password", ok=False, sentence=sentence)
    return Finding("our password", ok=True, sentence="FreeSWITCH and the service have the same one")


def _hook(folder: Path, hook: str) -> Finding:
    data = content(folder / LUA_CONF)
    if data is None:
        return Finding("hook", ok=False, sentence=f"{folder / LUA_CONF} is missing: FreeSWITCH brings it with mod_lua")
    try:
        if with_hook(data, hook) != data:
            sentence = f"not in {LUA_CONF}, or another one, so that the gate hears nobody: {_INSTALL.format(folder)}"
            return Finding("hook", ok=False, sentence=sentence)
    except HookRefused as error:
        return Finding("hook", ok=False, sentence=f"{folder / LUA_CONF}: {error}")
    return Finding("hook", ok=True, sentence=f"in {LUA_CONF}")


def _prompts(folder: Path, side: Side) -> Finding:
    for language in side.languages:
        for name in recordings.NAMES:
            file = prompt_file(folder, language, name)
            if content(file) != side.prompts.recording(language, name):
                sentence = f"{file} is missing or not what the notice's id names: {_INSTALL.format(folder)}"
                return Finding("prompts", ok=False, sentence=sentence)
    return Finding("prompts", ok=True, sentence=f"{', '.join(side.languages)} in {folder}")


def _existing(existing: Existing, files: dict[str, bytes], manifest: Manifest, side: Side) -> Iterator[Finding]:
    for conflict in conflicts(existing, files, manifest.written):
        yield Finding(conflict.subject, ok=False, sentence=conflict.sentence)
    yield from findings(existing, side.modules)
