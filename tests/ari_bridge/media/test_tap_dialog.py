"""One dialog in which we only listen, on a clock of its own."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ari_bridge.media import sdp, sip
from ari_bridge.media.payload import PayloadFormat
from ari_bridge.media.sip import Address, Request
from ari_bridge.media.tap_dialog import LIMIT_S, NEVER_S, T2_S, Dialog, Phase, offer_of
from tests.ari_bridge.media.tap_wire import INVITE, PBX, edited, later, read, within

OWN = Address("127.0.0.1", 31_060)


def heard() -> PayloadFormat:
    found = offer_of(read(INVITE)).format
    assert found is not None
    return found


class Peer:
    """The PBX's side of one dialog, and what was said to it; `now_s` is its clock."""

    def __init__(self) -> None:
        self.dialog = Dialog(read(INVITE), offer_of(read(INVITE)), PBX, OWN, heard(), 31_000)
        self.now_s = 100.0
        self.said: list[bytes] = list(self.dialog.begin(self.now_s))

    @property
    def is_up(self) -> bool:
        """Whether the dialog stands."""
        return self.dialog.phase is Phase.UP

    def says(self, datagram: bytes) -> list[bytes]:
        """What is answered to it."""
        assert self.dialog.has(read(datagram))
        answered = self.dialog.take(read(datagram), self.now_s)
        self.said += answered
        return answered

    def request(self, method: str, sequence: int = 0, **more: str) -> bytes:
        """One of this dialog."""
        return within(INVITE, method, self.dialog.tag, sequence, **more)

    def acknowledges(self) -> list[bytes]:
        """The ACK of the 200."""
        return self.says(self.request("ACK"))

    def waits(self, for_s: float) -> list[tuple[float, bytes]]:
        """What is said by itself, and how long after now."""
        began_s, said = self.now_s, []
        while self.dialog.due_s <= began_s + for_s:
            self.now_s = self.dialog.due_s
            said += [(self.now_s - began_s, one) for one in self.dialog.on_time(self.now_s)]
        self.now_s = began_s + for_s
        return said


def status(datagram: bytes) -> int:
    """Of a response."""
    return int(datagram.split(b" ")[1])


def bye_of(said: list[bytes]) -> Request:
    """The one BYE."""
    assert len(said) == 1
    found = read(said[0])
    assert found.method == "BYE"
    return found


def test_the_answer_is_said_until_it_is_heard_of() -> None:
    """Law: the 200 is said again after 0.5, 1, 2 s and then every 4 s, the same each time, and no more once the ACK has
    come (RFC 3261, 13.3.1.4).
    """
    peer = Peer()
    again = peer.waits(20)
    assert [at_s for at_s, _ in again] == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5]
    assert {one for _, one in again} == {peer.said[0]}
    assert peer.acknowledges() == []
    assert peer.waits(1_000) == []
    assert peer.is_up


def test_the_answer_says_where_we_hear_and_that_we_send_nothing() -> None:
    """Law: the 200 has our Contact, a tag, and a description that is recvonly at our port."""
    said = Peer().said[0]
    assert said.startswith(b"SIP/2.0 200 OK\r\n")
    assert b"\r\nContact: <sip:127.0.0.1:31060>\r\n" in said
    assert b"m=audio 31000 RTP/AVP" in said
    assert b"\r\na=recvonly\r\n" in said
    assert b"sendrecv" not in said
    assert b"sendonly" not in said


def test_who_never_acknowledges_is_hung_up() -> None:
    """Law: after 32 s without an ACK a BYE is said, also until it is answered, and after 32 s more all is forgotten."""
    peer = Peer()
    said = peer.waits(200)
    methods = ["BYE" if one.startswith(b"BYE") else "200" for _, one in said]
    assert methods == sorted(methods, reverse=False)
    first = methods.index("BYE")
    assert said[first][0] == LIMIT_S
    assert len({one for _, one in said[first:]}) == 1
    assert said[-1][0] < 2 * LIMIT_S
    assert all(other - one <= T2_S + 0.5 for (one, _), (other, _) in pairwise(said))
    assert peer.dialog.is_forgotten


