"""What both sides of a call remember of each other, and the requests made from it (RFC 3261, section 12). No socket."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.lab.phone import sip_wire
from tests.lab.phone.sip_wire import Headers, Request, Response


@dataclass(slots=True)
class Dialog:
    """`local` and `remote` are From and To values with their tags, as seen from us; `target` is the other side's
    Contact.
    """

    call_id: str
    local: str
    remote: str
    target: str
    contact: str
    routes: list[str] = field(default_factory=list)
    sequence: int = 0

    @classmethod
    def of_answer(cls, invite: Request, response: Response) -> "Dialog":
        """The caller's view, from its INVITE and the 2xx (12.1.2)."""
        return cls(
            call_id=invite.headers["Call-ID"],
            local=invite.headers["From"],
            remote=response.headers["To"],
            target=sip_wire.address(response.headers["Contact"]),
            contact=invite.headers["Contact"],
            routes=response.headers.all("Record-Route")[::-1],
            sequence=sip_wire.cseq(invite).number,
        )

    @classmethod
    def of_request(cls, invite: Request, tag: str, contact: str) -> "Dialog":
        """The called side's view (12.1.1)."""
        return cls(
            call_id=invite.headers["Call-ID"],
            local=f"{invite.headers['To']};tag={tag}",
            remote=invite.headers["From"],
            target=sip_wire.address(invite.headers["Contact"]),
            contact=contact,
            routes=invite.headers.all("Record-Route"),
        )

    def request(self, method: str, via: str, extra: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Request:
        """The next request within the dialog."""
        self.sequence += 1
        return self._request(method, self.sequence, via, extra, body)

    def acknowledge(self, number: int, via: str) -> Request:
        """The ACK of a 2xx to the INVITE with that sequence number (13.2.2.4)."""
        return self._request("ACK", number, via, (), b"")

    def replaces(self) -> str:
        """This dialog as the value of a Replaces header, for the other side's eyes (RFC 3891, 3)."""
        to_tag, from_tag = sip_wire.parameter(self.remote, "tag"), sip_wire.parameter(self.local, "tag")
        return f"{self.call_id};to-tag={to_tag};from-tag={from_tag}"

    def _request(self, method: str, number: int, via: str, extra: Iterable[tuple[str, str]], body: bytes) -> Request:
        fields = [("Via", via), ("Max-Forwards", "70"), *(("Route", route) for route in self.routes)]
        fields += [("From", self.local), ("To", self.remote), ("Call-ID", self.call_id), ("CSeq", f"{number} {method}")]
        return Request(method, self.target, Headers([*fields, ("Contact", self.contact), *extra]), body)
