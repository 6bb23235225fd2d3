"""What a bad line makes of what is heard: VAD decisions, facts and lag under each fault, against the clean run.

Real speech of both parties as RTP packets, each with the time at which it comes; the product's own stream, detector,
hysteresis and facts take them, under grants, a look every 70 ms. Time is simulated and there is no socket, so that the
same seed gives the same table.
"""

from __future__ import annotations

import asyncio
import struct
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, AudioFrame
from analysis.conversation import ConversationFacts
from analysis.engine.batcher import Batcher
from analysis.engine.inbox import Heard
from analysis.speech.detector import CHUNK_SAMPLES
from analysis.speech.silero import SileroDetector
from ari_bridge.media.arrival import Arrival
from ari_bridge.media.ear import Sound
from ari_bridge.media.stream import MediaStream
from ari_bridge.media.udp_receiver import POLL_S
from benchmarks.report import Limit, Table, publish, verdict
from benchmarks.talk import Conversation, conversations
from benchmarks.vad import NoTone
from benchmarks.yeses import granted
from consent.grant import ConsentGrant
from consent.parties import Party

PACKET_SAMPLES: Final = 320
PACKET_S: Final = PACKET_SAMPLES / ENGINE_RATE_HZ
TRANSIT_S: Final = 0.002
"""A good line: 2 ms, and half a millisecond of unevenness."""
BEGINS_S: Final = 10.0
"""A fault begins so long after the call, and ends so long before its end."""
CLEAN: Final = "clean"
LAG_SLACK_MS: Final = 1.0


class Sent(NamedTuple):
    """One packet: its number, its SSRC, and when it was sent and came."""

    number: int
    ssrc: int
    sent_s: float
    came_s: float


Packets = list[Sent]
Chance = np.random.Generator
Fault = Callable[[Packets, Chance, Party], Packets]
"""What becomes of the packets that were sent while the fault lasts."""


def _clean(packets: Packets, chance: Chance, party: Party) -> Packets:
    return packets


def _loss(share: float) -> Fault:
    return lambda packets, chance, party: [one for one in packets if chance.random() >= share]


def _jitter(most_s: float) -> Fault:
    return lambda packets, chance, party: [
        one._replace(came_s=one.came_s + chance.uniform(0, most_s)) for one in packets
    ]


def _reordering(packets: Packets, chance: Chance, party: Party) -> Packets:
    """Of 10 % of packets each comes after one to three of its successors."""
    return [
        one._replace(came_s=one.came_s + PACKET_S * (chance.integers(1, 4) + 0.5)) if chance.random() < 0.1 else one
        for one in packets
    ]


def _duplicates(packets: Packets, chance: Chance, party: Party) -> Packets:
    """Of 10 % of packets each comes again within 100 ms."""
    again = [one._replace(came_s=one.came_s + chance.uniform(0, 0.1)) for one in packets if chance.random() < 0.1]
    return packets + again


def _outage(packets: Packets, chance: Chance, party: Party) -> Packets:
    """Nothing of the caller comes for 2 s, again and again: 2 s in each 10."""
    first_s = packets[0].sent_s
    return [one for one in packets if party is Party.AGENT or not 4 <= (one.sent_s - first_s) % 10 < 6]


