"""How true are the facts of a conversation? Made-up talks whose every word has a known place, over good and bad lines.

    python -m benchmarks.facts            # 10 talks of two minutes, nine lines: about two minutes
    python -m benchmarks.facts --short    # 4 talks, five lines

Two people talk in turns, answer, break in and say "mhm"; the voices are the project's own recordings. The truth is
where each recording is loud, on the tracker's grid; measured is what the engine makes of the line's sound. Definitions
and what the table means: docs/facts.md. The exit code is 1 where a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import wave
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import mean
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, AudioFrame
from analysis.conversation import ConversationFacts, ConversationTracker
from analysis.emotion.score import Verdict
from analysis.engine.batcher import Batcher
from analysis.engine.inbox import Heard
from analysis.resample import Resampler
from analysis.speech.detector import CHUNK_S, CHUNK_SAMPLES
from analysis.speech.hysteresis import MIN_SILENCE_CHUNKS
from analysis.speech.segment import CallerSpeech
from analysis.speech.silero import SileroDetector
from benchmarks.report import Limit, Table, publish
from benchmarks.yeses import granted
from consent.grant import ConsentGrant
from consent.parties import Party

LENGTH_S: Final = 120.0
LOUDER_FROM_S: Final = 55.0
LOUDER_DB: Final = 6.0
"""The caller's truth about level: from that second on so much louder."""
LEVEL_DBOV: Final = -26.0
_ROOT: Final = Path(__file__).resolve().parents[1]
_VOICES: Final = {
    Party.CALLER: ("tests/demo/speech/caller_*.wav", "tests/demo/speech/emodb_*.wav"),
    Party.AGENT: ("tests/demo/speech/agent_*.wav", "dialplan/prompts/en/r*.wav"),
}
_LOUD_DB: Final = 25.0
"""A chunk no further below the loudest one is talk: Praat's own threshold of silence."""
_FRAME: Final = 320
_TICK_CHUNKS: Final = 4
_NOISE_RMS: Final = 16.0

Side = NDArray[np.float64]
Mask = NDArray[np.bool_]
Heard20ms = tuple[NDArray[np.int16], Mask]
"""A side as it arrives: int16 at 16 kHz, and which of its frames of 20 ms came."""


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """A made-up conversation: each side's sound, and in which chunks it talks."""

    sides: dict[Party, Side]
    truth: dict[Party, Mask]

    def facts(self) -> ConversationFacts:
        """What the tracker says of the truth itself."""
        tracker = ConversationTracker()
        for chunk in range(len(self.truth[Party.CALLER])):
            for party in Party:
                tracker.put_run(party, chunk, chunk + 1, speaks=bool(self.truth[party][chunk]))
        return tracker.facts()


class NoTone:
    """No tone is judged here: the call's language is one that nothing was tested for."""

    model_id = "none"
    languages: frozenset[str] = frozenset()

    def warm(self) -> None:
        """Nothing to load."""

    def judge(self, speech: Sequence[CallerSpeech]) -> list[Verdict]:
        """Never asked."""
        raise AssertionError(speech)


def voices(party: Party) -> list[NDArray[np.float64]]:
    """The recordings of a party's voices at 16 kHz, without silence around them, all equally loud."""
    found = []
    for pattern in _VOICES[party]:
        for file in sorted(_ROOT.glob(pattern)):
            with wave.open(str(file)) as recording:
                rate_hz, data = recording.getframerate(), recording.readframes(recording.getnframes())
            sound = (
                Resampler(rate_hz).feed(AudioFrame(0, rate_hz, np.frombuffer(data, np.int16))).pcm.astype(np.float64)
            )
            loud = np.flatnonzero(talking(sound))
            sound = sound[loud[0] * CHUNK_SAMPLES : (loud[-1] + 1) * CHUNK_SAMPLES]
            power = np.mean(_phone_band(sound).reshape(-1, CHUNK_SAMPLES)[talking(sound)] ** 2)
            found.append(sound * 32768 * 10 ** (LEVEL_DBOV / 20) / np.sqrt(power))
    return found


