"""Makes the weights by which talk is told from crying, and one voice from two: analysis/speech/voice_check.json.

Each recording goes through Silero: as it is; at 8 kHz, as the crying children were recorded (without it the weights
told the recorders apart instead); and over a telephone line. Wherever Silero hears speech (of noises: wherever it hears
it at a lower threshold) the mean of its memory over the stretch's first chunks is one example. A logistic regression
tells the two kinds apart. Beside whole recordings there are lone words, cut out of them, and speech in noise. One voice
is told from several in the same way, by windows of speech alone, in a little noise, and with others laid over it.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, Pcm16, Pcm32
from analysis.speech.detector import CHUNK_SAMPLES, PCM_SCALE
from analysis.speech.hysteresis import LEAVE, Hysteresis
from analysis.speech.segmenter import ENOUGH_CHUNKS, WINDOW_CHUNKS
from analysis.speech.silero import CONTEXT_SAMPLES, SileroNetwork, model_path
from analysis.speech.voice_check import MEMORY_SIZE, WEIGHTS
from benchmarks.recordings import LINES, Recording, as_heard, listed, mixed, read

SPEECH: Final = {"librispeech_mini": 1, "emodb": 1, "crema_d": 3, "crema_d_mel": 8, "fsdd": 5}
"""The corpora of speech, and each how many of whose recordings one is taken."""
NOISES: Final = ("esc10", "donateacry")
"""In hold music Silero hears no speech: there is nothing to learn from it."""
SHARES: Final = {
    "librispeech_mini": 1.0, "emodb": 1.5, "crema_d": 1.0, "crema_d_mel": 1.5, "fsdd": 1.0, "word": 1.0, "mixed": 5.0,
    "esc10": 1.0, "donateacry": 3.0,
}  # fmt: skip
"""How much each kind weighs beside the others of its side, whatever its length."""
TENSE: Final = frozenset({"anger", "happiness"})
TENSE_WEIGHT: Final = 4.0
"""High, loud voices are what a crying child is most like; unweighted, the angry ones lost 3 %."""
LENGTHS: Final = (8, 12, 16, 24, 32)
"""Chunks at the beginning of a stretch that make an example."""
LATER_CHUNKS: Final = 32
LOW_ENTRANCE: Final = (0.3, 0.2)
"""Silero's chance at which a stretch of noise begins and ends here: more examples than its mistakes alone give."""
SNRS_DB: Final = (20.0, 15.0, 10.0, 5.0, 0.0)
STRENGTHS: Final = {"talk": 1.0, "company": 10.0}
"""Of the weights' squares in the loss (all examples together weigh 2,000)."""
COMPANY: Final = {"librispeech_mini": 2, "emodb": 2, "crema_d": 3}
"""The corpora of which company is made, one of so many of the recordings; and how long each is at most."""
COMPANY_S: Final = 8.0
LITTLE_NOISE_DB: Final = (20.0, 15.0, 10.0)
SECOND_VOICE_DB: Final = (12.0, 6.0, 0.0)
BABBLE_DB: Final = (10.0, 5.0)
BABBLE_VOICES: Final = 6
MIXED_S: Final = 6.0
WORDS: Final = 5
"""Lone words in a row: what was heard before is part of the memory."""
_TALKED_SHARE: Final = 0.6
_AT_ONCE: Final = 64
_IN_MEMORY: Final = 512
_STEPS: Final = 30

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What Silero made of one sound: chances of shape (chunks,) and its memory, shape (chunks, 128)."""

    chances: NDArray[np.float32]
    memory: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A sound to learn from, float32 at 16 kHz; `talk`, where known, is what of it is speech without the noise."""

    samples: Pcm32
    kind: str
    is_speech: bool
    is_tense: bool = False
    talk: NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Means of memory of shape (n, 128), whether they are talk, of which kind and length they are, and if tense."""

    memory: Numbers
    is_speech: NDArray[np.bool_]
    kinds: NDArray[np.str_]
    lengths: NDArray[np.intp]
    is_tense: NDArray[np.bool_]

    def weights(self) -> Numbers:
        """Each kind and length weighs its share; both sides weigh 1,000."""
        weights = np.zeros(len(self.kinds))
        for kind in np.unique(self.kinds):
            for length in np.unique(self.lengths):
                here = (self.kinds == kind) & (self.lengths == length)
                weights[here] = SHARES.get(str(kind), 1.0) / max(int(here.sum()), 1)
        weights[self.is_tense] *= TENSE_WEIGHT
        for side in (True, False):
            weights[self.is_speech == side] *= 1_000 / weights[self.is_speech == side].sum()
        return weights


def hear(sounds: Sequence[Pcm16], network: SileroNetwork) -> list[Heard]:
    """Silero's chances and memory, chunk by chunk; the longest first, so that a batch holds sounds of like length."""
    heard: dict[int, Heard] = {}
    order = sorted(range(len(sounds)), key=lambda at: -len(sounds[at]))
    for begin in range(0, len(order), _AT_ONCE):
        batch = order[begin : begin + _AT_ONCE]
        counts = np.array([len(sounds[at]) // CHUNK_SAMPLES for at in batch])
        laid = np.zeros((len(batch), CONTEXT_SAMPLES + counts[0] * CHUNK_SAMPLES), np.float32)
        for row, at in enumerate(batch):
            length = counts[row] * CHUNK_SAMPLES
            laid[row, CONTEXT_SAMPLES : CONTEXT_SAMPLES + length] = sounds[at][:length] * PCM_SCALE
        chances = np.zeros((len(batch), counts[0]), np.float32)
        memory = np.zeros((len(batch), counts[0], MEMORY_SIZE), np.float32)
        states = np.zeros((2, len(batch), MEMORY_SIZE), np.float32)
        for chunk in range(counts[0]):
            rows = int((counts > chunk).sum())
            first = chunk * CHUNK_SAMPLES
            piece = np.ascontiguousarray(laid[:rows, first : first + CONTEXT_SAMPLES + CHUNK_SAMPLES])
            chances[:rows, chunk], states = network.run(piece, np.ascontiguousarray(states[:, :rows]))
            memory[:rows, chunk] = states[0]
        for row, at in enumerate(batch):
            heard[at] = Heard(chances[row, : counts[row]], memory[row, : counts[row]])
    return [heard[at] for at in range(len(sounds))]


def talk_marks(chances: NDArray[np.float32]) -> NDArray[np.bool_]:
    """What is speech when nothing is doubted: Silero with its own hysteresis."""
    hysteresis = Hysteresis()
    decided = [decision for at, chance in enumerate(chances.tolist()) for decision in hysteresis.feed(at, chance)]
    return np.array([decision.speaks for decision in [*decided, *hysteresis.flush()]], np.bool_)


def stretches(marks: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The first chunk of each run of True, and one past its last."""
    edges = np.flatnonzero(np.diff(marks, prepend=False, append=False))
    return [(int(first), int(stop)) for first, stop in edges.reshape(-1, 2)]


def sounds_of(recordings: Sequence[Recording], rng: np.random.Generator) -> Iterator[Sound]:
    """The recordings, and of the speech a few lone words of each and a part of it in noise."""
    noises = [read(one) for one in recordings if one.corpus in NOISES]
    words: dict[str, list[Pcm32]] = {}
    for one in recordings:
        samples = read(one)
        if one.corpus in NOISES:
            yield Sound(samples, one.corpus, is_speech=False)
            continue
        if one.corpus == "fsdd":
            words.setdefault(one.speaker, []).append(samples)
            continue
        is_tense = one.emotion in TENSE
        yield Sound(samples, one.corpus, is_speech=True, is_tense=is_tense)
        if one.corpus == "crema_d_mel":
            continue
        pieces = [_piece(samples, rng) for _ in range(WORDS)]
        yield Sound(_lone_words(pieces, rng), "word", is_speech=True, is_tense=is_tense)
        part = samples[: int(MIXED_S * ENGINE_RATE_HZ)]
        noise = noises[int(rng.integers(len(noises)))]
        in_noise = mixed(part, np.roll(noise, -int(rng.integers(len(noise)))), float(rng.choice(SNRS_DB)))
        yield Sound(in_noise, "mixed", is_speech=True, is_tense=is_tense, talk=_loud(part))
    for spoken in words.values():
        for begin in range(0, len(spoken), WORDS):
            yield Sound(_lone_words(spoken[begin : begin + WORDS], rng), "fsdd", is_speech=True)


def _heard(sounds: Sequence[Sound], line: str, network: SileroNetwork) -> Iterator[tuple[Sound, Heard]]:
    """What is heard of each sound, some at a time: the memory of all of them at once would be gigabytes."""
    for begin in range(0, len(sounds), _IN_MEMORY):
        some = sounds[begin : begin + _IN_MEMORY]
        yield from zip(some, hear([as_heard(one.samples, line) for one in some], network), strict=True)


def examples(sounds: Sequence[Sound], line: str, network: SileroNetwork) -> Examples:
    """One for each stretch and length."""
    rows: list[tuple[NDArray[np.float32], bool, str, int, bool]] = []
    for sound, heard in _heard(sounds, line, network):
        marks = talk_marks(heard.chances) if sound.is_speech else _low_marks(heard.chances)
        for first, stop in stretches(marks):
            spans = [(first, first + length, length) for length in LENGTHS if length <= max(stop - first, LENGTHS[0])]
            ends = range(first + LATER_CHUNKS + LENGTHS[2], stop + 1, LATER_CHUNKS)
            spans += [(end - LATER_CHUNKS, end, 0) for end in ends]
            for begin, end, length in spans:
                if sound.talk is None or (sound.talk[begin:end].size and sound.talk[begin:end].mean() > _TALKED_SHARE):
                    mean = heard.memory[begin:end].mean(axis=0)
                    rows.append((mean, sound.is_speech, sound.kind, length, sound.is_tense))
    memory, is_speech, kinds, lengths, is_tense = zip(*rows, strict=True)
    return Examples(
        np.array(memory, np.float64), np.array(is_speech), np.array(kinds), np.array(lengths), np.array(is_tense)
    )


def company_of(recordings: Sequence[Recording], rng: np.random.Generator) -> Iterator[tuple[Pcm32, bool]]:
    """Speech alone and in a little noise, and the same with one voice or six laid over it; whether there is company."""
    noises = [read(one) for one in recordings if one.corpus in NOISES]
    voices = [read(one)[: int(COMPANY_S * ENGINE_RATE_HZ)] for corpus, step in COMPANY.items()
              for one in [r for r in recordings if r.corpus == corpus][::step]]  # fmt: skip
    for voice in voices:
        yield voice, False
        yield mixed(voice, noises[int(rng.integers(len(noises)))], float(rng.choice(LITTLE_NOISE_DB))), False
        for count, levels in ((1, SECOND_VOICE_DB), (BABBLE_VOICES, BABBLE_DB)):
            others = [voices[int(at)] for at in rng.choice(len(voices), count)]
            crowd = np.sum([np.resize(as_loud(other), len(voice)) for other in others], axis=0)
            for level in levels:
                yield mixed(voice, crowd.astype(np.float32), level), True


def windows(sounds: Sequence[tuple[Pcm32, bool]], line: str, network: SileroNetwork) -> Examples:
    """One for each window of 4 s in which a second of speech is heard: the mean of the memory over its speech."""
    rows: list[tuple[NDArray[np.float32], bool]] = []
    voices = [Sound(samples, "company", is_speech=is_company) for samples, is_company in sounds]
    for sound, one in _heard(voices, line, network):
        marks = talk_marks(one.chances)
        for begin in range(0, len(marks), WINDOW_CHUNKS):
            talk = marks[begin : begin + WINDOW_CHUNKS]
            if talk.sum() >= ENOUGH_CHUNKS:
                rows.append((one.memory[begin : begin + WINDOW_CHUNKS][talk].mean(axis=0), sound.is_speech))
    kinds = np.array(["company" if is_company else "alone" for _, is_company in rows])
    none = np.zeros(len(rows), np.intp)
    memory = np.array([memory for memory, _ in rows], np.float64)
    return Examples(memory, kinds == "company", kinds, none, none.astype(np.bool_))


def as_loud(samples: Pcm32) -> Pcm32:
    """The same with a mean power of 1."""
    return samples / np.float32(max(float(np.sqrt(np.mean(samples**2))), 1e-6))


def fit(known: Sequence[Examples], strength: float) -> tuple[Numbers, float]:
    """The weights of the memory, and what is added: logistic regression by Newton's method on whitened numbers."""
    memory = np.concatenate([one.memory for one in known])
    wanted = np.concatenate([one.is_speech for one in known]).astype(np.float64)
    importance = np.concatenate([one.weights() for one in known]) / len(known)
    mean, spread = memory.mean(axis=0), memory.std(axis=0) + 1e-6
    rows = np.c_[(memory - mean) / spread, np.ones(len(memory))]
    penalty = np.diag([strength] * MEMORY_SIZE + [1e-6])
    found = np.zeros(MEMORY_SIZE + 1)
    for _ in range(_STEPS):
        odds = 1 / (1 + np.exp(-np.clip(rows @ found, -30, 30)))
        slope = rows.T @ (importance * (odds - wanted)) + penalty @ found
        curve = (rows * (importance * odds * (1 - odds) + 1e-9)[:, None]).T @ rows + penalty
        found = found - np.linalg.solve(curve, slope)
    weights = found[:-1] / spread
    return weights, float(found[-1] - weights @ mean)


def train(recordings: Sequence[Recording], seed: int = 5) -> dict[str, tuple[Numbers, float]]:
    """Weights and what is added for each column, of these recordings over all lines."""
    network = SileroNetwork()
    sounds = list(sounds_of(recordings, np.random.default_rng(seed)))
    talk = fit([examples(sounds, line, network) for line in LINES], STRENGTHS["talk"])
    voices = list(company_of(recordings, np.random.default_rng(seed)))
    company = fit([windows(voices, line, network) for line in LINES], STRENGTHS["company"])
    return {"talk": talk, "company": company}


def write(file: Path, sums: dict[str, tuple[Numbers, float]], recordings: Sequence[Recording]) -> None:
    """Write the weights with what they were made from."""
    sources = sorted({(one.corpus, one.licence) for one in recordings})
    told = {
        "model": f"silero-vad {version('silero-vad')}",
        "model_sha256": sha256(model_path().read_bytes()).hexdigest(),
        "trained_on": [{"corpus": corpus, "licence": licence} for corpus, licence in sources],
        "recordings": len(recordings),
        **{name: {"bias": round(bias, 5), "weights": [round(float(weight), 5) for weight in weights]}
           for name, (weights, bias) in sums.items()},
    }  # fmt: skip
    file.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def chosen(folder: Path) -> list[Recording]:
    """The recordings that are learned from. Raises SystemExit where they are not there."""
    every = listed(folder, (*SPEECH, *NOISES))
    return [one for corpus in (*SPEECH, *NOISES) for one in [r for r in every if r.corpus == corpus][
        :: SPEECH.get(corpus, 1)]]  # fmt: skip


def main(words: list[str] | None = None) -> int:
    """Train and write."""
    parser = ArgumentParser(prog="python -m benchmarks.voice_training", description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="the folder of recordings with its manifest.csv")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help=f"file to write (default {WEIGHTS.name})")
    parser.add_argument("--half", action="store_true", help="learn from half of the speakers and noises only, so that"
                        " benchmarks.noise can try the rest: --weights FILE --half")  # fmt: skip
    arguments = parser.parse_args(words)
    recordings = [one for one in chosen(arguments.folder) if not (arguments.half and one.half)]
    write(arguments.out, train(recordings), recordings)
    print(f"{arguments.out}: from {len(recordings)} recordings")
    return 0


def _piece(samples: Pcm32, rng: np.random.Generator) -> Pcm32:
    """A piece of a third to nine tenths of a second, faded at both ends."""
    length = int(rng.uniform(0.33, 0.9) * ENGINE_RATE_HZ)
    first = int(rng.integers(max(1, len(samples) - length)))
    word = samples[first : first + length].copy()
    fade = np.linspace(0, 1, min(320, len(word)), dtype=np.float32)
    word[: len(fade)] *= fade
    word[-len(fade) :] *= fade[::-1]
    return word


def _lone_words(words: Sequence[Pcm32], rng: np.random.Generator) -> Pcm32:
    """Words with pauses between them, on a line that is dead silent or hisses a little."""
    parts: list[Pcm32] = []
    for word in words:
        parts += [np.zeros(int(rng.uniform(0.3, 1.5) * ENGINE_RATE_HZ), np.float32), word]
    told = np.concatenate([*parts, np.zeros(ENGINE_RATE_HZ // 2, np.float32)])
    hiss = 0.0 if rng.random() < 0.2 else 10 ** rng.uniform(-5, -3)
    return (told + rng.standard_normal(len(told)) * hiss).astype(np.float32)


def _loud(samples: Pcm32) -> NDArray[np.bool_]:
    """Chunks within 30 dB of the loudest: what of clean speech is speech."""
    chunks = samples[: len(samples) // CHUNK_SAMPLES * CHUNK_SAMPLES].reshape(-1, CHUNK_SAMPLES)
    levels = np.sqrt(np.square(chunks).mean(axis=1))
    loud: NDArray[np.bool_] = levels > levels.max() * 10 ** (-30 / 20)
    return loud


def _low_marks(chances: NDArray[np.float32]) -> NDArray[np.bool_]:
    """The same law as Silero's with a lower entrance: chances are raised so that it stands where the other does."""
    enter, leave = LOW_ENTRANCE
    raised = np.where(chances >= enter, 1.0, np.where(chances >= leave, LEAVE, 0.0))
    return talk_marks(raised.astype(np.float32))


if __name__ == "__main__":
    sys.exit(main())
