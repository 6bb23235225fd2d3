"""Does noise become talk or a score, and does speech stay what it is? Through the engine's own parts, on real sounds.

    python -m benchmarks.noise DATA_FOLDER            # every noise, a thousand recordings of speech: several minutes
    python -m benchmarks.noise DATA_FOLDER --short    # a fixed part of them: within two minutes

Noise: household sounds, crying children, hold music. Speech: read and acted, German and English, alone, in noise and
with a second voice. Each over a wideband line and over a telephone line. What the figures mean: docs/benchmarks.md and
docs/quality.md. The exit code is 1 where a limit is missed.
"""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, AudioFrame, Pcm32
from analysis.speech.detector import CHUNK_S
from analysis.speech.hysteresis import Hysteresis
from analysis.speech.silero import SileroNetwork, model_path
from analysis.speech.voice_check import TALK, WEIGHTS, VoiceCheck
from benchmarks.live_path import LivePath
from benchmarks.recordings import NOISES, Recording, as_heard, listed, mixed, on_line, read
from benchmarks.report import Limit, Table, publish, verdict
from benchmarks.voice_training import BABBLE_VOICES, SECOND_VOICE_DB, as_loud, hear, talk_marks
from benchmarks.yeses import granted
from consent.grant import ConsentGrant

SPEECH: Final = ("librispeech_mini", "emodb", "crema_d")
FULL: Final = {"librispeech_mini": 1, "emodb": 1, "crema_d": 8, "esc10": 1, "donateacry": 1, "moh": 1}
"""The corpora, and of how many recordings of each one is heard."""
LINES: Final = ("wide", "phone")
SHORT: Final = {"librispeech_mini": 12, "emodb": 12, "crema_d": 96, "esc10": 5, "donateacry": 5, "moh": 1}
"""The same of the short form: enough noises that one alone is less than 1 % of them."""
SNRS_DB: Final = (20.0, 10.0, 5.0, 0.0)
MIXED_PART: Final = 20
"""One of so many recordings of speech is also heard in noise."""
LONGEST_S: Final = 30.0
"""Of hold music, which goes on for minutes, each half minute is a sound of its own; counted are files all the same."""
CALLS: Final = 32
"""Calls that the engine hears at once."""
_FLOOR: Final = 0.5

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """One sound; `kind` is its row of the table."""

    kind: str
    name: str
    gender: str
    samples: Pcm32
    emotion: str = ""


@dataclass(slots=True)
class Count:
    """What became of all sounds of one kind over one line. Times in chunks."""

    length: int = 0
    plain: int = 0
    talk: int = 0
    kept: int = 0
    names: set[str] = field(default_factory=set)
    plainly_heard: set[str] = field(default_factory=set)
    scored: set[str] = field(default_factory=set)
    verdicts: Counter[str] = field(default_factory=Counter)
    wide: int = 0
    recalled: int = 0

    @property
    def judged(self) -> float:
        """The share of windows that were given a score."""
        every = sum(self.verdicts.values())
        return self.verdicts["score"] / every if every else math.nan


class Engine:
    """The engine's parts without its thread: detector, hysteresis, segmenter, quality gate and tone model."""

    def __init__(self, check: VoiceCheck, grants: Sequence[ConsentGrant]) -> None:
        self.check = check
        self.network = SileroNetwork()
        self._path = LivePath(check, grants)

    def marks(self, chances: NDArray[np.float32], memory: NDArray[np.float32]) -> Mask:
        """Talk or not, chunk by chunk, as a stream decides it."""
        hysteresis, decided = Hysteresis(), []
        for chunk, pair in enumerate(zip(chances.tolist(), self.check.voices(memory)[:, TALK].tolist(), strict=True)):
            decided += hysteresis.feed(chunk, *pair)
        return np.array([decision.speaks for decision in [*decided, *hysteresis.flush()]], np.bool_)

    def verdicts(self, frames: Sequence[AudioFrame]) -> list[Counter[str]]:
        """How many windows of each caller got a score, and how many each reason; the agent keeps silent."""
        return [
            Counter("score" if one.reason is None else one.reason.value for one in told)
            for told in self._path.hear(frames)
        ]


def noises_of(recordings: Sequence[Recording]) -> list[Sound]:
    """The noises, in pieces of at most half a minute."""
    step = int(LONGEST_S * ENGINE_RATE_HZ)
    return [
        Sound(one.corpus, one.path.name, "", piece)
        for one in recordings
        if one.corpus in NOISES
        for samples in [read(one)]
        for begin in range(0, len(samples), step)
        if len(piece := samples[begin : begin + step]) >= ENGINE_RATE_HZ
    ]


def speech_of(recordings: Sequence[Recording]) -> list[Sound]:
    """The speech as it is."""
    return [
        Sound(one.corpus, str(one.path), one.gender, read(one), one.emotion)
        for one in recordings
        if one.corpus not in NOISES
    ]


