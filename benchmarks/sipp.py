"""SIPp, which plays callers and agents to a real Asterisk: found, or fetched from Debian; its scenarios and options.

Callers ring, hear the notice out, press 1, press a key that means nothing twice (which cuts thanks and the reference
short), and talk. Agents answer at once and talk. Both speak mu-law from a file, over and over, by SIPp's rtp_stream.
Keys go by SIP INFO: SIPp 3.6.1 sends those of RFC 4733 from another port than the voice, and Asterisk, which learns by
the first packets whence a voice comes (strictrtp), then takes no voice.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.lab.asterisk import dying_with_us
from tests.lab.debian import Say, cache_folder, fetch
from tests.lab.errors import LabError
from tests.lab.pbx_files import SERVER_HOST, TRUNK_HOST

SUITE: Final = "bookworm"
NOTICE_S: Final = 12.2
"""The English notice (11.6 s), and a moment of thought."""
CUT_S: Final = (1.5, 1.0, 0.3)
"""From the yes to the first key that means nothing, from that to the second, and from that to the agent's voice."""
TALKS_AFTER_S: Final = NOTICE_S + sum(CUT_S)

_SDP: Final = """v=0
o=lab 1 1 IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
m=audio [rtpstream_audio_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=ptime:20
"""


@dataclass(frozen=True, slots=True)
class Sipp:
    """The program. `command` is the argument list that starts it, without options."""

    command: tuple[str, ...]

    async def start(self, folder: Path, name: str, scenario: str, *options: str) -> asyncio.subprocess.Process:
        """Run a scenario in `folder`, where <name>.xml and its output lie."""
        (folder / f"{name}.xml").write_text(scenario, encoding="utf-8")
        line = [*self.command, "-sf", f"{name}.xml", "-nostdin", "-ci", SERVER_HOST, *options]
        with (folder / f"{name}.out").open("wb") as out:
            return await asyncio.create_subprocess_exec(
                *dying_with_us(line), stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True, cwd=folder,
            )  # fmt: skip


def find(say: Say = print) -> Sipp:
    """The host's program if there is one, else Debian's, unpacked into the cache and run by its own loader.

    Raises LabError: it cannot be had.
    """
    on_host = shutil.which("sipp")
    if on_host is not None:
        return Sipp((on_host,))
    try:
        root = fetch(("sip-tester", "base-files"), SUITE, cache_folder() / f"sipp-{SUITE}", say)
    except LabError as error:
        raise LabError(f"There is no sipp here (Debian: apt install sip-tester). {error}") from error
    loaders = [*root.glob("lib/*/ld-linux*.so.*"), *root.glob("usr/lib/*/ld-linux*.so.*")]
    if not loaders:
        raise LabError(f"Debian's sip-tester in {root} is not complete; delete that folder and try again.")
    patterns = ("lib/*-linux-*", "usr/lib/*-linux-*", "usr/lib")
    libraries = [str(folder) for pattern in patterns for folder in root.glob(pattern)]
    return Sipp((str(loaders[0]), "--library-path", ":".join(libraries), str(root / "usr/bin/sipp")))


def caller_options(server: tuple[str, int], extension: str, calls: int, per_s: float) -> Sequence[str]:
    """So many callers at the trunk's address, so many new ones a second."""
    return (
        f"{server[0]}:{server[1]}", "-s", extension, "-i", TRUNK_HOST, "-mi", TRUNK_HOST,
        "-m", str(calls), "-l", str(calls), "-r", f"{per_s:g}",
    )  # fmt: skip


def agent_options(port: int) -> Sequence[str]:
    """One phone that takes any number of calls, on the port that the PBX knows it by."""
    return ("-i", SERVER_HOST, "-p", str(port), "-mi", SERVER_HOST)


def mu_law(samples: NDArray[np.int16]) -> bytes:
    """Samples as mu-law (ITU-T G.711, table 2a; the usual arithmetic of it)."""
    magnitude = np.minimum(np.abs(samples.astype(np.int32)), 32635) + 132
    exponent = np.maximum(0, np.floor(np.log2(magnitude)).astype(np.int32) - 7)
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    sign = np.where(samples < 0, 0x80, 0)
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()


def caller_scenario(sound: str, talks_s: float) -> str:
    """See the top of this file; then the caller talks for so long and hangs up."""
    first, second, last = CUT_S
    return _scenario(
        "caller",
        _send(_request("INVITE", "1 INVITE") + _offer(), _AGAIN),
        *(f'<recv response="{status}" optional="true"/>' for status in (100, 180, 183)),
        '<recv response="200" rrs="true"/>',
        _send(_request("ACK", "1 ACK", "[peer_tag_param]") + _EMPTY),
        *(_pause(NOTICE_S), *_key("1", 2), _pause(first), *_key("0", 3), _pause(second), *_key("0", 4), _pause(last)),
        _stream(sound),
        _pause(talks_s),
        _send(_request("BYE", "5 BYE", "[peer_tag_param]") + _EMPTY, _AGAIN),
        '<recv response="200"/>',
    )


def agent_scenario(sound: str) -> str:
    """Answers, talks, and takes the other's hanging up."""
    own = ";tag=[pid]SIPpTag[call_number]"
    return _scenario(
        "agent",
        '<recv request="INVITE" crlf="true"/>',
        _send(_reply("180 Ringing", own) + _EMPTY),
        _send(_reply("200 OK", own) + _offer(), _AGAIN),
        '<recv request="ACK"/>',
        _stream(sound),
        '<recv request="BYE"/>',
        _send(_reply("200 OK") + _EMPTY),
    )


_AGAIN: Final = ' retrans="500"'
_EMPTY: Final = "Content-Length: 0\n"


def _scenario(name: str, *steps: str) -> str:
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
    return head + f'<scenario name="{name}">\n' + "\n".join(steps) + "\n</scenario>\n"


def _request(method: str, sequence: str, to_tag: str = "") -> str:
    return (
        f"{method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0\n"
        "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
        "From: <sip:0620000[call_number]@[local_ip]:[local_port]>;tag=[pid]SIPpTag[call_number]\n"
        f"To: <sip:[service]@[remote_ip]:[remote_port]>{to_tag}\n"
        f"Call-ID: [call_id]\nCSeq: {sequence}\n"
        "Contact: <sip:lab@[local_ip]:[local_port]>\nMax-Forwards: 70\n"
    )


def _reply(status: str, to_tag: str = "") -> str:
    return (
        f"SIP/2.0 {status}\n[last_Via:]\n[last_From:]\n[last_To:]{to_tag}\n[last_Call-ID:]\n[last_CSeq:]\n"
        "Contact: <sip:[local_ip]:[local_port];transport=[transport]>\n"
    )


def _offer() -> str:
    return f"Content-Type: application/sdp\nContent-Length: [len]\n\n{_SDP}"


def _send(message: str, options: str = "") -> str:
    return f"<send{options}><![CDATA[\n{message}\n]]></send>"


def _pause(duration_s: float) -> str:
    return f'<pause milliseconds="{round(duration_s * 1000)}"/>'


def _key(key: str, sequence: int) -> tuple[str, str]:
    head = _request("INFO", f"{sequence} INFO", "[peer_tag_param]")
    body = f"Content-Type: application/dtmf-relay\nContent-Length: [len]\n\nSignal={key}\nDuration=160\n"
    return _send(head + body, _AGAIN), '<recv response="200"/>'


def _stream(sound: str) -> str:
    return f'<nop><action><exec rtp_stream="{sound},-1,0"/></action></nop>'
