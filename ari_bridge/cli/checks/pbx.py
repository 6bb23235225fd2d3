"""The running PBX: does it let our users in, with just their rights, and is it one that we can work with."""

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import Any, Final

from ari_bridge.calls.roles import Roles
from ari_bridge.cli.checks.finding import amiss, well
from ari_bridge.pbx.asterisk.access import AmiAccess, AriAccess
from ari_bridge.pbx.asterisk.ami import AmiConnection
from ari_bridge.pbx.asterisk.ari_client import AriClient
from ari_bridge.pbx.errors import NotThere, Unreachable
from ari_bridge.pbx.port import PbxRefused
from ari_bridge.run.passwords import Passwords, read_passwords
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from dialplan.verify import AUDIOSOCKET_MODULES, NEEDED_MODULES, Finding, version_finding

MODULES: Final = tuple(f"{name}.so" for name in NEEDED_MODULES)
"""All: without func_global *9 would find no fork, without func_timeout no fork would end with its lease."""
SOCKET_MODULES: Final = tuple(f"{name}.so" for name in AUDIOSOCKET_MODULES)
PHONES_MODULE: Final = "res_pjsip_notify.so"
LISTENER_ACTIONS: Final = frozenset({"setvar", "getvar", "dbgettree"})
PHONES_ACTIONS: Final = frozenset({"pjsipnotify"})
NO_SUCH_CHANNEL: Final = "ouidire-doctor"


async def findings(settings: Settings) -> list[Finding]:
    """All that the PBX itself can tell. Without passwords it is not asked."""
    try:
        passwords = read_passwords(settings.pbx.secrets_file)
    except SettingsError:
        return [amiss("PBX", "not asked: the passwords cannot be read, see above")]
    found = await ari(settings, passwords)
    found.append(await listener(settings, passwords))
    found.append(await phones(settings, passwords))
    return found


async def ari(settings: Settings, passwords: Passwords) -> list[Finding]:
    """The ARI: reachable, writable, of a version that is not known to be bad, with our modules and our trunks."""
    access = AriAccess(settings.pbx.ari_url, settings.pbx.ari_user, passwords.ari_password)
    client = AriClient(access, NO_SUCH_CHANNEL)
    found: list[Finding] = []
    try:
        async with aclosing(_asked(client, settings)) as answers:
            async for one in answers:
                found.append(one)  # noqa: PERF401 - what was found before a refusal is told too
    except Unreachable as error:
        found.append(amiss("ARI", f"{error}: does Asterisk run, with enabled = yes in http.conf and ari.conf?"))
    except PbxRefused as error:
        found.append(amiss("ARI", str(error)))
    finally:
        await client.close()
    return found


async def _asked(client: AriClient, settings: Settings) -> AsyncGenerator[Finding, None]:
    version = await client.version()
    try:
        await client.request("DELETE", "channels", NO_SUCH_CHANNEL)  # a user that may only read gets 403, ours 404
    except NotThere:
        yield well("ARI", f"{settings.pbx.ari_url} lets {settings.pbx.ari_user} in")
    yield version_finding(version)
    applications = await client.request("GET", "applications")
    names = {one.get("name") for one in applications if isinstance(one, dict)}
    yield well("bridge", "runs and is connected" if "ouidire" in names else "does not run now")
    yield modules([name for name in wanted_modules(settings) if not await _is_running(client, name)])
    yield trunks(Roles(settings.parties.trunks), endpoint_names(await client.request("GET", "endpoints")))


async def _is_running(client: AriClient, module: str) -> bool:
    try:
        answer = await client.request("GET", "asterisk", "modules", module)
    except PbxRefused:  # 404 or 409: not there, or not loaded
        return False
    return isinstance(answer, dict) and answer.get("status") == "Running"


