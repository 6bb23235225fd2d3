"""The running FreeSWITCH: does its event socket let our user in, with just our rights, does the gate answer, and does
parties.trunks name what is there.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import uuid4

from ari_bridge.calls.roles import Roles
from ari_bridge.cli.checks.finding import amiss, well
from ari_bridge.pbx.errors import NotThere, Unreachable
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.esl_client import EslConnection
from ari_bridge.pbx.freeswitch.esl_wire import Event
from ari_bridge.pbx.freeswitch.events import rows_of
from ari_bridge.pbx.freeswitch.link import ASK, NO_GATE, TOLD_WITHIN_S
from ari_bridge.pbx.port import PbxRefused
from ari_bridge.run.passwords import read_esl_password
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from dialplan.freeswitch.side import MODULES, STREAM_MODULE
from dialplan.verify import Finding
from dialplan.versions import release

SUBJECT: Final = "ESL"
OLDEST: Final = (1, 11, 2)
"""Older ones end as a whole on a forged length at the event socket's port, before any password."""
NOT_OURS: Final = (("uuid_kill", "ouidire-doctor"), ("uuid_setvar", "ouidire-doctor", "ouidire", "x"))
"""What our user must not be allowed. Neither would do anything: there is no such channel."""
SHOWN: Final = 12
"""So many names in a sentence."""
_MODULES: Final = "running modules"
_TRUNKS: Final = "trunks"
_TOLD: Final = "ouidire::told"
_NO_RIGHT: Final = "permission denied"
_INSTALL: Final = "run `ouidire install --freeswitch DIR`, then fs_cli -x reloadxml"


async def findings(settings: Settings) -> Sequence[Finding]:
    """All that the running FreeSWITCH can tell. Without its password it is not asked."""
    pbx = settings.pbx
    try:
        password = read_esl_password(pbx.secrets_file)
    except SettingsError:
        return [amiss(SUBJECT, "not asked: the password cannot be read, see above")]
    try:
        connection = await EslConnection.open(EslAccess(pbx.esl_host, pbx.esl_port, pbx.esl_user, password))
    except Unreachable as error:
        return [amiss(SUBJECT, f"{error}: does FreeSWITCH run, with mod_event_socket?")]
    except PbxRefused as error:
        return [amiss(SUBJECT, str(error))]
    try:
        await connection.subscribe((), (_TOLD,))
        gate = await _gate(connection)
        return [
            well(SUBJECT, f"{pbx.esl_host}:{pbx.esl_port} lets {pbx.esl_user} in"),
            await _version(connection),
            await _modules(connection, (*MODULES, *_stream_module(settings))),
            await _rights(connection, pbx.esl_user),
            gate,
            *([await _trunks(connection, Roles(settings.parties.trunks))] if gate.ok else []),
        ]
    except (PbxRefused, Unreachable) as error:
        return [amiss(SUBJECT, f"{error}: {_INSTALL}")]
    finally:
        await connection.close()


def _stream_module(settings: Settings) -> tuple[str, ...]:
    return (STREAM_MODULE,) if settings.media.transport == "websocket" else ()


async def _version(connection: EslConnection) -> Finding:
    said = (await connection.api("version", "short"))[:80]
    number = release(said)
    if number is None:
        return amiss("FreeSWITCH", f"its release could not be read from {said!r}")
    if number < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        return amiss("FreeSWITCH", f"{said}: take {oldest} or newer; older ones can be ended from outside at this port")
    return well("FreeSWITCH", said)


async def _modules(connection: EslConnection, wanted: Sequence[str]) -> Finding:
    there = {str(row.get("ikey")) for row in rows_of(await connection.api("show", "modules", "as", "json"))}
    if missing := [name for name in wanted if name not in there]:
        return amiss(_MODULES, f"not loaded: {', '.join(missing)}; load them in modules.conf.xml")
    return well(_MODULES, "all that we need are loaded")


async def _rights(connection: EslConnection, user: str) -> Finding:
    may = [words[0] for words in NOT_OURS if not await _is_denied(connection, words)]
    if may:
        return amiss("rights", f"{user} may use {', '.join(may)}, more than it needs: {_INSTALL}")
    return well("rights", f"{user} may look, and change nothing by a command")


async def _is_denied(connection: EslConnection, words: Sequence[str]) -> bool:
    try:
        await connection.api(*words)
    except NotThere:
        return False
    except PbxRefused as error:
        return _NO_RIGHT in str(error).lower()
    return False


async def _gate(connection: EslConnection) -> Finding:
    """Ask for what there is not: a gate that denies it has its hook, so FreeSWITCH was restarted since the install."""
    told = await _told(connection, "nothing")
    if told is None:
        return amiss("gate", NO_GATE)
    did = told.headers.get("ouidire-did", "")
    if did != "denied":
        return amiss("gate", f"a request that means nothing was {did[:20]!r} and not denied: {_INSTALL}")
    return well("gate", "answers, and denies what it does not understand")


async def _trunks(connection: EslConnection, roles: Roles) -> Finding:
    """Which names lead outside. None: nobody would ever be asked. A user's: somebody of staff would be judged."""
    told, phones = await _told(connection, "trunks"), await _told(connection, "phones")
    if told is None or phones is None or {one.headers.get("ouidire-did") for one in (told, phones)} != {"found"}:
        return amiss(_TRUNKS, f"the gate does not tell gateways and profiles: {_INSTALL}")
    patterns = ", ".join(roles.trunks)
    users = {line.partition(" ")[0] for line in phones.body.splitlines()}
    if staff := sorted(filter(roles.is_outside, users)):
        said = f"{patterns} fits the users {', '.join(staff[:SHOWN])}, so staff would be judged: narrow parties.trunks"
        return amiss(_TRUNKS, said)
    lines = told.body.splitlines()
    outside = [line for line in lines if roles.is_outside(line.partition(" ")[2])]
    inside = ", ".join(line for line in lines if line not in outside) or "none"
    if not outside:
        said = f"no gateway or profile matches {patterns}; FreeSWITCH has {inside}: set parties.trunks"
        return amiss(_TRUNKS, said)
    return well(_TRUNKS, f"outside: {', '.join(outside)}; not outside, nobody asked: {inside}")


async def _told(connection: EslConnection, do: str) -> Event | None:
    """What the gate tells, None where it says nothing in time."""
    ask_id = uuid4().hex
    await connection.send_event("CUSTOM", {"Event-Subclass": ASK, "Ouidire-Do": do, "Ouidire-Ask": ask_id})
    with suppress(TimeoutError):
        async with asyncio.timeout(TOLD_WITHIN_S):
            async for event in connection.events():
                if event.subclass == _TOLD and event.headers.get("ouidire-ask") == ask_id:
                    return event
    return None
