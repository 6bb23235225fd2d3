"""The running FreeSWITCH: does its event socket let our user in, with just our rights, and does the gate answer."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import uuid4

from ari_bridge.cli.checks.finding import amiss, well
from ari_bridge.pbx.errors import NotThere, Unreachable
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.esl_client import EslConnection
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
_MODULES: Final = "running modules"
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
        return [
            well(SUBJECT, f"{pbx.esl_host}:{pbx.esl_port} lets {pbx.esl_user} in"),
            await _version(connection),
            await _modules(connection, (*MODULES, *_stream_module(settings))),
            await _rights(connection, pbx.esl_user),
            await _gate(connection),
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
    ask_id = uuid4().hex
    await connection.subscribe((), (_TOLD,))
    await connection.send_event("CUSTOM", {"Event-Subclass": ASK, "Ouidire-Do": "nothing", "Ouidire-Ask": ask_id})
    with suppress(TimeoutError):
        async with asyncio.timeout(TOLD_WITHIN_S):
            async for event in connection.events():
                if event.subclass == _TOLD and event.headers.get("ouidire-ask") == ask_id:
                    return _judged(event.headers.get("ouidire-did", ""))
    return amiss("gate", NO_GATE)


def _judged(did: str) -> Finding:
    if did != "denied":
        return amiss("gate", f"a request that means nothing was {did[:20]!r} and not denied: {_INSTALL}")
    return well("gate", "answers, and denies what it does not understand")