def test_an_invite_that_comes_again_gets_the_same_answer() -> None:
    """Law: said again before the ACK it is answered with the same bytes; afterwards with nothing."""
    peer = Peer()
    assert peer.says(INVITE) == [peer.said[0]]
    peer.acknowledges()
    assert peer.says(INVITE) == []


def test_leaving_is_said_until_it_is_answered() -> None:
    """Law: a BYE of the dialog (parties turned round, to their Contact) at once, again until an answer to it comes."""
    peer = Peer()
    invite = read(INVITE)
    peer.acknowledges()
    said = peer.dialog.hang_up(peer.now_s)
    bye = bye_of(said)
    assert (bye.uri, bye.call_id, bye.recipient) == (invite.target, invite.call_id, invite.sender)
    assert bye.sender == f"{invite.recipient};tag={peer.dialog.tag}"
    assert [at_s for at_s, _ in peer.waits(4)] == [0.5, 1.5, 3.5]
    ringing = sip.response(bye, 200, OWN, "x").replace(b"200 OK", b"100 Trying")
    for answer, is_over in ((ringing, False), (sip.response(bye, 481, OWN, "x"), True)):
        found = sip.parse(answer)
        assert isinstance(found, sip.Response)
        peer.dialog.take_response(found, peer.now_s)
        assert (peer.dialog.phase is Phase.OVER) is is_over
    assert peer.waits(LIMIT_S + 1) == []
    assert peer.dialog.is_forgotten


def test_a_foreign_answer_ends_nothing() -> None:
    """Law: only a response to our BYE, by its branch, is one."""
    peer = Peer()
    peer.acknowledges()
    bye = bye_of(peer.dialog.hang_up(peer.now_s))
    found = sip.parse(sip.response(bye, 200, OWN, "x").replace(bye.branch.encode(), b"z9hG4bKelse"))
    assert isinstance(found, sip.Response)
    peer.dialog.take_response(found, peer.now_s)
    assert peer.dialog.phase is Phase.ENDING


def test_leaving_waits_for_the_ack() -> None:
    """Law: who is called says no BYE before the ACK (RFC 3261, 15), and then at once."""
    peer = Peer()
    assert peer.dialog.hang_up(peer.now_s) == []
    bye_of(peer.acknowledges())


def test_the_pbx_may_hang_up() -> None:
    """Law: its BYE is answered, each time that it comes, and ends the dialog; afterwards nothing else is taken."""
    peer, base = Peer(), read(INVITE).sequence
    peer.acknowledges()
    for _ in range(2):
        assert [status(one) for one in peer.says(peer.request("BYE", base + 1))] == [200]
        assert peer.dialog.is_over
    assert [status(one) for one in peer.says(peer.request("UPDATE", base + 2))] == [481]
    assert peer.dialog.hang_up(peer.now_s) == []


def test_a_session_is_kept_alive_as_it_is() -> None:
    """Law: a new INVITE or UPDATE with what was agreed is answered with the same description, without one only the
    INVITE is; the INVITE's answer waits for an ACK again.
    """
    peer = Peer()
    peer.acknowledges()
    description = peer.said[0].partition(b"\r\n\r\n")[2]
    base = read(INVITE).sequence
    (said,) = peer.says(later(INVITE, peer.dialog.tag, base + 1))
    assert said.endswith(b"\r\n\r\n" + description)
    assert not peer.is_up
    assert peer.says(later(INVITE, peer.dialog.tag, base + 1)) == [said]
    assert peer.says(peer.request("ACK")) == [], "the first INVITE's ACK says nothing of this one"
    assert not peer.is_up
    peer.says(peer.request("ACK", base + 1))
    assert peer.is_up
    (said,) = peer.says(peer.request("UPDATE", base + 2))
    assert status(said) == 200
    assert b"v=0" not in said
    (said,) = peer.says(edited(later(INVITE, peer.dialog.tag, base + 3), "INVITE", "UPDATE"))
    assert said.endswith(description)


def test_a_changed_description_counts_on() -> None:
    """Law: when the PBX stops sending we say `inactive` in a second version (RFC 3264, 8)."""
    peer = Peer()
    peer.acknowledges()
    held = later(INVITE, peer.dialog.tag, read(INVITE).sequence + 1, line="a=inactive")
    (said,) = peer.says(held)
    assert b"\r\na=inactive\r\n" in said
    version = [one.split()[2] for one in said.split(b"\r\n") if one.startswith(b"o=")]
    assert version == [b"2"]


