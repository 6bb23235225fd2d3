"""Sends RTP as so many forks would, evenly paced, from a process of its own: its CPU is not the receiver's.

`python -m benchmarks.packet_sender 20 9101 9102` sends 20 s to each of two ports, a packet each 20 ms, from a socket a
fork. Where all forks share one port it is named once for each. Each payload begins with the time at which it was
sent (monotonic, ns, 8 octets, big-endian). It says "sending" when it begins.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from typing import Final

from benchmarks.receiving import HOST, PACKET_S, SAMPLES

_NAP_S: Final = 0.0004
"""Sleeping for less takes longer than that."""


def send(ports: list[int], seconds: float) -> None:
    """Send to these ports of loopback."""
    forks = []
    for ssrc, port in enumerate(ports, start=1):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((HOST, 0))
        sock.connect((HOST, port))
        forks.append((sock, bytearray(struct.pack(">BBHIIQ", 0x80, 118, 0, 0, ssrc, 0) + bytes(2 * SAMPLES - 8))))
    print("sending", flush=True)
    begun_s = time.monotonic()
    for number in range(round(seconds / PACKET_S)):
        for index, (sock, packet) in enumerate(forks):
            due_s = begun_s + PACKET_S * (number + index / len(forks))
            if (wait_s := due_s - time.monotonic()) > _NAP_S:
                time.sleep(wait_s)
            struct.pack_into(">HI", packet, 2, number % 65536, number * SAMPLES)
            struct.pack_into(">Q", packet, 12, time.monotonic_ns())
            try:
                sock.send(packet)
            except ConnectionRefusedError:  # the receiver has gone
                continue


if __name__ == "__main__":
    send([int(word) for word in sys.argv[2:]], float(sys.argv[1]))
