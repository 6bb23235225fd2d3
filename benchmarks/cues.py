"""How true are the cues? Made-up talks with long silences and much talk at once of known place, over telephone lines.

    python -m benchmarks.cues            # 16 talks of four minutes, four of them ordinary: about two minutes
    python -m benchmarks.cues --short    # 4 talks

The engine's facts are looked at every 2 s, as a call's are, and go through the product's own `CallCues`. Compared with
the truth are each window's seconds of both, and each silence that was said; and which of what was laid was said, and
what was said that is not there. What the cues mean: docs/cues.md. The cue about the tone is measured on real speakers,
by `python -m benchmarks.course`. The exit code is 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.conversation import ConversationFacts
from analysis.speech.detector import CHUNK_S, CHUNK_SAMPLES
from ari_bridge.calls.cue_file import Kind, shipped
from ari_bridge.calls.cues import CallCues, Cue, CueCounts
from benchmarks.facts import LINES, Mask, Side, Talk, followed, make_talk, talking, voices
from benchmarks.report import Limit, Table, publish
from consent.parties import Party

LENGTH_S: Final = 240.0
LOOK_S: Final = 2.0
"""How often a call's facts are brought up to date."""
HEARD: Final = ("wideband", "phone", "noise_20db", "noise_10db")
SILENCE_S: Final = (14.0, 25.0)
BOTH_S: Final = (7.0, 10.0)
APART_S: Final = 35.0
"""Between two of what was laid: more than the 30 s in which no second cue comes."""
_WORD_CHUNKS: Final = 32
_LATE_S: Final = 6.0
"""A cue may come so long after what it is of: a look, the detector's delay, and a window that is still full."""


@dataclass(frozen=True, slots=True)
class Laid:
    """What a talk was given to be observed, in seconds."""

    kind: Kind
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class EventfulTalk:
    """A talk and what was laid in it."""

    talk: Talk
    laid: list[Laid]


def eventful(seed: int, recordings: dict[Party, list[Side]], length_s: float = LENGTH_S) -> EventfulTalk:
    """An ordinary talk with, in turn, long silences and stretches in which both talk, `APART_S` apart."""
    chance = random.Random(seed)  # noqa: S311
    talk = make_talk(seed, recordings, length_s)
    laid: list[Laid] = []
    at_s = chance.uniform(15.0, 25.0)
    while True:
        kind = (Kind.LONG_SILENCE, Kind.BOTH_AT_ONCE)[len(laid) % 2]
        span_s = chance.uniform(*(SILENCE_S if kind is Kind.LONG_SILENCE else BOTH_S))
        if at_s + span_s + APART_S > length_s:
            return EventfulTalk(talk, laid)
        first, stop = round(at_s / CHUNK_S), round((at_s + span_s) / CHUNK_S)
        first = _after_a_word(talk, first)
        for party in Party:
            sound, truth = talk.sides[party], talk.truth[party]
            sound[first * CHUNK_SAMPLES : stop * CHUNK_SAMPLES] = 0.0
            truth[first:stop] = False
            if kind is Kind.BOTH_AT_ONCE:
                _fill(chance, recordings[party], talk, party, first, stop)
        laid.append(Laid(kind, first * CHUNK_S, stop * CHUNK_S))
        at_s += span_s + APART_S


def _after_a_word(talk: Talk, chunk: int) -> int:
    """Where to begin instead, so that no scrap of a word that was cut stands alone before it."""
    either = talk.truth[Party.CALLER] | talk.truth[Party.AGENT]
    while chunk > 0 and not either[max(0, chunk - _WORD_CHUNKS) : chunk].all():
        chunk -= 1
    return chunk


def _fill(chance: random.Random, recordings: list[Side], talk: Talk, party: Party, first: int, stop: int) -> None:
    while first < stop:
        sound = chance.choice(recordings)[: (stop - first) * CHUNK_SAMPLES]
        chunks = len(sound) // CHUNK_SAMPLES
        talk.sides[party][first * CHUNK_SAMPLES : (first + chunks) * CHUNK_SAMPLES] = sound[: chunks * CHUNK_SAMPLES]
        talk.truth[party][first : first + chunks] = talking(sound)[:chunks]
        first += chunks


def looked_at(course: Sequence[ConversationFacts]) -> list[ConversationFacts]:
    """The facts every 2 s of what was heard."""
    looks: list[ConversationFacts] = []
    for facts in course:
        if not looks or facts.heard_s - looks[-1].heard_s >= LOOK_S:
            looks.append(facts)
    return looks


def told(looks: Sequence[ConversationFacts]) -> list[Cue]:
    """The cues of a call that is heard without a hole."""
    cues = CallCues(shipped(), CueCounts())
    return [cue for facts in looks if (cue := cues.hear(facts, facts.heard_s)) is not None]


def both_errors_s(looks: Sequence[ConversationFacts], truth: dict[Party, Mask]) -> list[float]:
    """How far off the seconds of both are, in each window in which they are half of what is said, or more."""
    rule = shipped().both_at_once
    both = np.concatenate([[0], np.cumsum(truth[Party.CALLER] & truth[Party.AGENT])]) * CHUNK_S
    off: list[float] = []
    for at, newest in enumerate(looks):
        older = [look for look in looks[:at] if newest.heard_s - look.heard_s >= rule.window_s]
        if not older:
            continue
        true_s = both[_chunk(newest)] - both[_chunk(older[-1])]
        if true_s >= rule.at_least_s / 2:
            off.append(abs(newest.overlap_s - older[-1].overlap_s - true_s))
    return off


