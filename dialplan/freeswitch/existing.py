"""What a FreeSWITCH already has that our part must fit in with: names, includes, modules, the event socket."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from dialplan.change import Conflict, InstallRefused, content
from dialplan.freeswitch.render import DIALPLAN, DIRECTORY
from dialplan.freeswitch.side import MAIN_FILE, SHARED_FOLDERS
from dialplan.freeswitch.xml_tree import Element, MalformedXml, elements
from dialplan.verify import Finding

DEFAULT_PASSWORD: Final = "ClueCon"  # noqa: S105 - FreeSWITCH's own, known to everybody
_VARS: Final = "vars.xml"
_SECTIONS: Final = {DIALPLAN: "dialplan", DIRECTORY: "directory"}
_NAMED: Final = {"context": "a context of the dialplan", "domain": "a domain of the directory"}
_LOADING: Final = ("modules.conf.xml", "pre_load_modules.conf.xml", "post_load_modules.conf.xml")
_VARIABLE: Final = re.compile(r"\$\$\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Existing:
    """FreeSWITCH's configuration without anything of ours, as far as it concerns us."""

    folder: Path
    main: tuple[Element, ...]
    """Of freeswitch.xml, which may hold everything itself."""
    configuration: Mapping[str, tuple[Element, ...]]
    """Of the files that load modules and set up the event socket and the core, by name."""
    variables: Mapping[str, str]
    unread: tuple[str, ...]
    """A sentence for each file of these that cannot be read."""

    def inside(self, configuration: str) -> Iterator[Element]:
        """Every element of one configuration, as `event_socket.conf`, wherever it lies."""
        for found in (self.main, *self.configuration.values()):
            yield from (one for one in found if one.within("configuration", name=configuration))

    def expanded(self, value: str) -> str:
        """A value with the variables of vars.xml; those that are set elsewhere stay as they are written."""
        return _VARIABLE.sub(lambda found: self.variables.get(found[1], found[0]), value)

    def setting(self, configuration: str, name: str) -> str:
        """A parameter that counts, the last one; "" where it is not set."""
        found = [one.get("value") for one in self.inside(configuration) if one.get("name") == name]
        return self.expanded(found[-1]) if found else ""


def read_existing(folder: Path) -> Existing:
    """Read what concerns us.

    Raises:
        InstallRefused: this is no folder of FreeSWITCH's configuration.
    """
    main = content(folder / MAIN_FILE) if folder.is_dir() else None
    if main is None:
        raise InstallRefused(f"{folder} holds no {MAIN_FILE}: is this FreeSWITCH's configuration folder?")
    unread: list[str] = []
    known = {MAIN_FILE: _read(folder, MAIN_FILE, unread), _VARS: _read(folder, _VARS, unread)}
    files = (*_LOADING, "event_socket.conf.xml", "switch.conf.xml")
    read = {name: _read(folder, f"autoload_configs/{name}", unread) for name in files}
    return Existing(folder, known[MAIN_FILE], read, _variables((*known[_VARS], *known[MAIN_FILE])), tuple(unread))


def conflicts(existing: Existing, texts: Mapping[str, bytes], written: Iterable[str]) -> Iterator[Conflict]:
    """Everything that an install would break or that would break it; `written` names what an earlier install wrote."""
    written = frozenset(written)
    for name in SHARED_FOLDERS:
        path = existing.folder / name
        if str(path) not in written and content(path) not in (None, texts.get(name)):
            yield Conflict(name, f"{path} is there already and not of our making: rename or remove it")
        if name in texts and not _is_included(existing, name):
            yield Conflict(
                name,
                f"{MAIN_FILE} does not include {name}, so that FreeSWITCH would not read it: add "
                f'<X-PRE-PROCESS cmd="include" data="{name}"/> to its section {_SECTIONS[name]}',
            )
    yield from _taken(existing, texts)


def findings(existing: Existing, modules: Iterable[str]) -> Iterator[Finding]:
    """What an admin should know of the rest of the configuration, good or not; nothing of it stops an install."""
    modules = tuple(modules)
    if content(existing.folder / _VARS) is None:
        yield Finding(
            "vars.xml", ok=False, sentence=f"missing: is {existing.folder} FreeSWITCH's configuration folder?"
        )
    for sentence in existing.unread:
        yield Finding("unread", ok=False, sentence=sentence)
    yield _modules(existing, modules)
    yield _address(existing)
    yield _password(existing)
    yield _allowlist(existing, modules)


def _is_included(existing: Existing, name: str) -> bool:
    for one in existing.main:
        if one.name.lower() != "x-pre-process" or one.get("cmd").lower() != "include":
            continue
        # $${conf_dir} is the folder itself; other variables are not known here, and get the benefit of the doubt.
        pattern = one.get("data").rsplit("}/", 1)[-1].removeprefix(f"{existing.folder}/")
        if fnmatchcase(name, pattern) and one.within("section", name=_SECTIONS[name]):
            return True
    return False


