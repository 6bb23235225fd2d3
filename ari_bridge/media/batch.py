"""Many datagrams of many streams at once: which of them simply go on, told from columns of their headers.

RFC 3550, section 5.1, read by numpy for a whole look at all sockets: what a packet costs is then shared by all that
came. What is not as plain as can be (an extension, a gap, another source) is only marked as that, for `MediaStream` to
take packet by packet. No input or output.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ari_bridge.media.payload import PayloadFormat
from ari_bridge.media.rtp import HEADER_BYTES
from ari_bridge.media.stream import JITTER_GAIN, Course

Integers = NDArray[np.int64]
Times = NDArray[np.float64]
Names = NDArray[np.uint64]

NAME_WORDS: Final = 4
"""A sender's address as a sockaddr structure takes at most so many words of 8 octets."""
_PLAIN: Final = 0x80
"""Version 2, no padding, no extension, no contributing sources."""
_FIRST_LANES: Final = 64
_NOBODY: Final = -1
_LANE: Final = np.dtype(
    [
        ("name", np.uint64, (NAME_WORDS,)), ("ssrc", np.int64), ("sequence", np.int64), ("timestamp", np.int64),
        ("packets", np.int64), ("end_sample", np.int64), ("last_samples", np.int64), ("newest_at_s", np.float64),
        ("jitter_s", np.float64), ("lag_s", np.float64), ("max_lag_s", np.float64),
    ]
)  # fmt: skip
"""All of 8 octets: rows are gathered as plain words, five times as fast as structures."""


class Datagrams(NamedTuple):
    """What one look brought, one row each, the rows of a stream together and in order of arrival.

    `names` are the senders, shape (rows, words), as many words as the family of addresses takes; `sizes` in octets, 0
    for one that was cut off; `at_s` when each came.
    """

    names: Names
    sizes: Integers
    at_s: Times


class Stretches(NamedTuple):
    """The rows of each stream. Where `is_plain`, each packet follows the one before, and all have one length.

    `sizes` (octets of a datagram), `names`, `sequences`, `timestamps` and `ssrcs` are the first packets'. `uneven_s` is
    by how much the distance of two packets differs, on average, from what their timestamps say.
    """

    firsts: Integers
    stops: Integers
    is_plain: NDArray[np.bool_]
    names: Names
    sizes: Integers
    sequences: Integers
    timestamps: Integers
    ssrcs: Integers
    first_at_s: Times
    last_at_s: Times
    uneven_s: Times

    def at(self, places: NDArray[np.intp]) -> Stretches:
        """Some of them."""
        return Stretches(
            firsts=self.firsts[places],
            stops=self.stops[places],
            is_plain=self.is_plain[places],
            names=self.names[places],
            sizes=self.sizes[places],
            sequences=self.sequences[places],
            timestamps=self.timestamps[places],
            ssrcs=self.ssrcs[places],
            first_at_s=self.first_at_s[places],
            last_at_s=self.last_at_s[places],
            uneven_s=self.uneven_s[places],
        )


class Headers:
    """Reads the headers of rows, uint8 of shape (rows, octets), whatever lies there when `stretches` is called."""

    def __init__(self, octets: NDArray[np.uint8], payload: PayloadFormat) -> None:
        fields = [("flags", "u1"), ("kind", "u1"), ("sequence", ">u2"), ("timestamp", ">u4"), ("ssrc", ">u4")]
        row = np.dtype([*fields, ("rest", f"V{octets.shape[1] - HEADER_BYTES}")])
        rows = octets.view(row)[:, 0]
        self._flags, self._kind = rows["flags"], rows["kind"]
        self._sequence, self._timestamp, self._ssrc = rows["sequence"], rows["timestamp"], rows["ssrc"]
        self._type = payload.payload_type
        self._octets_per_tick = payload.octets_per_tick
        self._tick_s = 1 / payload.clock_rate_hz

    def stretches(self, datagrams: Datagrams, first_rows: list[int]) -> Stretches:
        """The stretches that begin at these rows, rising from 0, each of at least one row."""
        names, sizes, at_s = datagrams
        stop = len(sizes)
        sequences = self._sequence[:stop].astype(np.int64)
        timestamps = self._timestamp[:stop].astype(np.int64)
        ssrcs = self._ssrc[:stop].astype(np.int64)
        octets = sizes - HEADER_BYTES
        is_plain = (self._flags[:stop] == _PLAIN) & ((self._kind[:stop] & 0x7F) == self._type)
        is_plain &= (octets > 0) & (octets % self._octets_per_tick == 0)
        ticks = (timestamps[1:] - timestamps[:-1]) & 0xFFFFFFFF
        follows = ((sequences[1:] - sequences[:-1]) & 0xFFFF) == 1
        follows &= ticks * self._octets_per_tick == octets[1:]
        follows &= (sizes[1:] == sizes[:-1]) & (ssrcs[1:] == ssrcs[:-1])
        for word in names.T:
            follows &= word[1:] == word[:-1]
        uneven_s = np.zeros(stop)
        np.abs(at_s[1:] - at_s[:-1] - ticks * self._tick_s, out=uneven_s[1:])
        firsts = np.array(first_rows, np.int64)
        stops = np.append(firsts[1:], stop)
        follows[firsts[1:] - 1] = True
        uneven_s[firsts] = 0.0
        is_plain[1:] &= follows
        return Stretches(
            firsts=firsts,
            stops=stops,
            is_plain=np.logical_and.reduceat(is_plain, firsts),
            names=names[firsts],
            sizes=sizes[firsts],
            sequences=sequences[firsts],
            timestamps=timestamps[firsts],
            ssrcs=ssrcs[firsts],
            first_at_s=at_s[firsts],
            last_at_s=at_s[stops - 1],
            uneven_s=np.add.reduceat(uneven_s, firsts) / np.maximum(stops - firsts - 1, 1),
        )


