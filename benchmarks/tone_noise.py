"""What does noise do to scores? Noise alone must get none; speech in noise gets the score it deserves, or none.

    python -m benchmarks.tone_noise DATA_FOLDER            # every noise, speech in three noises: five minutes
    python -m benchmarks.tone_noise DATA_FOLDER --short    # a fixed part of them: within a minute

Everything goes through the live path: detector, voice check, segmenter, quality and tone model, beside an agent who
keeps silent. What the figures mean: docs/benchmarks.md and docs/quality.md. The exit code is 1 where a limit is missed.
"""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from analysis.emotion.evaluation.labelled import LabelledClip, read_labelled
from analysis.emotion.score import Estimate, Reading
from analysis.speech.detector import PCM_SCALE
from analysis.speech.silero import model_path
from analysis.speech.voice_check import WEIGHTS, VoiceCheck
from benchmarks.live_path import LivePath, Told
from benchmarks.recordings import NOISES, Recording, as_heard, listed, on_line, read
from benchmarks.report import Limit, Table, publish, verdict
from benchmarks.yeses import granted

LINES: Final = ("wide", "phone")
SPEECH: Final = ("emodb", "crema_d_mel", "librispeech_mini")
SNRS_DB: Final = (20.0, 15.0, 10.0, 5.0, 0.0, -5.0)
BEFORE_S: Final = 1.0
AFTER_S: Final = 0.5
"""A noise is there before somebody talks, and afterwards; levels are of the speech without these."""
WINDOW_S: Final = 4.0
LONGEST_S: Final = 28.0
"""A sound of noise: so many windows that memory holds 32 of them and hold music is cut between two windows."""
CALLS: Final = 32
MIN_ABSTAINED: Final = 98.0
_NOT_HEARD: Final = "not_heard"
"""No window was cut: the detector heard no talk, or less than a window is cut for."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is heard: each how many-th noise alone, and of each corpus so many angry and other clips."""

    noise_step: Mapping[str, int]
    angry: int
    other: int


FULL: Final = Size({"esc10": 1, "donateacry": 1, "moh": 1}, 30, 45)
SHORT: Final = Size({"esc10": 10, "donateacry": 10, "moh": 3}, 4, 6)


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Clean speech of at most a window, and what people heard in it."""

    corpus: str
    is_angry: bool
    samples: Pcm32


@dataclass(slots=True)
class Alone:
    """What became of noise alone: all windows of 4 s, those with any score, and the verdicts about those cut.

    `familiar` are the sounds whose first window the tone model by itself would have given a score.
    """

    windows: int = 0
    scored: int = 0
    cut: Counter[str] = field(default_factory=Counter)
    sounds: int = 0
    familiar: int = 0

    @property
    def abstained_percent(self) -> float:
        """Of all windows."""
        return 100 - _percent(self.scored, self.windows)

    def take(self, length_s: float, told: Sequence[Told]) -> None:
        """Count one sound."""
        self.windows += max(1, math.ceil(length_s / WINDOW_S))
        self.scored += len({at for one in told if one.reason is None for at in _windows_of(one)})
        self.cut.update("score" if one.reason is None else one.reason.value for one in told)


@dataclass(frozen=True, slots=True)
class Pair:
    """One clip in noise, beside the same clip alone over the same line."""

    is_angry: bool
    clean: Told | None
    noisy: Told | None

    @property
    def readings(self) -> tuple[Reading, Reading] | None:
        """Both, where the noisy one got a score and the clean one was read."""
        if self.noisy is None or self.noisy.reason is not None or self.clean is None:
            return None
        return (self.clean.reading, self.noisy.reading) if self.clean.reading and self.noisy.reading else None


def best(told: Sequence[Told]) -> Told | None:
    """The window that stands for a clip: the longest one with a score, or else the longest."""
    return max(told, key=lambda one: (one.reason is None, one.end_s - one.start_s), default=None)


def noises_of(recordings: Sequence[Recording]) -> Iterator[Pcm32]:
    """The sounds, in pieces of at most seven windows; a rest of less than a second is left out."""
    step = int(LONGEST_S * ENGINE_RATE_HZ)
    for one in recordings:
        samples = read(one)
        yield from (piece for begin in range(0, len(samples), step)
                    if len(piece := samples[begin : begin + step]) >= ENGINE_RATE_HZ)  # fmt: skip


def hear_alone(path: LivePath, recordings: Sequence[Recording], line: str) -> Alone:
    """One kind of noise over a line; the tone model also reads each sound's first window as if it were speech."""
    found = Alone()
    for some in _batches(noises_of(recordings), path.calls):
        for samples, told in zip(some, path.hear([on_line(one, line) for one in some]), strict=True):
            found.take(len(samples) / ENGINE_RATE_HZ, told)
            heard = as_heard(samples[: int(WINDOW_S * ENGINE_RATE_HZ)], line).astype(np.float32) * PCM_SCALE
            reading = path.tone.read(heard)
            found.sounds += 1
            found.familiar += reading is not None and reading.reason is None
    return found


