"""Documents to desk phones."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from ari_bridge.pbx.asterisk import phones
from ari_bridge.pbx.asterisk.phones import AsteriskPhones
from ari_bridge.pbx.errors import NotLetIn, Unreachable
from ari_bridge.pbx.port import PbxRefused, Phones
from tests import wire
from tests.ari_bridge.pbx.asterisk.ami_server import AmiServer


async def test_a_document_goes_out_piece_by_piece(ami: AmiServer) -> None:
    """Law: event, type and the pieces of the body, in order, to one endpoint."""
    made: Phones = AsteriskPhones(ami.access())
    await made.notify("1001", "Yealink-xml", "application/xml", ["<a>", "é</a>"])
    (lines,) = ami.named("PJSIPNotify")
    assert "Endpoint: 1001" in lines
    assert [line for line in lines if line.startswith("Variable")] == [
        "Variable: Event=Yealink-xml",
        "Variable: Content-Type=application/xml",
        "Variable: Content=<a>",
        "Variable: Content=é</a>",
    ]


async def test_it_connects_again_when_there_is_something_to_send(ami: AmiServer) -> None:
    """Law: a PBX that restarted gets the next document."""
    made = AsteriskPhones(ami.access())
    await made.start()
    ami.dropping.add("PJSIPNotify")
    with pytest.raises(Unreachable):
        await made.notify("1001", "e", "t", ["x"])
    ami.dropping.clear()
    await made.notify("1001", "e", "t", ["y"])
    assert ami.logins == 2
    await made.stop()


async def test_a_pbx_that_is_not_there_yet_is_no_reason_to_stop(
    ami: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: the service starts before its PBX; a document that finds none is refused, at once the second time."""
    nowhere = replace(ami.access(), port=1)
    made = AsteriskPhones(nowhere)
    await made.start()
    with pytest.raises(Unreachable, match="a moment ago"):
        await made.notify("1001", "e", "t", ["x"])
    monkeypatch.setattr(phones, "RETRY_S", 0.0)
    other = AsteriskPhones(nowhere)
    await other.start()
    with pytest.raises(Unreachable, match="cannot be reached"):
        await other.notify("1001", "e", "t", ["x"])


async def test_a_wrong_password_is_tried_once(ami: AmiServer) -> None:
    """Law: a wrong password stops the service with a sentence, and is never repeated."""
    made = AsteriskPhones(ami.access("wrong"))
    with pytest.raises(NotLetIn, match=r"manager\.conf"):
        await made.start()
    with pytest.raises(NotLetIn):
        await made.notify("1001", "e", "t", ["x"])
    assert ami.logins == 1


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [("notify_no_endpoint", "nosuch"), ("unknown_command", "pjsip_notify"), ("permission_denied", "write = system")],
)
async def test_a_no_says_what_to_do(ami: AmiServer, answer: str, sentence: str) -> None:
    """Law: an unknown phone, a missing module and a missing right are each said in words that help."""
    made = AsteriskPhones(ami.access())
    ami.answers["PJSIPNotify"] = wire.ami(f"{answer}_{ami.version}")
    with pytest.raises(PbxRefused, match=sentence):
        await made.notify("nosuch", "e", "t", ["x"])
    await made.stop()


@pytest.mark.parametrize("piece", ["a\r\nAction: Logoff", "a\nb", "x" * 1100])
async def test_a_piece_that_ami_cannot_carry_is_refused(ami: AmiServer, piece: str) -> None:
    """Law: a hostile name in a document injects nothing."""
    made = AsteriskPhones(ami.access())
    with pytest.raises(PbxRefused):
        await made.notify("1001", "e", "t", [piece])
    assert ami.named("PJSIPNotify") == []
    await made.stop()


async def test_registered_phones_tell_their_user_agents(ami: AmiServer) -> None:
    """Law: each contact that Asterisk lists is told under its endpoint; a PBX without any tells none."""
    made = AsteriskPhones(ami.access())
    ami.answers["PJSIPShowContacts"] = wire.ami(f"contacts_{ami.version}")
    assert await made.user_agents() == {"1041": ("Yealink SIP-T46S 66.86.0.15",)}
    ami.answers["PJSIPShowContacts"] = wire.ami(f"contacts_none_{ami.version}")
    assert await made.user_agents() == {}
    ami.answers["PJSIPShowContacts"] = wire.ami(f"permission_denied_{ami.version}")
    with pytest.raises(PbxRefused):
        await made.user_agents()
    ami.dropping.add("PJSIPShowContacts")
    with pytest.raises(Unreachable):
        await made.user_agents()
    await made.stop()


async def test_registered_phones_tell_their_addresses(ami: AmiServer) -> None:
    """Law: the host of each contact's URI is told under its endpoint; a PBX without any tells none."""
    made = AsteriskPhones(ami.access())
    ami.answers["PJSIPShowContacts"] = wire.ami(f"contacts_{ami.version}")
    assert await made.addresses() == {"1041": {"127.0.0.1"}}
    ami.answers["PJSIPShowContacts"] = wire.ami(f"contacts_none_{ami.version}")
    assert await made.addresses() == {}
    await made.stop()


@pytest.mark.parametrize(
    ("uri", "host"),
    [
        ("sip:1001@192.0.2.7:5060;transport=tcp", "192.0.2.7"),
        ("sips:1001@[2001:db8::7]:5061", "2001:db8::7"),
        ("sip:192.0.2.7", "192.0.2.7"),
        ("sip:a%40b:secret@phone.example;ob", "phone.example"),
        ("tel:+4930", None),
        ("", None),
    ],
)
async def test_a_contacts_host_is_read_from_its_uri(
    ami: AmiServer, monkeypatch: pytest.MonkeyPatch, uri: str, host: str | None
) -> None:
    """Law: RFC 3261, 19.1.1: with and without user, port, parameters; what is no SIP URI is nobody's address."""
    made = AsteriskPhones(ami.access())

    async def contacts() -> list[Mapping[str, str]]:
        return [{"endpoint": "1001", "uri": uri}]

    monkeypatch.setattr(made, "_contacts", contacts)
    assert await made.addresses() == ({"1001": {host}} if host else {})
