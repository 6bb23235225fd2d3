"""A fake gate: what the script in FreeSWITCH tells when it is asked, at the fake event socket."""

from collections.abc import Callable

from tests.ari_bridge.pbx.freeswitch.esl_server import EslServer, event, replied

CALL, LEG = "5d1e0f4c-0000-4000-8000-000000000001", "5d1e0f4c-0000-4000-8000-000000000002"
NOTICE = "0123456789abcdef"


def asked(command: str) -> dict[str, str]:
    """The headers of what the gate was asked."""
    return dict(line.split(": ", 1) for line in command.split("\n")[1:] if ": " in line)


def with_gate(server: EslServer, tell: Callable[[dict[str, str]], tuple[str, str]], body: str = "") -> None:
    """Have each ask answered by `tell`: what it did, and more of that."""

    def answer(command: str) -> bytes:
        headers = asked(command)
        did, more = tell(headers)
        told = {"Event-Subclass": "ouidire::told", "Ouidire-Did": did, "Ouidire-More": more}
        same = {name: headers.get(f"Ouidire-{name}", "") for name in ("Ask", "Call", "Leg")}
        sent = told | {f"Ouidire-{name}": text for name, text in same.items()}
        return replied("+OK") + event("CUSTOM", sent, body.encode())

    server.answers["sendevent CUSTOM"] = answer


def consent(answer: str, why: str, **more: str) -> bytes:
    """An answer as the dialplan tells it."""
    headers = {
        "Event-Subclass": "ouidire::consent", "Unique-ID": CALL, "Channel-Name": "sofia/external/0640000001@x",
        "Call-Direction": "inbound", "variable_sofia_profile_name": "external", "variable_ouidire_call": CALL,
        "Ouidire-Call": CALL, "Ouidire-Answer": answer, "Ouidire-Why": why, "Ouidire-Notice": NOTICE,
        "Ouidire-Language": "en", "Ouidire-At": "1795000000",
    }  # fmt: skip
    return event("CUSTOM", headers | more)
