"""Datagrams as the PBX's UnicastRTP sends them: slin16, payload type 118, big-endian, 20 ms."""

from __future__ import annotations

import socket
import struct
from types import TracebackType

import numpy as np

from analysis.audio import Pcm16

SAMPLES = 320


class Sender:
    """Sends one leg's sound to a port on loopback, as one SSRC."""

    def __init__(self, port: int, ssrc: int = 7) -> None:
        self._port = port
        self._ssrc = ssrc
        self._packets = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))

    def __enter__(self) -> Sender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def send(self, pcm: Pcm16 | None = None) -> None:
        """One packet of sound (silence by default)."""
        self._packets += 1
        header = struct.pack("!BBHII", 0x80, 118, self._packets, self._packets * SAMPLES, self._ssrc)
        sound = np.zeros(SAMPLES, np.int16) if pcm is None else pcm
        self.raw(header + sound.astype(">i2").tobytes())

    def raw(self, datagram: bytes) -> None:
        """Any bytes at all."""
        self._socket.sendto(datagram, ("127.0.0.1", self._port))