def wanted_modules(settings: Settings) -> tuple[str, ...]:
    """What must run for what the settings ask."""
    screens = (PHONES_MODULE,) if has_screens(settings) else ()
    sockets = SOCKET_MODULES if settings.media.transport == "audiosocket" else ()
    return (*MODULES, *screens, *sockets)


def has_screens(settings: Settings) -> bool:
    """True where any phone gets a screen."""
    families = {settings.screens.default_family, *settings.screens.families.values()}
    return bool(families - {"none"})


def modules(missing: Sequence[str]) -> Finding:
    """What is not loaded."""
    if not missing:
        return well("modules", "all that we need are running")
    sentence = (
        f"not running: {', '.join(missing)}; load them (modules.conf), res_pjsip_notify needs a pjsip_notify.conf"
    )
    if not set(SOCKET_MODULES).isdisjoint(missing):
        sentence += '; where Asterisk has no AudioSocket (Debian\'s 16 has none) set media.transport = "rtp"'
    return amiss("modules", sentence)


def endpoint_names(answer: Any) -> list[str]:
    """The names of the real endpoints in ARI's answer."""
    rows = answer if isinstance(answer, list) else []
    return sorted({str(row.get("resource")) for row in rows if isinstance(row, dict) and row.get("resource")})


def trunks(roles: Roles, names: Iterable[str]) -> Finding:
    """Which endpoints are outside. None: nobody would ever be asked. All: nobody would be staff."""
    known = list(names)
    outside = [name for name in known if roles.is_outside(name)]
    patterns = ", ".join(roles.trunks)
    if not outside:
        shown = ", ".join(known[:12]) or "none at all"
        return amiss("trunks", f"no endpoint matches {patterns}; the PBX has {shown}: set parties.trunks")
    if len(outside) == len(known):
        return amiss("trunks", f"every endpoint matches {patterns}, so staff would be judged: narrow parties.trunks")
    return well("trunks", f"outside: {', '.join(outside)}; staff: all others, {len(known) - len(outside)} in number")


async def listener(settings: Settings, passwords: Passwords) -> Finding:
    """The AMI user that listens and renews leases."""
    pbx = settings.pbx
    return await _ami_user(
        "AMI", AmiAccess(pbx.ami_host, pbx.ami_port, pbx.ami_user, passwords.ami_password), LISTENER_ACTIONS,
        "an empty read= and write=call,reporting",
    )  # fmt: skip


async def phones(settings: Settings, passwords: Passwords) -> Finding:
    """The AMI user that pushes to phones."""
    pbx = settings.pbx
    wanted = PHONES_ACTIONS if has_screens(settings) else frozenset[str]()
    return await _ami_user(
        "AMI for phones", AmiAccess(pbx.ami_host, pbx.ami_port, pbx.phones_user, passwords.phones_password), wanted,
        "write=system alone",
    )  # fmt: skip


async def _ami_user(subject: str, access: AmiAccess, wanted: frozenset[str], rights: str) -> Finding:
    try:
        connection = await AmiConnection.open(access)
    except Unreachable as error:
        return amiss(subject, f"{error}: does Asterisk run, with enabled = yes in manager.conf?")
    except PbxRefused as error:
        return amiss(subject, str(error))
    try:
        allowed = set(await connection.send("ListCommands"))
    except (PbxRefused, Unreachable) as error:
        return amiss(subject, str(error))
    finally:
        connection.close()
    return judged(subject, access.user, allowed, wanted, rights)


def judged(subject: str, user: str, allowed: set[str], wanted: frozenset[str], rights: str) -> Finding:
    """Whether a user may do what it must, and nothing that would make it a shell on the PBX."""
    if lacking := sorted(wanted - allowed):
        return amiss(subject, f"{user} may not {', '.join(lacking)}: give it {rights} in manager.conf")
    if {"originate", "command"} & allowed:
        return amiss(subject, f"{user} may do more than it needs (originate or command): give it {rights} and no more")
    return well(subject, f"lets {user} in, with no more rights than it needs")