def clips_of(folder: Path, size: Size, kept: frozenset[Path], seed: int = 6) -> list[Clip]:
    """The speech: of each corpus so many clips that were heard as angry, and others."""
    rng = np.random.default_rng(seed)
    every = read_labelled(folder, SPEECH)
    found: list[Clip] = []
    for corpus in SPEECH:
        known = [one for one in every if one.corpus == corpus and one.path in kept and _counts(one)]
        for is_angry, number in ((True, size.angry), (False, size.other)):
            some = [one for one in known if one.is_angry is is_angry]
            drawn = [some[int(at)] for at in rng.permutation(len(some))[:number]]
            found += [Clip(corpus, is_angry, _speech(one.path)) for one in drawn]
    return found


def hear_clips(path: LivePath, sounds: Iterator[Pcm32]) -> list[Told | None]:
    """By phone: what stands for each clip."""
    found: list[Told | None] = []
    for some in _batches(sounds, path.calls):
        found += [best(told) for told in path.hear([on_line(one, "phone") for one in some])]
    return found


def in_noise(clips: Sequence[Clip], noises: Sequence[Pcm32], snr_db: float, seed: int) -> Iterator[Pcm32]:
    """Each clip in one of the noises, which has begun before; from anywhere in it, the same noise at each level."""
    rng = np.random.default_rng(seed)
    for clip in clips:
        noise = noises[int(rng.integers(len(noises)))]
        speech = alone(clip)
        bed = np.resize(np.roll(noise, -int(rng.integers(len(noise)))), len(speech))
        gain = np.sqrt(np.mean(clip.samples**2) / max(float(np.mean(bed**2)), 1e-9)) * 10 ** (-snr_db / 20)
        both = speech + np.float32(gain) * bed
        yield (both / max(1.0, float(np.abs(both).max()))).astype(np.float32)


def alone(clip: Clip) -> Pcm32:
    """The same with silence before and after it, in which a noise can be heard."""
    before, after = (np.zeros(int(length_s * ENGINE_RATE_HZ), np.float32) for length_s in (BEFORE_S, AFTER_S))
    return np.concatenate([before, clip.samples, after])


def alone_table(path: LivePath, noises: Sequence[Recording], figures: dict[str, float], limits: list[Limit]) -> Table:
    """Noise alone, each corpus over each line."""
    rows: list[list[object]] = []
    for line in LINES:
        for corpus in NOISES:
            found = hear_alone(path, [one for one in noises if one.corpus == corpus], line)
            every, score = sum(found.cut.values()), found.cut["score"]
            cut_percent = 100 - _percent(score, every)
            rows.append([f"{corpus}, {line}", found.windows, found.abstained_percent, every, score, cut_percent,
                         100 - _percent(found.familiar, found.sounds), _reasons(found.cut)])  # fmt: skip
            figures[f"alone_abstained_percent_{corpus}_{line}"] = found.abstained_percent
            figures[f"alone_windows_{corpus}_{line}"] = found.windows
            figures[f"alone_cut_{corpus}_{line}"] = every
            figures[f"alone_cut_abstained_percent_{corpus}_{line}"] = cut_percent
            figures[f"alone_refused_by_model_percent_{corpus}_{line}"] = 100 - _percent(found.familiar, found.sounds)
            what = f"noise alone, windows abstained, %, {corpus}, {line}"
            limits.append(Limit(what, found.abstained_percent, MIN_ABSTAINED, "at least"))
    heads = ("noise alone", "windows of 4 s", "abstained, %", "cut by the detector", "with a score",
             "of the cut abstained, %", "refused by the model alone, %", "why not")  # fmt: skip
    return Table("Noise alone: windows without a score", heads, rows)


def mixed_table(path: LivePath, clips: Sequence[Clip], noises: Mapping[str, Sequence[Pcm32]],
                figures: dict[str, float]) -> Table:  # fmt: skip
    """Speech in noise by phone: what is said, and how far it moved from what was said of the same speech alone."""
    clean = hear_clips(path, map(alone, clips))
    rows = [["alone", *_cells("alone", _pairs(clips, clean, clean), figures)]]
    for at, corpus in enumerate(NOISES):
        for snr_db in SNRS_DB:
            noisy = hear_clips(path, in_noise(clips, noises[corpus], snr_db, seed=at))
            name = f"{corpus}_{snr_db:g}_dB"
            rows.append([f"{corpus}, {snr_db:g} dB", *_cells(name, _pairs(clips, clean, noisy), figures)])
    heads = ("speech with", "clips", "abstained, %", "false alarms, %", "alarms of angry, %", "decisions unchanged, %",
             "activation moved", "anger moved", "activation within sigma, %", "anger within sigma, %",
             "calmer by more, %", "why not")  # fmt: skip
    return Table("Speech in noise by phone: against the same speech alone", heads, rows)


def _pairs(clips: Sequence[Clip], clean: Sequence[Told | None], noisy: Sequence[Told | None]) -> list[Pair]:
    return [Pair(clip.is_angry, *both) for clip, *both in zip(clips, clean, noisy, strict=True)]