def too_much_s(cue: Cue, truth: dict[Party, Mask]) -> float:
    """By how much a cue says more than there is, in s; 0 where it says no more."""
    caller, agent = truth[Party.CALLER], truth[Party.AGENT]
    stop = min(round(cue.seen_at_s / CHUNK_S), len(caller))
    if cue.kind is Kind.BOTH_AT_ONCE:
        first = stop - round(cue.of / CHUNK_S)
        true_s = float(np.sum(caller[first:stop] & agent[first:stop])) * CHUNK_S
    else:
        spoken = np.flatnonzero((caller | agent)[:stop])
        true_s = (stop - (spoken[-1] + 1 if len(spoken) else 0)) * CHUNK_S
    return max(0.0, cue.amount - true_s)


def _chunk(facts: ConversationFacts) -> int:
    return round(facts.heard_s / CHUNK_S)


@dataclass(frozen=True, slots=True)
class Worth:
    """Of one line: shares said of what was laid; how far off the seconds are, in s, nine of ten; false cues an hour.

    A cue is false that says more than there is, by more than its own error.
    """

    silences_said: float
    both_said: float
    both_error_s: float
    silence_error_s: float
    false_an_hour: float


def worth(talks: Sequence[EventfulTalk], courses: Sequence[Sequence[ConversationFacts]]) -> Worth:
    """What was made of the talks, by the facts of each as they were looked at."""
    heard = [(one, looks, told(looks)) for one, looks in zip(talks, courses, strict=True)]
    both = [off for one, looks, _ in heard for off in both_errors_s(looks, one.talk.truth)]
    off = [(cue, too_much_s(cue, one.talk.truth)) for one, _, cues in heard for cue in cues]
    hours = sum(looks[-1].heard_s for _, looks, _ in heard) / 3600
    shares = {
        kind: [
            any(_is_of(cue, laid) for cue in cues) for one, _, cues in heard for laid in one.laid if laid.kind is kind
        ]
        for kind in (Kind.LONG_SILENCE, Kind.BOTH_AT_ONCE)
    }
    return Worth(
        _mean(shares[Kind.LONG_SILENCE]),
        _mean(shares[Kind.BOTH_AT_ONCE]),
        _nine_of_ten(both),
        _nine_of_ten([much_s for cue, much_s in off if cue.kind is Kind.LONG_SILENCE]),
        sum(much_s > cue.error for cue, much_s in off) / hours,
    )


def _nine_of_ten(off: Sequence[float]) -> float:
    return float(np.quantile(off, 0.9)) if off else float("nan")


def _mean(found: Sequence[bool]) -> float:
    return sum(found) / len(found) if found else float("nan")


def _is_of(cue: Cue, laid: Laid) -> bool:
    return cue.kind is laid.kind and laid.start_s <= cue.seen_at_s <= laid.end_s + _LATE_S


def limits(by_line: dict[str, Worth]) -> list[Limit]:
    """What the file of cues promises."""
    rules, kept = shipped(), []
    for name, one in by_line.items():
        kept.append(Limit(f"seconds of both, nine of ten ({name})", one.both_error_s, rules.both_at_once.error_s))
        kept.append(Limit(f"silences, nine of ten, s ({name})", one.silence_error_s, rules.long_silence.error_s))
        kept.append(Limit(f"false cues an hour ({name})", one.false_an_hour, 2.0))
    for name in HEARD[:2]:
        if name in by_line:
            kept.append(Limit(f"silences said ({name})", by_line[name].silences_said, 0.8, "at least"))
            kept.append(Limit(f"talk at once said ({name})", by_line[name].both_said, 0.8, "at least"))
    return kept


def measured(talks: Sequence[EventfulTalk], line: str) -> Worth:
    """One line, all talks."""
    courses = asyncio.run(followed([one.talk for one in talks], LINES[line]))
    return worth(talks, [looked_at(course) for course in courses])


def main(argv: Sequence[str] | None = None) -> int:
    """Run it. Returns 1 where a limit is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.cues", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="4 talks instead of 16")
    eventful_talks, ordinary = (3, 1) if parser.parse_args(argv).short else (12, 4)
    recordings = {party: voices(party) for party in Party}
    talks = [eventful(seed, recordings, LENGTH_S) for seed in range(eventful_talks)]
    talks += [EventfulTalk(make_talk(seed, recordings, LENGTH_S), []) for seed in range(100, 100 + ordinary)]
    by_line = {line: measured(talks, line) for line in HEARD}
    names = Worth.__slots__
    columns = ("silences said", "talk at once said", "both, s off (90 %)", "silence, s off (90 %)", "false an hour")
    table = Table(
        f"Cues of {len(talks)} talks of {LENGTH_S:.0f} s, a quarter of them ordinary",
        ("line", *columns),
        [(line, *(getattr(one, name) for name in names)) for line, one in by_line.items()],
    )
    publish("cues", {f"{line}_{name}": getattr(one, name) for line, one in by_line.items() for name in names}, [table])
    kept = limits(by_line)
    print("\n".join(limit.line() for limit in kept))
    return 0 if all(limit.is_met for limit in kept) else 1


if __name__ == "__main__":
    sys.exit(main())
