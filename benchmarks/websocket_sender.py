"""Sends sound by WebSocket as FreeSWITCH's mod_audio_stream would for so many forks, evenly paced, from a process of
its own: its CPU is not the receiver's.

`python -m benchmarks.websocket_sender 20 8099 <token> <token>` connects twice to that port of loopback and sends 20 s
on each connection, a message each 20 ms. Each message begins with the time at which it was sent (monotonic, ns, 8
octets, little-endian). It says "sending" when all are connected.
"""

from __future__ import annotations

import base64
import secrets
import socket
import struct
import sys
import time
from collections.abc import Sequence
from typing import Final

from benchmarks.receiving import HOST, PACKET_S, SAMPLES

MASK: Final = 0x44332211
"""The same for all, so that only the time must be masked anew."""
HEAD: Final = b"\x82\xfe" + struct.pack(">H", 2 * SAMPLES) + struct.pack("<I", MASK)
"""A binary message, whole and masked, with its length in two octets (RFC 6455, 5.2)."""
FRAMED_BYTES: Final = len(HEAD) + 2 * SAMPLES
_WIDE_MASK: Final = MASK << 32 | MASK
_NAP_S: Final = 0.0004
"""Sleeping for less takes longer than that."""


def send(port: int, tokens: Sequence[str], seconds: float) -> None:
    """Connect with each token, then send."""
    forks = [_connected(port, token) for token in tokens]
    message = bytearray(HEAD + struct.pack("<I", MASK) * (SAMPLES // 2))
    print("sending", flush=True)
    begun_s = time.monotonic()
    for number in range(round(seconds / PACKET_S)):
        for index, sock in enumerate(forks):
            due_s = begun_s + PACKET_S * (number + index / len(forks))
            if (wait_s := due_s - time.monotonic()) > _NAP_S:
                time.sleep(wait_s)
            struct.pack_into("<Q", message, len(HEAD), time.monotonic_ns() ^ _WIDE_MASK)
            sock.sendall(message)


def _connected(port: int, token: str) -> socket.socket:
    sock = socket.create_connection((HOST, port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.sendall(_request(token))
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += sock.recv(4096) or b"\r\n\r\n"
    if b" 101 " not in answer.partition(b"\r\n")[0]:
        sys.exit(f"not let in: {answer[:80]!r}")
    return sock


def _request(token: str) -> bytes:
    fields = {
        "Host": HOST,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": base64.b64encode(secrets.token_bytes(16)).decode(),
        "Sec-WebSocket-Version": "13",
        "Authorization": f"Bearer {token}",
    }
    lines = ["GET /fork HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    return "\r\n".join(lines).encode()


if __name__ == "__main__":
    try:
        send(int(sys.argv[2]), sys.argv[3:], float(sys.argv[1]))
    except ConnectionError:  # the receiver has gone
        sys.exit(1)