def _cells(name: str, pairs: Sequence[Pair], figures: dict[str, float]) -> list[object]:
    """One row. Moved: mean of noisy minus clean. Within: by at most the sigma that the noisy score itself tells."""
    reasons = Counter(_reason(pair.noisy) for pair in pairs)
    told = [(pair.is_angry, *pair.readings) for pair in pairs if pair.readings is not None]
    alarms = {angry: [noisy.is_alarm for is_angry, _, noisy in told if is_angry is angry] for angry in (True, False)}
    activation = [_moved(clean.activation, noisy.activation) for _, clean, noisy in told]
    anger = [_moved(clean.anger, noisy.anger) for _, clean, noisy in told]
    calmer = [min(a, b) < -1 for (_, a), (_, b) in zip(activation, anger, strict=True)]
    found = {
        "abstained_percent": 100 - _percent(reasons["score"], len(pairs)),
        "false_alarms_percent": _share(alarms[False]),
        "hits_percent": _share(alarms[True]),
        "unchanged_percent": _share([clean.is_alarm is noisy.is_alarm for _, clean, noisy in told]),
        "activation_moved": _mean([moved for moved, _ in activation]),
        "anger_moved": _mean([moved for moved, _ in anger]),
        "activation_within_sigma_percent": _share([abs(sigmas) <= 1 for _, sigmas in activation]),
        "anger_within_sigma_percent": _share([abs(sigmas) <= 1 for _, sigmas in anger]),
        "calmer_percent": _share(calmer),
    }
    figures.update({f"{key}_{name}": value for key, value in found.items()})
    return [len(pairs), *found.values(), _reasons(reasons)]


def _moved(clean: Estimate, noisy: Estimate) -> tuple[float, float]:
    """By how much, and by how many of the noisy estimate's sigmas."""
    moved = noisy.value - clean.value
    return moved, moved / max(noisy.sigma, 1e-6)


def _reason(told: Told | None) -> str:
    if told is None:
        return _NOT_HEARD
    return "score" if told.reason is None else told.reason.value


def _windows_of(told: Told) -> range:
    """The windows of 4 s that a stretch touches."""
    return range(int(told.start_s // WINDOW_S), math.ceil(told.end_s / WINDOW_S))


def _counts(clip: LabelledClip) -> bool:
    """One of the four classes was heard, or it is read speech, which nobody labelled and is not angry."""
    return clip.is_judged or clip.corpus == "librispeech_mini"


def _batches(sounds: Iterator[Pcm32], size: int) -> Iterator[list[Pcm32]]:
    """As many at once as there are calls: what is mixed for them need not be held longer."""
    while some := list(islice(sounds, size)):
        yield some


def _speech(path: Path) -> Pcm32:
    return read(Recording(path, "", "", "", "", ""))[: int(WINDOW_S * ENGINE_RATE_HZ)]


def _reasons(told: Counter[str]) -> str:
    return " ".join(f"{name}:{number}" for name, number in told.most_common() if name != "score") or "-"


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else math.nan


def _share(marks: Sequence[bool]) -> float:
    return _percent(sum(marks), len(marks))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan


async def run(folder: Path, weights: Path, size: Size, *, half: bool) -> int:
    """Take yeses for as many calls as are heard at once, and measure; the exit code."""
    every = [one for one in listed(folder, (*SPEECH, *NOISES)) if one.half or one.corpus == "moh" or not half]
    noises = [one for corpus in NOISES
              for one in [r for r in every if r.corpus == corpus][:: size.noise_step[corpus]]]  # fmt: skip
    clips = clips_of(folder, size, frozenset(one.path for one in every if one.corpus in SPEECH))
    beds = {corpus: list(noises_of([one for one in noises if one.corpus == corpus])) for corpus in NOISES}
    figures: dict[str, float] = {}
    limits: list[Limit] = []
    with tempfile.TemporaryDirectory() as place:
        async with granted(Path(place), CALLS) as grants:
            path = LivePath(VoiceCheck.of(model_path(), weights), grants)
            tables = [alone_table(path, noises, figures, limits), mixed_table(path, clips, beds, figures)]
    publish("tone_noise", figures, tables)
    return verdict(limits)


def main(words: list[str] | None = None) -> int:
    """Measure, print and write benchmarks/out/tone_noise.json."""
    parser = ArgumentParser(prog="python -m benchmarks.tone_noise", description=__doc__.partition("\n")[0],
                            epilog="example: python -m benchmarks.tone_noise ~/recordings --short")  # fmt: skip
    parser.add_argument("folder", type=Path, help="the folder of recordings with its manifest.csv")
    parser.add_argument("--short", action="store_true", help="a fixed part of the recordings")
    parser.add_argument("--half", action="store_true", help="only speakers and noises that a --half training of the"
                        " voice check never saw")  # fmt: skip
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="other weights of the voice check")
    arguments = parser.parse_args(words)
    return asyncio.run(
        run(arguments.folder, arguments.weights, SHORT if arguments.short else FULL, half=arguments.half)
    )


if __name__ == "__main__":
    sys.exit(main())
