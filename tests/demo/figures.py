"""The figures of a call, from the recorder's packets and the moments at the phones. Pure: times are ns since 1970."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.lab.phone.pacer import TICK_NS
from tests.lab.phone.stream import KEY_FRAMES

KEY_NS = KEY_FRAMES * TICK_NS
GRACE_MS = 100
"""The voice of 100 ms after the end of the 9 key, or after hanging up, may be on its way."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time, both bounds included. Raises ValueError where it ends before it begins."""

    start_ns: int
    end_ns: int

    def __post_init__(self) -> None:
        if self.end_ns < self.start_ns:
            raise ValueError("an interval ends before it begins")

    def holds(self, times_ns: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the times lie in it, bool (n,)."""
        within: NDArray[np.bool_] = (times_ns >= self.start_ns) & (times_ns <= self.end_ns)
        return within


@dataclass(frozen=True, slots=True)
class Flow:
    """One fork as the recorder saw it: the packets of one source to one of our ports."""

    port: int
    source_port: int
    ssrc: int
    first_ns: int
    last_ns: int
    packets: int


def grant(yes_ns: int | None, key_ns: int | None, stop_ns: int | None, hung_up_ns: int) -> Interval | None:
    """When the call may be heard: from the recorded yes (not before the key was released, since the PBX records whole
    seconds) to the end of the 9 key or the hang-up, and the grace. None without a recorded yes.
    """
    if yes_ns is None:
        return None
    end_ns = min(hung_up_ns, stop_ns or hung_up_ns) + GRACE_MS * 1_000_000
    return Interval(min(max(yes_ns, key_ns or yes_ns), end_ns), end_ns)


def outside(times_ns: NDArray[np.int64], allowed: Interval | None) -> int:
    """How many packets came outside of the grant; all of them where there is none."""
    return len(times_ns) if allowed is None else int((~allowed.holds(times_ns)).sum())


def last_after_ms(times_ns: NDArray[np.int64], moment_ns: int | None) -> float | None:
    """How long after the moment the last packet came, in ms; negative where it came before. None without packets."""
    if moment_ns is None or not len(times_ns):
        return None
    return round((int(times_ns.max()) - moment_ns) / 1e6, 1)


def later_than(times_ns: NDArray[np.int64], moment_ns: int) -> int:
    """How many packets came after the moment."""
    return int((times_ns > moment_ns).sum())


def largest_gap_ms(
    times_ns: NDArray[np.int64], since_ns: int, until_ns: int, without: Sequence[Interval] = ()
) -> float:
    """The longest time without a packet between the bounds, in ms. The bounds count as packets: a voice that does not
    come, or not any more, is a gap too. What of a gap lies in the stretches `without` does not count.
    """
    within = times_ns[(times_ns >= since_ns) & (times_ns <= until_ns)]
    edges = np.concatenate([[since_ns], np.sort(within), [max(since_ns, until_ns)]]).astype(np.int64)
    gaps_ns = np.diff(edges)
    for stretch in without:
        covered_ns = np.minimum(edges[1:], stretch.end_ns) - np.maximum(edges[:-1], stretch.start_ns)
        gaps_ns = gaps_ns - np.maximum(covered_ns, 0)
    return round(float(gaps_ns.max()) / 1e6, 1)


def keys_held(ends_ns: Sequence[int]) -> list[Interval]:
    """When keys were held that ended then."""
    return [Interval(end_ns - KEY_NS, end_ns) for end_ns in ends_ns]


def flows(packets: NDArray[np.void]) -> tuple[Flow, ...]:
    """The forks among the packets (tests.lab.recorder.DTYPE), in the order of their first packet."""
    found: dict[tuple[int, int, int], list[int]] = {}
    for packet in packets:
        key = (int(packet["port"]), int(packet["source_port"]), int(packet["ssrc"]))
        found.setdefault(key, []).append(int(packet["time_ns"]))
    made = [Flow(*key, min(times), max(times), len(times)) for key, times in found.items()]
    return tuple(sorted(made, key=lambda flow: flow.first_ns))


def speech_s(samples: NDArray[np.int16], rate_hz: int) -> float:
    """Seconds of sound that is no silence: blocks of 20 ms above -50 dB of full scale."""
    block = rate_hz // 50
    blocks = samples[: len(samples) // block * block].reshape(-1, block).astype(np.float64)
    return round(float((np.sqrt(np.square(blocks).mean(axis=1)) > 100).sum()) / 50, 1) if len(blocks) else 0.0