def _new_source(packets: Packets, chance: Chance, party: Party) -> Packets:
    """After each such outage the caller's packets bear another SSRC and other numbers."""
    first_s = packets[0].sent_s

    def renumbered(one: Sent) -> Sent:
        turn = int((one.sent_s - first_s + 4) // 10)
        return one._replace(ssrc=one.ssrc + turn, number=one.number + 20_000 * turn)

    left = _outage(packets, chance, party)
    return left if party is Party.AGENT else [renumbered(one) for one in left]


FAULTS: Final[dict[str, Fault]] = {
    CLEAN: _clean,
    "loss 1 %": _loss(0.01),
    "loss 5 %": _loss(0.05),
    "loss 20 %": _loss(0.20),
    "jitter 60 ms": _jitter(0.06),
    "reordering": _reordering,
    "duplicates": _duplicates,
    "outage 2 s": _outage,
    "outage, new SSRC": _new_source,
}


@dataclass
class Leg:
    """One party of one call under one fault: what comes, and what was made of it."""

    grant: ConsentGrant
    arrivals: list[tuple[float, float, bytes]]
    """When each datagram came and was sent, and the datagram; by when it came."""
    length_s: float
    stream: MediaStream = field(default_factory=MediaStream)
    shift_samples: int | None = None
    lags: list[tuple[float, float]] = field(default_factory=list)
    """When sound was handed on, and how long before that it was spoken, s."""
    marks: list[NDArray[np.uint8]] = field(default_factory=list)
    marked: int = 0
    _at: int = 0

    def heard(self, now_s: float) -> Heard:
        """What this look brings, as the bridge's fork admits it."""
        first = self._at
        while self._at < len(self.arrivals) and self.arrivals[self._at][0] <= now_s:
            self._at += 1
        came = (Arrival(data, "127.0.0.1", 4000, came_s) for came_s, _, data in self.arrivals[first : self._at])
        sounds = self.stream.take(came, now_s)
        return Heard(
            self.grant, [self.grant.admit(self._framed(sound, now_s)) for sound in sounds], None, self.grant.language
        )

    def _framed(self, sound: Sound, now_s: float) -> AudioFrame:
        if self.shift_samples is None:
            self.shift_samples = max(0, round(sound.spoken_s * sound.rate_hz))
        start = sound.start_sample + self.shift_samples
        self.lags.append((now_s, now_s - start / ENGINE_RATE_HZ))
        return AudioFrame(start, sound.rate_hz, sound.pcm)

    def decisions(self) -> NDArray[np.uint8]:
        """What was decided of each chunk of the call: not heard, silent, or speaking; shape (chunks,)."""
        whole = np.zeros(int(self.length_s * ENGINE_RATE_HZ) // CHUNK_SAMPLES + 1, np.uint8)
        known = np.concatenate([np.empty(0, np.uint8), *self.marks])
        whole[: len(known)] = known[: len(whole)]
        return whole


def _packets(pcm: NDArray[np.int16], fault: Fault, seed: int, party: Party) -> Iterator[tuple[float, float, bytes]]:
    """RTP of one voice, by when it comes. What chance does to a packet is the same under every fault."""
    chance = np.random.default_rng(seed)
    count = len(pcm) // PACKET_SAMPLES
    transits_s = TRANSIT_S + chance.uniform(0, 0.0005, count)
    sent = [Sent(n, 7, (n + 1) * PACKET_S, (n + 1) * PACKET_S + transits_s[n]) for n in range(count)]
    stop_s = count * PACKET_S - BEGINS_S
    struck = [one for one in sent if BEGINS_S <= one.sent_s < stop_s]
    spared = [one for one in sent if not BEGINS_S <= one.sent_s < stop_s]
    # What took the place of another source keeps its numbers to the end.
    after = fault(struck, chance, party)
    if after and after[-1].ssrc != 7:
        last = after[-1]
        moved = last.number - round(last.sent_s / PACKET_S - 1)
        spared = [
            one._replace(ssrc=last.ssrc, number=one.number + moved) if one.sent_s >= stop_s else one for one in spared
        ]
    for one in sorted(spared + after, key=lambda one: one.came_s):
        place = round(one.sent_s / PACKET_S - 1) * PACKET_SAMPLES
        header = struct.pack(">BBHII", 0x80, 118, one.number % 65_536, one.number * PACKET_SAMPLES % 2**32, one.ssrc)
        yield one.came_s, one.sent_s, header + pcm[place : place + PACKET_SAMPLES].astype(">i2").tobytes()


@dataclass
class Outcome:
    """One fault, over all calls."""

    legs: list[Leg]
    facts: list[ConversationFacts]


async def measure(calls: int, length_s: float) -> dict[str, Outcome]:
    """All faults and calls side by side, as in life."""
    talks = conversations(calls, length_s)
    with tempfile.TemporaryDirectory() as folder:
        async with granted(Path(folder), calls * len(FAULTS)) as grants:
            legs = []
            for at, (grant, fault) in enumerate(zip(grants, _each(calls), strict=True)):
                pcm = _side(talks[at // 2 % calls], grant.party)
                legs.append(Leg(grant, list(_packets(pcm, fault, at % (2 * calls), grant.party)), length_s))
            facts = _play(legs, length_s)
            return {
                name: Outcome(
                    legs[2 * calls * place : 2 * calls * (place + 1)],
                    [facts[legs[2 * calls * place + 2 * call].grant.call_id] for call in range(calls)],
                )
                for place, name in enumerate(FAULTS)
            }


def _each(calls: int) -> Iterator[Fault]:
    for fault in FAULTS.values():
        for _ in range(2 * calls):
            yield fault


def _side(talk: Conversation, party: Party) -> NDArray[np.int16]:
    return talk.caller if party is Party.CALLER else talk.agent


def _play(legs: Sequence[Leg], length_s: float) -> dict[str, ConversationFacts]:
    """Look after look, until all that was said has been decided."""
    batcher, facts = Batcher(SileroDetector(), NoTone()), {}
    for look in range(1, round((length_s + 2) / POLL_S)):
        heard = [leg.heard(look * POLL_S) for leg in legs]
        facts.update(batcher.listen(heard).facts)
        for leg in legs:
            tracker = batcher._trackers.get(leg.grant.call_id)
            if tracker is not None:
                marks = tracker.marks[leg.grant.party]
                leg.marks.append(marks.between(leg.marked, marks.end_chunk))
                leg.marked = marks.end_chunk
    return facts


@dataclass(frozen=True, slots=True)
class Effect:
    """A fault against the clean run: of the chunks while it lasted, and of whole calls."""

    agreement: float
    """Of the chunks that were heard in both runs, the share decided alike, %."""
    unheard: float
    """Of the chunks that were heard in the clean run, the share not heard, %."""
    talk_share: float
    """Facts: the largest difference over the calls; share in points, times in s."""
    overlap_s: float
    longest_pause_s: float
    lag_max_ms: float
    """From a sound's first sample until it was handed on: while the fault lasted, and from 1 s after it on."""
    lag_after_ms: float


def effect(clean: Outcome, under: Outcome) -> Effect:
    """Compare."""
    alike = both = heard = unheard = 0
    for one, other in zip(clean.legs, under.legs, strict=True):
        first, stop = (round(at_s * ENGINE_RATE_HZ) // CHUNK_SAMPLES for at_s in (BEGINS_S, one.length_s - BEGINS_S))
        good, bad = one.decisions()[first:stop], other.decisions()[first:stop]
        heard += int((good > 0).sum())
        unheard += int(((good > 0) & (bad == 0)).sum())
        both += int(((good > 0) & (bad > 0)).sum())
        alike += int(((good > 0) & (good == bad)).sum())
    pairs = list(zip(clean.facts, under.facts, strict=True))
    lags = [(at_s, 1000 * lag_s, leg.length_s) for leg in under.legs for at_s, lag_s in leg.lags]
    return Effect(
        agreement=100 * alike / max(both, 1),
        unheard=100 * unheard / max(heard, 1),
        talk_share=max(abs((a.caller_talk_share or 0) - (b.caller_talk_share or 0)) for a, b in pairs) * 100,
        overlap_s=max(abs(a.overlap_s - b.overlap_s) for a, b in pairs),
        longest_pause_s=max(abs(a.longest_pause_s - b.longest_pause_s) for a, b in pairs),
        lag_max_ms=max(lag for at_s, lag, length_s in lags if BEGINS_S <= at_s < length_s - BEGINS_S + 1),
        lag_after_ms=max(lag for at_s, lag, length_s in lags if at_s >= length_s - BEGINS_S + 1),
    )


def table(effects: dict[str, Effect]) -> Table:
    """One row for each fault."""
    columns = (
        "fault", "agreement %", "not heard %", "talk share, points", "overlap s", "longest pause s", "lag max ms",
        "lag after ms",
    )  # fmt: skip
    rows = [(name, *(getattr(one, column) for column in Effect.__slots__)) for name, one in effects.items()]
    return Table("against the clean run; facts: the largest difference over the calls", columns, rows)


def key(name: str) -> str:
    """The fault's name in the figures."""
    return name.replace(" %", "").replace(",", "").replace(" ", "_").lower()


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    parser = ArgumentParser(
        prog="python -m benchmarks.faults", description=__doc__, epilog="example: python -m benchmarks.faults --short"
    )
    parser.add_argument("--short", action="store_true", help="2 calls (default 12)")
    parser.add_argument("--seconds", type=float, default=60.0, help="length of a call (default 60, at least 32)")
    arguments = parser.parse_args(argv)
    if arguments.seconds < 3 * BEGINS_S + 2:
        parser.error("a call lasts at least 32 s")
    outcomes = asyncio.run(measure(2 if arguments.short else 12, arguments.seconds))
    effects = {name: effect(outcomes[CLEAN], outcome) for name, outcome in outcomes.items()}
    figures = {
        f"{key(name)}_{column}": getattr(one, column) for name, one in effects.items() for column in Effect.__slots__
    }
    publish("faults", figures, [table(effects)])
    floor_ms = effects[CLEAN].lag_max_ms
    return verdict(
        Limit(f"lag after {name}, ms", one.lag_after_ms, round(floor_ms + LAG_SLACK_MS, 1))
        for name, one in effects.items()
    )


if __name__ == "__main__":
    sys.exit(main())
