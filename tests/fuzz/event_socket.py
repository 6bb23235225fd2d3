"""What is fed to the readers of FreeSWITCH's event socket, and how they are looked at while they read."""

from collections.abc import Sequence

from ari_bridge.pbx.freeswitch import esl_wire
from ari_bridge.pbx.freeswitch.esl_wire import Event, MessageReader
from ari_bridge.pbx.freeswitch.events import Legs
from tests.ari_bridge.pbx.freeswitch.recorded import names, recorded, told

SENT = [recorded(name) for name in (*names("event_"), "auth_request", "api_getvar_set")]
TOLD = [headers for name in ("held", "attended", "bypass") for headers in told(name)]
ROWS = '{"row_count":1,"rows":[{"uuid":"64ab5a40-3c26-4dd8-8466-10532c546c4e","callstate":"HELD"}]}'


def read(pieces: Sequence[bytes]) -> None:
    """One connection's bytes, as they came."""
    reader = MessageReader()
    for piece in pieces:
        for message in reader.read(piece):
            esl_wire.event_of(message)
        assert reader.waiting_bytes <= esl_wire.MAX_HEADER_BYTES + esl_wire.MAX_BODY_BYTES


def follow(headers: object) -> None:
    """A call's events, in which anything can stand."""
    if isinstance(headers, dict):
        event = Event({str(name): str(value) for name, value in headers.items()})
        assert all(one is not None for one in Legs({}, {}).read(event))