def talking(sound: Side) -> Mask:
    """In which chunks a clean recording is talk: loud ones, and the breaks that a detector bridges too."""
    chunks = sound[: len(sound) // CHUNK_SAMPLES * CHUNK_SAMPLES].reshape(-1, CHUNK_SAMPLES)
    level_db = 10 * np.log10(np.mean(chunks**2, axis=1) + 1e-3)
    loud = level_db > level_db.max() - _LOUD_DB
    edges = np.flatnonzero(np.diff(loud, prepend=False, append=False)).reshape(-1, 2)
    for (_, stop), (start, _) in pairwise(edges):
        if start - stop < MIN_SILENCE_CHUNKS:
            loud[stop:start] = True
    return np.asarray(loud)


def make_talk(seed: int, recordings: dict[Party, list[Side]], length_s: float = LENGTH_S) -> Talk:
    """Turns with answers after 0 to 1.2 s, some overlaps of 0.6 to 1.5 s, some "mhm", and a pause or two."""
    chance = random.Random(seed)  # noqa: S311
    chunks = round(length_s / CHUNK_S)
    sides = {party: np.zeros(chunks * CHUNK_SAMPLES) for party in Party}
    truth = {party: np.zeros(chunks, np.bool_) for party in Party}

    def lay(party: Party, at: int, sound: Side) -> int:
        end = at + len(sound) // CHUNK_SAMPLES
        gain = 10 ** (LOUDER_DB / 20) if party is Party.CALLER and at * CHUNK_S >= LOUDER_FROM_S else 1.0
        sides[party][at * CHUNK_SAMPLES : end * CHUNK_SAMPLES] += gain * sound[: (end - at) * CHUNK_SAMPLES]
        truth[party][at:end] |= talking(sound)[: end - at]
        return end

    at, who = 10, Party.AGENT
    while True:
        turn = _turn(chance, recordings[who])
        other = Party.CALLER if who is Party.AGENT else Party.AGENT
        if at + len(turn) // CHUNK_SAMPLES + 10 >= chunks:
            return Talk(sides, truth)
        end = lay(who, at, turn)
        if chance.random() < 0.15:  # "mhm"
            short = chance.choice(recordings[other])[: chance.randint(9, 13) * CHUNK_SAMPLES]
            lay(other, at + (end - at) // 2, short)
        gap = -chance.randint(19, 47) if chance.random() < 0.2 else chance.randint(0, 38)
        if chance.random() < 0.05:
            gap = chance.randint(100, 200)
        at, who = max(0, end + gap), other


def _turn(chance: random.Random, recordings: list[Side]) -> Side:
    sound = chance.choice(recordings)[: chance.randint(60, 190) * CHUNK_SAMPLES]
    loud = np.flatnonzero(talking(sound))
    return sound[: (loud[-1] + 1) * CHUNK_SAMPLES]


Line = Callable[[Side, np.random.Generator], Heard20ms]


def _arriving(sound: Side, lost: Mask | None = None) -> Heard20ms:
    frames = len(sound) // _FRAME
    pcm = np.clip(sound, -32768, 32767).astype(np.int16)
    return pcm, np.ones(frames, np.bool_) if lost is None else ~lost


def quiet(sound: Side, rng: np.random.Generator) -> Heard20ms:
    """A good wideband line."""
    return _arriving(sound + rng.normal(0, _NOISE_RMS, len(sound)))


def _phone(sound: Side) -> Side:
    """300 to 3400 Hz and G.711's mu-law."""
    narrow = np.clip(_phone_band(sound) / 32768, -1, 1)
    steps = np.round(np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256) * 128) / 128
    return np.asarray(np.sign(steps) * (256 ** np.abs(steps) - 1) / 255 * 32768)


def _phone_band(sound: Side) -> Side:
    spectrum, hertz = np.fft.rfft(sound), np.fft.rfftfreq(len(sound), 1 / ENGINE_RATE_HZ)
    spectrum[(hertz < 300) | (hertz > 3400)] = 0
    return np.fft.irfft(spectrum, len(sound))


def phone(sound: Side, rng: np.random.Generator) -> Heard20ms:
    """A telephone line."""
    return _arriving(_phone(sound + rng.normal(0, _NOISE_RMS, len(sound))))


def noise(snr_db: float) -> Line:
    """A telephone line with white noise so far below the voice."""

    def line(sound: Side, rng: np.random.Generator) -> Heard20ms:
        rms = 32768 * 10 ** ((LEVEL_DBOV - snr_db) / 20)
        return _arriving(_phone(sound + rng.normal(0, rms, len(sound))))

    return line


def loss(share: float) -> Line:
    """A telephone line on which so many packets of 20 ms are lost."""

    def line(sound: Side, rng: np.random.Generator) -> Heard20ms:
        pcm, came = phone(sound, rng)
        return pcm, came & (rng.random(len(came)) >= share)

    return line


LINES: Final[dict[str, Line]] = {
    "wideband": quiet,
    "phone": phone,
    "noise_20db": noise(20),
    "noise_10db": noise(10),
    "loss_5": loss(0.05),
    "noise_15db": noise(15),
    "noise_5db": noise(5),
    "loss_1": loss(0.01),
    "loss_20": loss(0.20),
}
SHORT_LINES: Final = 5


async def measured(talks: Sequence[Talk], line: Line) -> list[ConversationFacts]:
    """The facts that the engine finds, all talks side by side as in life."""
    return [course[-1] for course in await followed(talks, line)]


async def followed(talks: Sequence[Talk], line: Line) -> list[list[ConversationFacts]]:
    """The facts of each talk as they stand after each tick of 0.14 s in which they changed."""
    with tempfile.TemporaryDirectory() as folder:
        async with granted(Path(folder), len(talks)) as grants:
            batcher = Batcher(SileroDetector(), NoTone())
            feeds = [
                _ticks(grant, line(talks[at // 2].sides[grant.party], np.random.default_rng(at)))
                for at, grant in enumerate(grants)
            ]
            courses: dict[str, list[ConversationFacts]] = {grant.call_id: [] for grant in grants}
            for items in zip(*feeds, strict=True):
                for call_id, facts in batcher.listen(items).facts.items():
                    courses[call_id].append(facts)
            return [courses[grant.call_id] for grant in grants if grant.party is Party.CALLER]


def _ticks(grant: ConsentGrant, arrived: Heard20ms) -> Iterator[Heard]:
    pcm, came = arrived
    per_tick = _TICK_CHUNKS * CHUNK_SAMPLES // _FRAME + 1
    for first in range(0, len(came), per_tick):
        frames = [
            AudioFrame(frame * _FRAME, ENGINE_RATE_HZ, pcm[frame * _FRAME : (frame + 1) * _FRAME])
            for frame in range(first, min(first + per_tick, len(came)))
            if came[frame]
        ]
        yield Heard(grant, [grant.admit(frame) for frame in frames], None, grant.language)


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one line, over all talks: mean of how far each fact is from the truth, whichever way (but for the bias)."""

    share_points: float
    overlap_s: float
    overlaps: float
    latency_ms: float
    latency_bias_ms: float
    answers: float
    pause_s: float
    rate: float
    level_db: float


def errors(truths: Sequence[ConversationFacts], found: Sequence[ConversationFacts]) -> Errors:
    """How far the facts of each talk are from its truth. Rates are no errors: there is no truth but the words'."""
    pairs = list(zip(truths, found, strict=True))
    deliveries = [one.delivery for one in found if one.delivery is not None]
    levels = [one.level_change_db for one in deliveries if one.level_change_db is not None]
    rates = [one.articulation_rate for one in deliveries if one.articulation_rate is not None]
    late_ms = [
        1000 * (found_s - true_s)
        for t, f in pairs
        for true_s, found_s in ((t.caller_latency_s, f.caller_latency_s), (t.agent_latency_s, f.agent_latency_s))
        if true_s is not None and found_s is not None
    ]
    return Errors(
        share_points=mean(100 * abs((t.caller_talk_share or 0) - (f.caller_talk_share or 0)) for t, f in pairs),
        overlap_s=mean(abs(t.overlap_s - f.overlap_s) for t, f in pairs),
        overlaps=mean(
            abs(t.caller_overlaps - f.caller_overlaps) + abs(t.agent_overlaps - f.agent_overlaps) for t, f in pairs
        ),
        latency_ms=mean(map(abs, late_ms)) if late_ms else float("nan"),
        latency_bias_ms=mean(late_ms) if late_ms else float("nan"),
        answers=mean(abs(t.caller_answers + t.agent_answers - f.caller_answers - f.agent_answers) for t, f in pairs),
        pause_s=mean(abs(t.longest_pause_s - f.longest_pause_s) for t, f in pairs),
        rate=mean(rates) if rates else float("nan"),
        level_db=mean(abs(level - LOUDER_DB) for level in levels) if levels else float("nan"),
    )


def limits(by_line: dict[str, Errors]) -> list[Limit]:
    """What the facts must keep to: near the truth on a telephone line, and hardly moved by noise."""
    kept = []
    for name in ("phone", "noise_20db", "noise_10db"):
        kept.append(Limit(f"talk share, points ({name})", by_line[name].share_points, 5.0))
        kept.append(Limit(f"bias of the time to answer, ms ({name})", abs(by_line[name].latency_bias_ms), 150.0))
    rates = [by_line[name].rate for name in ("phone", "noise_20db", "noise_10db")]
    kept.append(Limit("syllables/s, most over least with noise down to 10 dB", max(rates) / min(rates), 1.1))
    kept.append(Limit("level of 6 dB more, dB of error (phone)", by_line["phone"].level_db, 3.0))
    return kept


def main(argv: Sequence[str] | None = None) -> int:
    """Run it. Returns 1 where a limit is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.facts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--short", action="store_true", help="4 talks and five lines instead of 10 and nine")
    short = parser.parse_args(argv).short
    recordings = {party: voices(party) for party in Party}
    talks = [make_talk(seed, recordings) for seed in range(4 if short else 10)]
    truths = [talk.facts() for talk in talks]
    by_line = {
        name: errors(truths, asyncio.run(measured(talks, line)))
        for name, line in list(LINES.items())[: SHORT_LINES if short else None]
    }
    columns = (
        "share, points", "overlap, s", "overlaps", "latency, ms", "its bias, ms", "answers", "longest pause, s",
        "syllables/s", "+6 dB, dB",
    )  # fmt: skip
    names = Errors.__slots__
    told = Table(
        f"How far from the truth ({len(talks)} talks of {LENGTH_S:.0f} s; of pace the value itself)",
        ("line", *columns),
        [(line, *(getattr(one, name) for name in names)) for line, one in by_line.items()],
    )
    true = Table(
        "The truth, means", ("overlaps", "overlap, s", "answers", "median answer, s"),
        [(
            mean(t.caller_overlaps + t.agent_overlaps for t in truths), mean(t.overlap_s for t in truths),
            mean(t.caller_answers + t.agent_answers for t in truths), mean(t.agent_latency_s or 0 for t in truths),
        )],
    )  # fmt: skip
    figures = {f"{line}_{name}": getattr(one, name) for line, one in by_line.items() for name in names}
    publish("facts", figures, [true, told])
    kept = limits(by_line)
    print("\n".join(limit.line() for limit in kept))
    return 0 if all(limit.is_met for limit in kept) else 1


if __name__ == "__main__":
    sys.exit(main())
