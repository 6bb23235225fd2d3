"""Datagrams from the kernel into columns: as many as wait at a socket with one call, each with the kernel's own time.

The one place that knows the C library's structures (recvmmsg(2), cmsg(3), socket(7): SO_TIMESTAMPNS). Where there is no
recvmmsg, `PlainReceiver` fills the same columns one datagram at a time.
"""

from __future__ import annotations

import contextlib
import ctypes
import socket
import struct
import sys
from typing import Final

import numpy as np
from numpy.typing import NDArray

SLOT_BYTES: Final = 2112
"""Three times what 20 ms at 16 kHz take; longer datagrams are cut, and marked so. No power of two, since then all
headers would share one place of the processor's cache."""
SLOTS: Final = 1024
"""How many datagrams are held between two looks at them."""
CUT: Final = 0x20
"""MSG_TRUNC: the datagram was longer than its slot."""

_DONT_WAIT: Final = 0x40  # MSG_DONTWAIT
_TIMESTAMPNS: Final = 35  # SO_TIMESTAMPNS and SCM_TIMESTAMPNS
_TIME_BYTES: Final = 32  # a control message's header and a timespec
_NAME_BYTES: Final = 32  # sockaddr_in6 takes 28
_MESSAGE: Final = np.dtype(
    [
        ("name", np.uint64), ("name_bytes", np.uint32), ("_1", np.uint32), ("parts", np.uint64),
        ("part_count", np.uint64), ("control", np.uint64), ("control_bytes", np.uint64), ("flags", np.uint32),
        ("_2", np.uint32), ("size", np.uint32), ("_3", np.uint32),
    ]
)  # fmt: skip
"""struct mmsghdr where pointers have 64 bits and integers are little-endian, of the GNU and the musl library alike."""


class Columns:
    """What datagrams are received into, one row each; allocated once. `octets` is uint8 of shape (SLOTS, SLOT_BYTES).

    `names` are the senders' addresses as sockaddr structures, uint64 of shape (SLOTS, 4), zero where unused. `sizes`
    and `flags` are uint32 of shape (SLOTS,); `times` are the kernel's seconds and nanoseconds since 1970, int64 of
    shape (SLOTS, 2), zero where it gave none.
    """

    def __init__(self) -> None:
        self.octets: NDArray[np.uint8] = np.zeros((SLOTS, SLOT_BYTES), np.uint8)
        self.names: NDArray[np.uint64] = np.zeros((SLOTS, _NAME_BYTES // 8), np.uint64)
        self._messages = np.zeros(SLOTS, _MESSAGE)
        self._controls: NDArray[np.int64] = np.zeros((SLOTS, _TIME_BYTES // 8), np.int64)
        self.sizes: NDArray[np.uint32] = self._messages["size"]
        self.flags: NDArray[np.uint32] = self._messages["flags"]
        self.times: NDArray[np.int64] = self._controls[:, 2:]

    def wipe(self, stop: int) -> None:
        """Overwrite the first `stop` rows, a voice like any other copy of it, and make them ready for others."""
        self.octets[:stop, : self.sizes[:stop].max()] = 0
        self._controls[:stop] = 0


class MmsgReceiver(Columns):
    """Receives with recvmmsg(2).

    Raises:
        OSError: the C library has none, or other structures than ours.
    """

    def __init__(self) -> None:
        super().__init__()
        # PyDLL: the interpreter's lock is kept, since the call does not wait; giving it up 200 times a look would let
        # the engine's thread in between 200 times.
        receive = getattr(ctypes.PyDLL(None), "recvmmsg", None) if _is_known_layout() else None
        if receive is None:
            raise OSError("no recvmmsg here")
        receive.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_uint, ctypes.c_int, ctypes.c_void_p)
        receive.restype = ctypes.c_int
        self._receive = receive
        rows = np.arange(SLOTS, dtype=np.uint64)
        self._parts = np.empty((SLOTS, 2), np.uint64)  # struct iovec
        self._parts[:, 0] = self.octets.ctypes.data + rows * np.uint64(SLOT_BYTES)
        self._parts[:, 1] = SLOT_BYTES
        self._messages["name"] = self.names.ctypes.data + rows * np.uint64(_NAME_BYTES)
        self._messages["parts"] = self._parts.ctypes.data + rows * np.uint64(16)
        self._messages["part_count"] = 1
        self._messages["control"] = self._controls.ctypes.data + rows * np.uint64(_TIME_BYTES)
        self._addresses = [self._messages.ctypes.data + row * _MESSAGE.itemsize for row in range(SLOTS)]
        self.wipe(SLOTS)

    def receive(self, sock: socket.socket, row: int, most: int) -> int:
        """Put at most `most` datagrams into the rows from `row` on; how many came, less than 1 for none."""
        count: int = self._receive(sock.fileno(), self._addresses[row], most, _DONT_WAIT, None)
        return count

    def wipe(self, stop: int) -> None:
        """See `Columns`: the kernel wrote into each row how much of its fields it used."""
        super().wipe(stop)
        self._messages["name_bytes"][:stop] = _NAME_BYTES
        self._messages["control_bytes"][:stop] = _TIME_BYTES


class PlainReceiver(Columns):
    """Receives datagram by datagram with what every system has; times are zero."""

    def receive(self, sock: socket.socket, row: int, most: int) -> int:
        """See `MmsgReceiver.receive`."""
        count = 0
        with contextlib.suppress(OSError):
            while count < most:
                size, _, flags, address = sock.recvmsg_into([self.octets[row + count]])
                self.sizes[row + count] = size
                self.flags[row + count] = CUT if flags & socket.MSG_TRUNC else 0
                self.names[row + count] = np.frombuffer(_packed(sock.family, address), np.uint64)
                count += 1
        return count


def receiver() -> MmsgReceiver | PlainReceiver:
    """The best that this system has."""
    try:
        return MmsgReceiver()
    except OSError:
        return PlainReceiver()


def want_times(sock: socket.socket) -> None:
    """Ask the kernel to note when each datagram came."""
    if sys.platform == "linux":
        sock.setsockopt(socket.SOL_SOCKET, _TIMESTAMPNS, 1)


def address_of(name: bytes) -> tuple[str, int]:
    """The host and port of a sockaddr structure, `names` as bytes."""
    family, port = struct.unpack_from("=H", name)[0], struct.unpack_from(">H", name, 2)[0]
    if family == socket.AF_INET6:
        return socket.inet_ntop(socket.AF_INET6, name[8:24]), port
    return socket.inet_ntop(socket.AF_INET, name[4:8]), port


def _packed(family: int, address: tuple[str, int]) -> bytes:
    host = socket.inet_pton(family, address[0].partition("%")[0])
    gap = b"" if family == socket.AF_INET else b"\0\0\0\0"
    return (struct.pack("=H", family) + struct.pack(">H", address[1]) + gap + host).ljust(_NAME_BYTES, b"\0")


def _is_known_layout() -> bool:
    return sys.platform == "linux" and ctypes.sizeof(ctypes.c_void_p) == 8 and sys.byteorder == "little"