def _taken(existing: Existing, texts: Mapping[str, bytes]) -> Iterator[Conflict]:
    ours = {(one.name, one.get("name")) for text in texts.values() for one in _names(text)}
    for path in _others(existing.folder):
        try:
            found = _names(content(path) or b"")
        except MalformedXml as error:
            yield Conflict(
                path.name, f"{path} is not well-formed ({error}), so that FreeSWITCH would not start: mend it"
            )
            continue
        for one in found:
            if (one.name, one.get("name")) in ours:
                yield Conflict(
                    one.get("name"),
                    f"{path}:{one.line}: {one.get('name')} is already {_NAMED[one.name]} there: rename or remove it, "
                    "then install again",
                )


def _names(text: bytes) -> list[Element]:
    """The contexts and domains of a file; of a text that is no XML, none."""
    if not text.lstrip().startswith(b"<"):
        return []
    return [one for one in elements(text) if one.name in _NAMED]


def _others(folder: Path) -> Iterator[Path]:
    yield folder / MAIN_FILE
    for part in _SECTIONS.values():
        ours = {folder / name for name in SHARED_FOLDERS}
        yield from (path for path in sorted((folder / part).rglob("*.xml")) if path not in ours)


def _modules(existing: Existing, modules: tuple[str, ...]) -> Finding:
    loaded = {
        Path(one.get("module")).name.removesuffix(".so")
        for name in _LOADING
        for one in existing.inside(name.removesuffix(".xml"))
        if one.name == "load"
    }
    lacking = [name for name in modules if name not in loaded]
    if lacking:
        lines = ", ".join(f'<load module="{name}"/>' for name in lacking)
        sentence = f"{', '.join(lacking)} not loaded: add to <modules> in autoload_configs/modules.conf.xml: {lines}"
        return Finding("modules", ok=False, sentence=sentence)
    return Finding("modules", ok=True, sentence=f"{', '.join(modules)} are loaded")


def _address(existing: Existing) -> Finding:
    bound = existing.setting("event_socket.conf", "listen-ip") or "127.0.0.1"  # as mod_event_socket.c has it
    if bound != "localhost" and not _is_loopback(bound):
        sentence = (
            f"event_socket.conf.xml listens on {bound}, though the service is on this machine: "
            'set <param name="listen-ip" value="127.0.0.1"/>'
        )
        return Finding("ESL address", ok=False, sentence=sentence)
    return Finding("ESL address", ok=True, sentence=f"{bound}, this machine alone")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _password(existing: Existing) -> Finding:
    if existing.setting("event_socket.conf", "password") in ("", DEFAULT_PASSWORD):
        sentence = (
            f"event_socket.conf.xml has the password {DEFAULT_PASSWORD}, which everybody knows, and which steers the "
            "whole PBX: set one of your own (Ouïdire does not use it)"
        )
        return Finding("ESL password", ok=False, sentence=sentence)
    return Finding("ESL password", ok=True, sentence="not the one that FreeSWITCH comes with")


def _allowlist(existing: Existing, modules: tuple[str, ...]) -> Finding:
    allowed = {
        one.get("name").split(".")[0]
        for one in existing.inside("switch.conf")
        if one.name == "allow" and one.within("interface-allowlist")
    }
    # mod_event_socket: its API and applications are not what the bridge uses.
    lacking = [name for name in modules if name not in allowed and name != "mod_event_socket"] if allowed else []
    if lacking:
        lines = ", ".join(f'<allow name="{name}"/>' for name in lacking)
        sentence = f"<interface-allowlist> in switch.conf.xml shuts out {', '.join(lacking)}: add {lines}"
        return Finding("allowlist", ok=False, sentence=sentence)
    told = "names our modules" if allowed else "none, so that every interface is there"
    return Finding("allowlist", ok=True, sentence=told)


def _read(folder: Path, name: str, unread: list[str]) -> tuple[Element, ...]:
    try:
        return elements(content(folder / name) or b"")
    except MalformedXml as error:
        unread.append(f"{folder / name} is not well-formed ({error}): nobody looked there")
    except OSError as error:
        unread.append(f"{folder / name} cannot be read ({error.strerror}): nobody looked there")
    return ()


def _variables(found: Iterable[Element]) -> dict[str, str]:
    sets = [one.get("data") for one in found if one.name.lower() == "x-pre-process" and one.get("cmd").endswith("set")]
    pairs = (data.partition("=") for data in sets)
    return {name.strip(): value.strip() for name, _, value in pairs}