@pytest.mark.parametrize("change", [("RTP/AVP", "RTP/SAVP"), ("L16/8000", "L16/9999"), ("v=0", "v=1")])
def test_another_format_in_the_middle_is_refused(change: tuple[str, str]) -> None:
    """Law: what no longer brings what was agreed is not acceptable, and the session goes on as it was."""
    peer = Peer()
    peer.acknowledges()
    data = edited(later(INVITE, peer.dialog.tag, read(INVITE).sequence + 1), *change)
    assert [status(one) for one in peer.says(data)] == [488]
    assert peer.is_up


def test_other_requests_within_change_nothing() -> None:
    """Law: keys by INFO, a transfer and the like are not allowed; an old number is out of order; a CANCEL is late."""
    peer = Peer()
    base = read(INVITE).sequence
    assert [status(one) for one in peer.says(edited(INVITE, "INVITE", "CANCEL"))] == [200]
    peer.acknowledges()
    for sequence, method in enumerate(("INFO", "REFER", "NOTIFY", "MESSAGE"), base + 1):
        assert [status(one) for one in peer.says(peer.request(method, sequence))] == [405]
    assert [status(one) for one in peer.says(peer.request("OPTIONS", base + 9))] == [200]
    assert [status(one) for one in peer.says(peer.request("UPDATE", base + 8))] == [500]
    assert [status(one) for one in peer.says(peer.request("CANCEL", base + 8))] == [481]
    assert peer.is_up


def test_what_is_of_another_dialog_is_not_taken() -> None:
    """Law: a request belongs here by Call-ID and both tags; without ours only what began it, and its CANCEL."""
    peer = Peer()
    bye = peer.request("BYE", 9)
    sender = read(INVITE).sender_tag
    assert peer.dialog.has(read(bye))
    for data in (
        edited(bye, peer.dialog.tag, "x"),
        edited(bye, sender, "x"),
        edited(bye, f";tag={peer.dialog.tag}", ""),
        edited(INVITE, read(INVITE).branch, "z9hG4bKother"),
        edited(INVITE, read(INVITE).call_id, "other"),
    ):
        assert not peer.dialog.has(read(data))


@given(
    st.lists(st.sampled_from(["INVITE", "again", "ACK", "BYE", "UPDATE", "CANCEL", "INFO", "leave", "wait", "answer"]))
)
def test_whatever_comes_it_ends(steps: list[str]) -> None:
    """Law: in any order of what may come, all that is said is SIP, never with a direction that sends, and from the
    moment of leaving or of a BYE all is forgotten after at most 100 s.
    """
    peer, sequence = Peer(), read(INVITE).sequence
    for step in steps:
        sequence += 1
        match step:
            case "INVITE":
                peer.says(later(INVITE, peer.dialog.tag, sequence))
            case "again":
                if peer.dialog.has(read(INVITE)):
                    peer.says(INVITE)
            case "ACK":
                peer.says(peer.request("ACK", peer.dialog._invite.sequence))
            case "leave":
                peer.said += peer.dialog.hang_up(peer.now_s)
            case "wait":
                peer.said += [one for _, one in peer.waits(3)]
            case "answer":
                byes = [one for one in peer.said if one.startswith(b"BYE")]
                for bye in byes[-1:]:
                    found = sip.parse(sip.response(read(bye), 200, OWN, "x"))
                    assert isinstance(found, sip.Response)
                    peer.dialog.take_response(found, peer.now_s)
            case method:
                peer.says(peer.request(method, sequence))
    peer.said += peer.dialog.hang_up(peer.now_s)
    peer.said += [one for _, one in peer.waits(3.2 * LIMIT_S)]
    assert peer.dialog.is_forgotten
    assert peer.dialog.due_s == NEVER_S
    for one in peer.said:
        sip.parse(one)
        _, _, described = one.partition(b"\r\n\r\n")
        assert not described or not any(stream.sends for stream in sdp.parse_offer(described).streams)