def mixtures(speech: Sequence[Sound], noises: Sequence[Sound], seed: int = 9) -> dict[str, list[Sound]]:
    """A part of the speech with noise, with six voices at once, and with one other voice, each at several levels."""
    rng = np.random.default_rng(seed)
    chosen = speech[::MIXED_PART]
    made: dict[str, list[Sound]] = {}
    for one in chosen:
        noise = noises[int(rng.integers(len(noises)))].samples
        others = [speech[int(at)].samples for at in rng.choice(len(speech), BABBLE_VOICES)]
        babble = np.sum([np.resize(as_loud(other), len(one.samples)) for other in others], axis=0)
        kinds = {"noise": (noise, SNRS_DB), "babble": (babble.astype(np.float32), SNRS_DB),
                 "second voice": (others[0], SECOND_VOICE_DB)}  # fmt: skip
        for kind, (other, levels) in kinds.items():
            for level in levels:
                name = f"{kind} {level:g} dB"
                made.setdefault(name, []).append(
                    Sound(name, one.name, one.gender, mixed(one.samples, other, level), one.emotion)
                )
    return {"alone": list(chosen), **made}


def count(engine: Engine, sounds: Sequence[Sound], line: str, references: dict[str, Mask] | None = None) -> Count:
    """What becomes of sounds of one kind over a line.

    `references` are the wideband decisions of Silero by name: which chunks are speech to it at 0.5.
    """
    told = Count()
    for sound, heard in zip(sounds, hear([as_heard(one.samples, line) for one in sounds], engine.network), strict=True):
        plain, marks = talk_marks(heard.chances), engine.marks(heard.chances, heard.memory)
        told.names.add(sound.name)
        told.length += len(marks)
        told.plain += int(plain.sum())
        told.talk += int(marks.sum())
        told.kept += int((plain & marks).sum())
        if plain.sum() * CHUNK_S >= _FLOOR:
            told.plainly_heard.add(sound.name)
        if references is not None:
            wanted = references[sound.name][: len(marks)]
            told.wide += int(wanted.sum())
            told.recalled += int((marks[: len(wanted)] & wanted).sum())
    for begin in range(0, len(sounds), CALLS):
        some = sounds[begin : begin + CALLS]
        for sound, verdicts in zip(some, engine.verdicts([on_line(one.samples, line) for one in some]), strict=True):
            told.verdicts.update(verdicts)
            if verdicts["score"]:
                told.scored.add(sound.name)
    return told


def wideband(engine: Engine, sounds: Sequence[Sound]) -> dict[str, Mask]:
    """Silero's own decisions at 0.5, chunk by chunk."""
    heard = hear([as_heard(one.samples, "wide") for one in sounds], engine.network)
    return {sound.name: np.asarray(one.chances >= _FLOOR) for sound, one in zip(sounds, heard, strict=True)}


def measure(engine: Engine, recordings: Sequence[Recording]) -> int:
    """Hear everything, print and write it; the exit code."""
    figures: dict[str, float] = {}
    limits: list[Limit] = []
    noises, speech = noises_of(recordings), speech_of(recordings)
    tables = [
        _noise_table(engine, noises, figures, limits),
        _speech_table(engine, speech, figures, limits),
        _mixed_table(engine, mixtures(speech, noises), figures),
    ]
    publish("noise", figures, tables)
    return verdict(limits)


def _noise_table(engine: Engine, noises: Sequence[Sound], figures: dict[str, float], limits: list[Limit]) -> Table:
    rows: list[list[object]] = []
    for line in LINES:
        every = Count()
        for corpus in NOISES:
            told = count(engine, [one for one in noises if one.kind == corpus], line)
            rows.append([f"{corpus}, {line}", *_noise_cells(told)])
            figures[f"noise_talk_percent_{corpus}_{line}"] = _percent(told.talk, told.length)
            for name in ("length", "plain", "talk"):
                setattr(every, name, getattr(every, name) + getattr(told, name))
            for name in ("names", "plainly_heard", "scored"):
                getattr(every, name).update((corpus, one) for one in getattr(told, name))
            every.verdicts.update(told.verdicts)
        rows.append([f"all, {line}", *_noise_cells(every)])
        figures[f"noise_talk_percent_{line}"] = _percent(every.talk, every.length)
        figures[f"noise_plain_talk_percent_{line}"] = _percent(every.plain, every.length)
        figures[f"noise_scored_files_percent_{line}"] = _percent(len(every.scored), len(every.names))
        limits.append(Limit(f"talk in noise, % of its length, {line}", figures[f"noise_talk_percent_{line}"], 1.0))
        limits.append(Limit(f"noises with a score, %, {line}", figures[f"noise_scored_files_percent_{line}"], 1.0))
    heads = (
        "noise alone",
        "files",
        "length, s",
        "Silero: talk, %",
        "with >= .5 s",
        "talk, %",
        "with a score",
        "why not",
    )
    return Table("Noise: what becomes talk or a score", heads, rows)


def _noise_cells(told: Count) -> list[object]:
    return [
        len(told.names),
        told.length * CHUNK_S,
        _percent(told.plain, told.length),
        len(told.plainly_heard),
        _percent(told.talk, told.length),
        len(told.scored),
        _reasons(told),
    ]


