"""NOTIFY to phones behind FreeSWITCH, at a socket that answers with recorded bytes."""

import json

import pytest

from ari_bridge.pbx.freeswitch.link import Link
from ari_bridge.pbx.freeswitch.phones import FreeSwitchPhones
from ari_bridge.pbx.port import PbxRefused
from tests.ari_bridge.pbx.freeswitch.esl_server import EslServer, esl_server, printed

ROWS = [
    {"reg_user": user, "realm": "pbx.test", "url": url, "network_ip": address}
    for user, url, address in (
        ("1001", "sofia/internal/sip:1001@127.0.0.1:5060", "127.0.0.1"),
        ("1001", "sofia/internal/sip:1001@127.0.0.9:5060", "127.0.0.9"),
        ("1002", "error/x", "127.0.0.2"),
    )
]


def registered(server: EslServer) -> FreeSwitchPhones:
    """Phones of a PBX at which two of 1001 are registered."""
    server.answers["api show registrations"] = printed(json.dumps({"row_count": 3, "rows": ROWS}))
    return FreeSwitchPhones(server.access(), Link(server.access()))


async def test_each_place_of_a_user_gets_one_notify() -> None:
    """Law: one NOTIFY for a user and profile, with the event, the type and the pieces joined by CRLF as its body."""
    async with esl_server() as server:
        phones = registered(server)
        await phones.notify("1001", "Yealink-xml", "application/xml", ["<a>", "é</a>"])
        [sent] = server.sent("sendevent NOTIFY")
        lines = sent.split("\n")
        assert {"profile: internal", "user: 1001", "host: pbx.test", "event-string: Yealink-xml"} <= set(lines)
        assert sent.endswith("<a>\r\né</a>")
        await phones.stop()


async def test_who_is_not_registered_gets_nothing() -> None:
    """Law: a user without a phone is a refusal, and nothing is sent."""
    async with esl_server() as server:
        phones = registered(server)
        with pytest.raises(PbxRefused, match="no phone"):
            await phones.notify("1002", "x", "y", ["z"])
        assert server.sent("sendevent") == []
        assert await phones.addresses() == {"1001": frozenset({"127.0.0.1", "127.0.0.9"})}
        await phones.stop()


async def test_a_wrong_password_is_not_repeated() -> None:
    """Law: a password that was refused is not tried again and again; a PBX that is away is no error at the start."""
    async with esl_server() as server:
        phones = FreeSwitchPhones(server.access("wrong"), Link(server.access()))
        with pytest.raises(PbxRefused):
            await phones.start()
        with pytest.raises(PbxRefused):
            await phones.addresses()
        assert len(server.logins) == 1
        away = server.access()
    gone = FreeSwitchPhones(away, Link(away))
    await gone.start()
    with pytest.raises(TimeoutError):
        await gone.addresses()
    await gone.stop()
