"""The parties' side of `benchmarks.calls`, in a process of its own: RTP of both parties of every call, evenly paced.

As the PBX's forks send it: slin16 in big-endian, 640 bytes each 20 ms, payload type 118, a source port and an SSRC for
each fork. Orders come as lines of JSON on standard input:

    {"do": "start", "fork": "f1", "call": 7, "party": "caller", "port": 20002}
    {"do": "stop", "fork": "f1"}
    {"do": "tell"}                 answered by a line: packets sent and lateness since the last one
"""

from __future__ import annotations

import json
import queue
import random
import socket
import struct
import sys
import threading
import time
from itertools import count
from typing import Any, Final

import numpy as np

from benchmarks.processes import raise_file_limit
from benchmarks.talk import Conversation, conversations

PACKET_S: Final = 0.02
PACKET_BYTES: Final = 640
PAYLOAD_TYPE: Final = 118
SLOTS: Final = 20
"""The streams take turns within each 20 ms, as calls that began at different moments do."""
VARIETY: Final = 8
"""Different conversations; calls that share one are at different places in it."""


class Stream:
    """One fork: its socket, and where it stands in its conversation."""

    __slots__ = ("_at", "_header", "_sequence", "_socket", "_sound", "_timestamp")

    def __init__(self, port: int, sound: memoryview, at: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.setblocking(False)
        self._sound, self._at = sound, at
        self._sequence, self._timestamp = random.randrange(1 << 16), 320  # noqa: S311
        self._header = bytearray(struct.pack(">BBHII", 0x80, PAYLOAD_TYPE, 0, 0, random.randrange(1 << 32)))  # noqa: S311

    def send(self) -> bool:
        """The next packet; False where the kernel did not take it."""
        struct.pack_into(">HI", self._header, 2, self._sequence, self._timestamp)
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._timestamp = (self._timestamp + 320) & 0xFFFFFFFF
        at = self._at
        self._at = at + PACKET_BYTES if at + 2 * PACKET_BYTES <= len(self._sound) else 0
        try:
            self._socket.sendmsg((self._header, self._sound[at : at + PACKET_BYTES]))
        except OSError:  # nobody listens there (any more): the PBX would notice neither
            return False
        return True

    def close(self) -> None:
        """Nothing more."""
        self._socket.close()


class Speakers:
    """All streams, sent from one thread."""

    def __init__(self, talks: list[Conversation]) -> None:
        self._sounds = {
            (index, party): memoryview(side.astype(">i2").tobytes())
            for index, talk in enumerate(talks)
            for party, side in (("caller", talk.caller), ("agent", talk.agent))
        }
        self._variety = len(talks)
        self._slots: list[dict[str, Stream]] = [{} for _ in range(SLOTS)]
        self._slot_of: dict[str, int] = {}
        self._begun: dict[int, int] = {}
        self._next_slot = 0
        self._packet = 0
        self._sent = self._refused = 0
        self._late_ms: list[float] = []
        self._orders: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()

    def order(self, order: dict[str, Any] | None) -> None:
        """Hand in an order, from any thread; None ends the run."""
        self._orders.put(order)

    def run(self) -> None:
        """Send until told to end."""
        began_s = time.monotonic()
        for tick in count():
            due_s = began_s + tick * PACKET_S / SLOTS
            ahead_s = due_s - time.monotonic()
            if ahead_s > 0:
                time.sleep(ahead_s)
            self._late_ms.append(max(0.0, time.monotonic() - due_s) * 1000)
            self._packet = tick // SLOTS
            for stream in self._slots[tick % SLOTS].values():
                if stream.send():
                    self._sent += 1
                else:
                    self._refused += 1
            while not self._orders.empty():
                order = self._orders.get()
                if order is None:
                    return
                self._obey(order)

    def _obey(self, order: dict[str, Any]) -> None:
        match order["do"]:
            case "start":
                self._start(order["fork"], order["call"], order["party"], order["port"])
            case "stop":
                self._stop(order["fork"])
            case "tell":
                self._tell()

    def _start(self, fork: str, call: int, party: str, port: int) -> None:
        sound = self._sounds[call % self._variety, party]
        first = self._begun.setdefault(call, self._packet)  # both parties of a call are at the same place
        packets = len(sound) // PACKET_BYTES
        at = (self._packet - first + 7 * 50 * (call // self._variety)) % packets
        self._slot_of[fork] = self._next_slot
        self._slots[self._next_slot][fork] = Stream(port, sound, at * PACKET_BYTES)
        self._next_slot = (self._next_slot + 1) % SLOTS

    def _stop(self, fork: str) -> None:
        slot = self._slot_of.pop(fork, None)
        if slot is not None:
            self._slots[slot].pop(fork).close()

    def _tell(self) -> None:
        late = np.array(self._late_ms) if self._late_ms else np.zeros(1)
        told = {
            "sent": self._sent,
            "refused": self._refused,
            "late_p50_ms": float(np.percentile(late, 50)),
            "late_p99_ms": float(np.percentile(late, 99)),
            "late_max_ms": float(late.max()),
        }
        self._sent = self._refused = 0
        self._late_ms.clear()
        print(json.dumps(told), flush=True)


def main() -> None:
    """Obey what comes on standard input, until it ends."""
    raise_file_limit()
    speakers = Speakers(conversations(VARIETY))
    print(json.dumps({"ready": True}), flush=True)
    sending = threading.Thread(target=speakers.run, name="speakers")
    sending.start()
    for line in sys.stdin:
        speakers.order(json.loads(line))
    speakers.order(None)
    sending.join()


if __name__ == "__main__":
    main()
