"""Ports for one laboratory: a block below the kernel's ephemeral range, held by a guard socket as long as the block
lives.
"""

import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from tests.lab.errors import LabError

BLOCK = 2000
_BASES = range(10_000, 30_001, BLOCK)
_FIXED = 200
"""So many ports at the start of a block must be free when it is taken; those after it are RTP ports, which Asterisk
probes itself.
"""


@dataclass(frozen=True, slots=True)
class PortBlock:
    """2000 ports, laid out. Phones take their RTP ports from the kernel's ephemeral range, so that none falls into
    `forks`.

    sip, trunk and agents are UDP, http (ARI) and ami TCP, `forks` (200) are for the bridge and watched by the recorder,
    `rtp` (1600, 800 usable) are Asterisk's own, `spare` (10) are for whatever else a test listens on.
    """

    base: int
    guard: socket.socket

    @property
    def sip(self) -> int:
        return self.base

    @property
    def http(self) -> int:
        return self.base + 1

    @property
    def ami(self) -> int:
        return self.base + 2

    @property
    def trunk(self) -> int:
        return self.base + 3

    @property
    def spare(self) -> range:
        return range(self.base + 5, self.base + 15)

    def agent(self, number: int) -> int:
        """The SIP port of the phone of agent 1001..1060."""
        if not 1001 <= number <= 1060:
            raise ValueError(f"no agent {number}")
        return self.base + 20 + number - 1001

    @property
    def forks(self) -> range:
        return range(self.base + 100, self.base + 300)

    @property
    def rtp(self) -> range:
        return range(self.base + 300, self.base + 1900)

    def release(self) -> None:
        """Give the block back to others."""
        self.guard.close()


def take_ports() -> PortBlock:
    """A block that no other laboratory on this machine holds. Raises LabError if all are taken."""
    for base in _shuffled_bases():
        guard = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            guard.bind(("127.0.0.1", base + BLOCK - 1))
        except OSError:
            guard.close()
            continue
        if _all_free(range(base, base + _FIXED)):
            return PortBlock(base, guard)
        guard.close()
    raise LabError("No free block of ports between 10000 and 32000 on loopback; is another test run hanging?")


def _shuffled_bases() -> Iterator[int]:
    yield from random.sample(_BASES, len(_BASES))


def _all_free(ports: range) -> bool:
    for port in ports:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    return False
    return True