def _speech_table(engine: Engine, speech: Sequence[Sound], figures: dict[str, float], limits: list[Limit]) -> Table:
    rows: list[list[object]] = []
    references = wideband(engine, speech)
    for line in LINES:
        lost = heard = 0
        recalls: dict[str, float] = {}
        for corpus in SPEECH:
            for gender in ("f", "m"):
                some = [one for one in speech if one.kind == corpus and one.gender == gender]
                told = count(engine, some, line, references)
                recall = _percent(told.recalled, told.wide)
                lost_percent = _percent(told.plain - told.kept, told.plain)
                judged = 100 * told.judged
                rows.append(
                    [f"{corpus}, {gender}, {line}", len(told.names), lost_percent, recall, judged, _reasons(told)]
                )
                figures[f"judged_percent_{corpus}_{gender}_{line}"] = judged
                lost, heard = lost + told.plain - told.kept, heard + told.plain
                if corpus == "librispeech_mini":
                    recalls[gender] = recall
        gap = recalls["f"] - recalls["m"]
        figures[f"speech_lost_percent_{line}"] = _percent(lost, heard)
        figures[f"recall_gap_points_{line}"] = gap
        limits.append(Limit(f"speech that the check loses, %, {line}", _percent(lost, heard), 1.0))
        if line == "phone":
            limits.append(Limit("recall of librispeech_mini by phone, women minus men, points", abs(gap), 2.0))
    emotions = sorted({one.emotion for one in speech if one.kind == "emodb"})
    for emotion in emotions:
        some = [one for one in speech if one.kind == "emodb" and one.emotion == emotion]
        told = count(engine, some, "phone", references)
        lost_percent = _percent(told.plain - told.kept, told.plain)
        figures[f"speech_lost_percent_emodb_{emotion}_phone"] = lost_percent
        rows.append([f"emodb, {emotion}, phone", len(told.names), lost_percent, _percent(told.recalled, told.wide),
                     100 * told.judged, _reasons(told)])  # fmt: skip
    heads = ("speech alone", "files", "talk lost, %", "recall of wideband, %", "windows judged, %", "why not")
    return Table("Speech: what of Silero's talk the check loses, and what is judged", heads, rows)


def _mixed_table(engine: Engine, mixed_sounds: dict[str, list[Sound]], figures: dict[str, float]) -> Table:
    rows: list[list[object]] = []
    alone = mixed_sounds["alone"]
    for line in LINES:
        heard = hear([as_heard(one.samples, line) for one in alone], engine.network)
        clean = {one.name: talk_marks(known.chances) for one, known in zip(alone, heard, strict=True)}
        for name, sounds in mixed_sounds.items():
            told = count(engine, sounds, line, clean)
            moved = 100 * (told.talk / max(told.wide, 1) - 1)
            rows.append(
                [f"{name}, {line}", _percent(told.recalled, told.wide), moved, 100 * told.judged, _reasons(told)]
            )
            key = f"{name.replace(' ', '_')}_{line}"
            figures[f"talk_moved_percent_{key}"] = moved
            figures[f"judged_percent_{key}"] = 100 * told.judged
    heads = ("speech with", "recall, %", "talk time moved, %", "windows judged, %", "why not")
    return Table("Speech in noise: against the same speech alone over the same line", heads, rows)


def _reasons(told: Count) -> str:
    return " ".join(f"{name}:{number}" for name, number in told.verdicts.most_common() if name != "score") or "-"


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else math.nan


def chosen(folder: Path, parts: Mapping[str, int], *, half: bool) -> list[Recording]:
    """The recordings to be heard, always the same ones. Raises SystemExit where they are not there."""
    every = listed(folder, parts)
    kept = [one for corpus, part in parts.items() for one in [r for r in every if r.corpus == corpus][::part]]
    return [one for one in kept if one.half or one.corpus == "moh"] if half else kept


async def run(folder: Path, weights: Path, parts: Mapping[str, int], *, half: bool) -> int:
    """Take yeses for as many calls as are heard at once, and measure."""
    recordings = chosen(folder, parts, half=half)
    with tempfile.TemporaryDirectory() as place:
        async with granted(Path(place), CALLS) as grants:
            return measure(Engine(VoiceCheck.of(model_path(), weights), grants), recordings)


def main(words: list[str] | None = None) -> int:
    """Measure, print and write benchmarks/out/noise.json."""
    parser = ArgumentParser(prog="python -m benchmarks.noise", description=__doc__.partition("\n")[0],
                            epilog="example: python -m benchmarks.noise ~/recordings --short")  # fmt: skip
    parser.add_argument("folder", type=Path, help="the folder of recordings with its manifest.csv")
    parser.add_argument("--short", action="store_true", help="a fixed part of the recordings")
    parser.add_argument("--half", action="store_true", help="only speakers and noises that a --half training never saw")
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="other weights than the product's")
    arguments = parser.parse_args(words)
    return asyncio.run(
        run(arguments.folder, arguments.weights, SHORT if arguments.short else FULL, half=arguments.half)
    )


if __name__ == "__main__":
    sys.exit(main())