class GoneOn(NamedTuple):
    """Stretches that simply went on: which (their places in Stretches), and their first sample on the stream's clock
    and when it was spoken."""

    places: list[int]
    start_samples: list[int]
    spoken_s: list[float]


class Lanes:
    """What would simply go on in each stream, and what went on since the stream itself was last told, as columns."""

    def __init__(self, payload: PayloadFormat) -> None:
        self._octets_per_tick, self._samples_per_tick = payload.octets_per_tick, payload.samples_per_tick
        self._rate_hz = payload.sample_rate_hz
        self._words = np.zeros((_FIRST_LANES, _LANE.itemsize // 8), np.int64)
        self._rows["ssrc"] = _NOBODY
        self._free = list(range(_FIRST_LANES - 1, -1, -1))

    @property
    def _rows(self) -> NDArray[np.void]:
        return self._words.view(_LANE)[:, 0]

    def open(self) -> int:
        """A lane for a new stream; nothing goes on in it yet."""
        if not self._free:
            count = len(self._words)
            self._words = np.concatenate((self._words, self._words))
            self._rows["ssrc"][count:] = _NOBODY
            self._free = list(range(2 * count - 1, count - 1, -1))
        return self._free.pop()

    def close(self, lane: int) -> None:
        """Give a lane back."""
        self._rows[lane]["ssrc"] = _NOBODY
        self._free.append(lane)

    def stop(self, lane: int) -> Course | None:
        """Nothing simply goes on here until `start`; what went on since then, if anything could."""
        if self._rows[lane]["ssrc"] == _NOBODY:
            return None
        course = self.course(lane)
        self._rows[lane]["ssrc"] = _NOBODY
        return course

    def course(self, lane: int) -> Course | None:
        """What went on since the last one was asked for; None where nothing can."""
        _, ssrc, _, _, packets, *rest = self._rows[lane].item()
        if ssrc == _NOBODY:
            return None
        self._rows[lane]["packets"] = 0
        return Course(packets, *rest)

    def start(self, lane: int, name: Names, expected: tuple[int, int, int], course: Course) -> None:
        """From now on these simply go on: the next packet's SSRC, sequence and timestamp, from that sender."""
        ssrc, sequence, timestamp = expected
        whole_name = np.zeros(NAME_WORDS, np.uint64)
        whole_name[: len(name)] = name
        self._rows[lane] = (whole_name, ssrc, sequence, timestamp, 0, *course[1:])

    def go_on(self, lanes: list[int], stretches: Stretches, now_s: float) -> GoneOn:
        """Find and note the stretches that simply go on; `lanes` are those of the stretches, each at most once."""
        which = np.array(lanes, np.intp)
        words = self._words[which]
        rows = words.view(_LANE)[:, 0]
        fits = stretches.is_plain & (rows["ssrc"] == stretches.ssrcs) & (rows["sequence"] == stretches.sequences)
        fits &= rows["timestamp"] == stretches.timestamps
        for place, word in enumerate(stretches.names.T):
            fits &= rows["name"][:, place] == word
        places = np.flatnonzero(fits)
        if len(places) < len(lanes):
            which, words, stretches = which[places], words[places], stretches.at(places)
            rows = words.view(_LANE)[:, 0]
        counts = stretches.stops - stretches.firsts
        ticks = (stretches.sizes - HEADER_BYTES) // self._octets_per_tick
        samples = ticks * self._samples_per_tick
        starts = rows["end_sample"].copy()
        away_s = stretches.first_at_s - rows["newest_at_s"] - rows["last_samples"] / self._rate_hz
        jitter_s = rows["jitter_s"] + (np.abs(away_s) - rows["jitter_s"]) * JITTER_GAIN
        rows["jitter_s"] = jitter_s + (stretches.uneven_s - jitter_s) * np.minimum(1.0, (counts - 1) * JITTER_GAIN)
        rows["sequence"] = (stretches.sequences + counts) & 0xFFFF
        rows["timestamp"] = (stretches.timestamps + counts * ticks) & 0xFFFFFFFF
        rows["packets"] += counts
        rows["end_sample"] += counts * samples
        rows["last_samples"] = samples
        rows["newest_at_s"] = stretches.last_at_s
        rows["lag_s"] = now_s - stretches.first_at_s
        np.maximum(rows["max_lag_s"], rows["lag_s"], out=rows["max_lag_s"])
        self._words[which] = words
        spoken_s = stretches.first_at_s - samples / self._rate_hz
        return GoneOn(places.tolist(), starts.tolist(), spoken_s.tolist())
