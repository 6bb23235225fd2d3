"""Laws of the dialog."""

from tests.lab.phone import sip_wire
from tests.lab.phone.dialog import Dialog
from tests.lab.phone.sip_wire import Headers, Request

INVITE = Request(
    "INVITE",
    "sip:1001@127.0.0.1",
    Headers(
        [
            ("Via", "SIP/2.0/UDP 127.0.0.2:5062;branch=z9hG4bKa"),
            ("Record-Route", "<sip:first;lr>, <sip:second;lr>"),
            ("From", "<sip:zoe@127.0.0.2>;tag=z"),
            ("To", "<sip:1001@127.0.0.1>"),
            ("Call-ID", "one"),
            ("CSeq", "1 INVITE"),
            ("Contact", "<sip:zoe@127.0.0.2:5062>"),
        ]
    ),
)


def test_both_sides_see_the_same_call_from_their_own_end() -> None:
    """RFC 3261, 12.1: local and remote are exchanged, routes reversed for the caller; the target is the Contact."""
    answer = sip_wire.reply(INVITE, 200, "OK", "t", [("Contact", "<sip:1001@127.0.0.1:5070>")])
    caller = Dialog.of_answer(INVITE, answer)
    called = Dialog.of_request(INVITE, "t", "<sip:1001@127.0.0.1:5070>")
    assert (caller.local, caller.remote) == (called.remote, called.local)
    assert caller.routes == called.routes[::-1] == ["<sip:second;lr>", "<sip:first;lr>"]
    bye = caller.request("BYE", "via")
    assert (bye.uri, bye.headers["CSeq"]) == ("sip:1001@127.0.0.1:5070", "2 BYE")
    assert called.request("BYE", "via").uri == "sip:zoe@127.0.0.2:5062"


def test_an_ack_does_not_count() -> None:
    """RFC 3261, 13.2.2.4: an ACK bears its INVITE's number, the next request the one after that."""
    dialog = Dialog.of_request(INVITE, "t", "<sip:us>")
    dialog.request("INVITE", "via")
    assert dialog.acknowledge(1, "via").headers["CSeq"] == "1 ACK"
    assert dialog.request("BYE", "via").headers["CSeq"] == "2 BYE"


def test_replaces_names_the_tags_as_the_pbx_knows_them() -> None:
    """RFC 3891, 3: to-tag is the tag of the side that gets the Replaces, i.e. the remote one of ours."""
    assert Dialog.of_request(INVITE, "t", "<sip:us>").replaces() == "one;to-tag=z;from-tag=t"
