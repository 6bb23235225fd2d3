"""The SIP of an eavesdropping leg, recorded from FreeSWITCH 1.11.2 on loopback, and the same with changes."""

from pathlib import Path

from ari_bridge.media.sip import Address, Request, parse

HERE = Path(__file__).parent / "recorded"
NAMES = tuple(sorted(path.stem for path in HERE.glob("tap_*.bin")))
PBX = Address("127.0.0.1", 25080)
"""Where they come from."""


def sample(name: str) -> bytes:
    """One datagram."""
    return (HERE / f"{name}.bin").read_bytes()


def edited(data: bytes, was: str, becomes: str, *, once: bool = False) -> bytes:
    """Another text in the place of one that must be there: everywhere, or only the first time."""
    assert was.encode() in data, was
    return data.replace(was.encode(), becomes.encode(), 1 if once else -1)


INVITE = sample("tap_invite_l16")
"""The first of a dialog, which offers L16 at 8 kHz."""


def read(datagram: bytes) -> Request:
    """The request in it."""
    found = parse(datagram)
    assert isinstance(found, Request)
    return found


def called(invite: bytes, token: str, call_id: str = "") -> bytes:
    """The INVITE to another token, as another call."""
    was = read(invite)
    data = edited(edited(invite, was.user, token), was.branch, f"{was.branch}{token[:6]}{call_id}")
    return edited(data, was.call_id, call_id or token)


def within(invite: bytes, method: str, tag: str, sequence: int = 0) -> bytes:
    """A request without a body in the dialog that `invite` began, whose other end gave itself `tag`."""
    was, sequence = read(invite), sequence or read(invite).sequence
    branch = f"z9hG4bK{method}{sequence}"
    return (
        f"{method} sip:127.0.0.1:31060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:25080;rport;branch={branch}\r\n"
        f"Max-Forwards: 70\r\nFrom: {was.sender}\r\nTo: {was.recipient};tag={tag}\r\nCall-ID: {was.call_id}\r\n"
        f"CSeq: {sequence} {method}\r\nContact: <{was.target}>\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def later(invite: bytes, tag: str, sequence: int, line: str = "") -> bytes:
    """The same INVITE once more within its dialog, with a line more in its description."""
    was = read(invite)
    data = edited(invite, f"To: {was.recipient}\r\n", f"To: {was.recipient};tag={tag}\r\n")
    data = edited(edited(data, was.branch, f"z9hG4bKre{sequence}"), f"CSeq: {was.sequence} ", f"CSeq: {sequence} ")
    head, _, body = data.partition(b"\r\n\r\n")
    body += f"{line}\r\n".encode() if line else b""
    head = head.replace(f"Content-Length: {len(was.body)}".encode(), f"Content-Length: {len(body)}".encode())
    return head + b"\r\n\r\n" + body
