"""Many datagrams of many streams at once: which of them simply go on, told from the columns of their headers.

RFC 3550, section 5.1, read by numpy for a whole look at all sockets. What is not as plain as can be (an extension, a
gap, another source) is only marked as that, for `MediaStream` to take packet by packet. No input or output.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ari_bridge.media.payload import PayloadFormat
from ari_bridge.media.rtp import HEADER_BYTES

_PLAIN: Final = 0x80
"""Version 2, no padding, no extension, no contributing sources."""


class Stretch(NamedTuple):
    """Rows that one stream received. Where `is_plain`, each packet follows the one before, and all have one length.

    `ssrc`, `sequence`, `timestamp` and `size` (octets of the datagram) are the first one's. `uneven_s` is by how much
    the distance of two packets differs, on average, from what their timestamps say.
    """

    first: int
    stop: int
    is_plain: bool
    size: int
    sequence: int
    timestamp: int
    ssrc: int
    first_at_s: float
    last_at_s: float
    uneven_s: float


class Headers:
    """Reads the first octets of rows.

    Args:
        octets: one datagram a row, uint8 of shape (rows, octets); read anew at each `stretches`.
        payload: the one format that is looked for.
    """

    def __init__(self, octets: NDArray[np.uint8], payload: PayloadFormat) -> None:
        width = octets.shape[1]
        fields = [("flags", "u1"), ("kind", "u1"), ("sequence", ">u2"), ("timestamp", ">u4"), ("ssrc", ">u4")]
        row = np.dtype([*fields, ("rest", f"V{width - HEADER_BYTES}")])
        rows = octets.view(row)[:, 0]
        self._flags, self._kind = rows["flags"], rows["kind"]
        self._sequence, self._timestamp, self._ssrc = rows["sequence"], rows["timestamp"], rows["ssrc"]
        self._type = payload.payload_type
        self._octets_per_tick = payload.octets_per_tick
        self._clock_s = 1 / payload.clock_rate_hz

    def stretches(
        self,
        first_rows: list[int],
        stop: int,
        names: NDArray[np.uint64],
        sizes: NDArray[np.uint32],
        is_whole: NDArray[np.bool_],
        at_s: NDArray[np.float64],
    ) -> Iterator[Stretch]:
        """What each stream received.

        Args:
            first_rows: where each stream's rows begin, rising from 0, each stream with at least one row.
            stop: one past the last row.
            names: the senders, shape (rows, words).
            sizes: of the datagrams, in octets, shape (rows,).
            is_whole: whether all of a datagram is there, shape (rows,).
            at_s: when each came, shape (rows,).
        """
        sizes = sizes[:stop].astype(np.int64)
        sequences = self._sequence[:stop].astype(np.int64)
        timestamps = self._timestamp[:stop].astype(np.int64)
        ssrcs = self._ssrc[:stop].astype(np.int64)
        octets = sizes - HEADER_BYTES
        is_plain = (self._flags[:stop] == _PLAIN) & ((self._kind[:stop] & 0x7F) == self._type) & is_whole
        is_plain &= (octets > 0) & (octets % self._octets_per_tick == 0)
        step = (timestamps[1:] - timestamps[:-1]) & 0xFFFFFFFF
        follows = ((sequences[1:] - sequences[:-1]) & 0xFFFF) == 1
        follows &= step * self._octets_per_tick == octets[1:]
        follows &= (sizes[1:] == sizes[:-1]) & (ssrcs[1:] == ssrcs[:-1])
        follows &= (names[1:stop] == names[: stop - 1]).all(axis=1)
        uneven_s = np.zeros(stop)
        np.abs(at_s[1:] - at_s[:-1] - step * self._clock_s, out=uneven_s[1:])
        firsts = np.array(first_rows, np.intp)
        follows[firsts[1:] - 1] = True
        uneven_s[firsts] = 0.0
        is_plain[1:] &= follows
        stops = np.append(firsts[1:], stop)
        means = np.add.reduceat(uneven_s, firsts) / np.maximum(stops - firsts - 1, 1)
        return map(
            Stretch._make,
            zip(
                first_rows, stops.tolist(), np.logical_and.reduceat(is_plain, firsts).tolist(), sizes[firsts].tolist(),
                sequences[firsts].tolist(), timestamps[firsts].tolist(), ssrcs[firsts].tolist(), at_s[firsts].tolist(),
                at_s[stops - 1].tolist(), means.tolist(), strict=True,
            ),
        )  # fmt: skip
