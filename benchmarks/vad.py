"""How many voices a core hears at 16 kHz: ours, the bare batched network, and a detector for each voice.

Ours is the whole way from int16 frames to decisions about each chunk: frames admitted under real grants, queued, laid
down, batched, decided; once on the floor's own network, once as installed, on products of matrices. What a tick does
with the decisions, cutting windows and gathering facts, is shown apart. All take turns on the same talk, one thread
each; CPU time counts.
"""

from __future__ import annotations

import asyncio
import gc
import math
import statistics
import sys
import tempfile
import tracemalloc
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import process_time
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ, AudioFrame
from analysis.emotion.model import EmotionModel
from analysis.emotion.score import Verdict
from analysis.engine.batcher import Batcher
from analysis.engine.inbox import Heard, Inbox
from analysis.speech.detector import CHUNK_S, CHUNK_SAMPLES
from analysis.speech.segment import CallerSpeech
from analysis.speech.silero import SileroDetector, SileroNetwork, VoiceNetwork, network_of
from benchmarks.other_detectors import PACKET_SAMPLES, Contender, Floor, Sounds, others
from benchmarks.report import Limit, Table, publish, verdict
from benchmarks.talk import conversations
from benchmarks.yeses import granted
from consent.grant import ConsentGrant

VOICES: Final = 200
OTHER_VOICES: Final = 8
"""Each has a model of its own, and costs the same however many there are."""
TICK_SAMPLES: Final = 1_600
MEDIA_SAMPLES: Final = 1_600
"""Of a frame: media hands on what came since its last look, several packets at once."""
ROUND_TICKS: Final = 8
"""25 chunks of each voice: the least that is both whole ticks and whole chunks."""
ROUNDS: Final = 60
SHORT_ROUNDS: Final = 12
TALK_S: Final = 30.0
MIN_OF_FLOOR: Final = 0.75
MIN_OF_PIPECAT: Final = 8.0
MIN_OF_TORCH: Final = 5.0
MAX_KB_PER_CALL: Final = 1_000.0
EXAMPLE: Final = """examples:
  python -m benchmarks.vad               60 rounds, about 3 minutes
  python -m benchmarks.vad --short       12 rounds, about 40 seconds
  python -m benchmarks.vad --voices 50   fewer voices in a batch

pipecat is compared with where it is installed. It asks for an older protobuf and soundfile than this project is pinned
to, so give it an environment of its own and run the benchmark there:
  python3 -m venv /tmp/with-pipecat && /tmp/with-pipecat/bin/pip install -e . pipecat-ai==1.14.0
"""


class NoTone:
    """Ours is measured up to the windows: what a tone model makes of them is another matter."""

    model_id = "none"
    languages = frozenset({"en"})

    def warm(self) -> None:
        """Nothing to load."""

    def judge(self, speech: Sequence[CallerSpeech]) -> list[Verdict]:
        """Never asked."""
        raise AssertionError(speech)


@dataclass(slots=True)
class Clock:
    """CPU seconds by stage. A stage within another one is taken out of it."""

    seconds: dict[str, float] = field(default_factory=dict)
    _inner: list[float] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what is done here to that stage."""
        self._inner.append(0.0)
        began = process_time()
        yield
        took = process_time() - began
        self.seconds[name] = self.seconds.get(name, 0.0) + took - self._inner.pop()
        if self._inner:
            self._inner[-1] += took


class ClockedNetwork:
    """A network, on the clock."""

    def __init__(self, network: VoiceNetwork, clock: Clock) -> None:
        self._network = network
        self._clock = clock

    def run(self, batch: NDArray[np.float32], states: NDArray[np.float32]) -> Any:
        """As it does."""
        with self._clock.stage("network"):
            return self._network.run(batch, states)


class ClockedBatcher(Batcher):
    """The batcher, its stages on the clock."""

    def __init__(self, network: VoiceNetwork, clock: Clock, tone: EmotionModel) -> None:
        super().__init__(SileroDetector(ClockedNetwork(network, clock)), tone)
        self._clock = clock


def _on_the_clock(method: str, stage: str) -> None:
    def clocked(self: ClockedBatcher, *given: Any) -> Any:
        with self._clock.stage(stage):
            return getattr(Batcher, method)(self, *given)

    setattr(ClockedBatcher, method, clocked)


STAGES: Final = {
    "_lay_down": "lay down",
    "_gather": "gather",
    "_hear": "batch",
    "_decide": "decide",
    "_cut_ready": "cut",
    "_facts_of": "facts",
}
BESIDE: Final = ("cut", "facts")
"""What is done with decisions."""
for _method, _stage in STAGES.items():
    _on_the_clock(_method, _stage)


class Ours:
    """Frames of so many samples, under grants, through queue and batcher."""

    def __init__(self, grants: Sequence[ConsentGrant], frame_samples: int, network: VoiceNetwork) -> None:
        kind = "ONNX" if isinstance(network, SileroNetwork) else "matrices"
        self.name = f"ours, {kind}, frames of {frame_samples * 1_000 // ENGINE_RATE_HZ} ms"
        self.voices = len(grants)
        self._clock = Clock()
        self._batcher = ClockedBatcher(network, self._clock, NoTone())
        self._inboxes = [Inbox(grant) for grant in grants]
        self._frame_samples = frame_samples
        self._at = 0
        self._ticks: list[list[list[AudioFrame]]] = []

    async def ready(self, sounds: Sounds) -> None:
        """What media makes: frames, by tick and voice."""
        self._ticks = []
        for tick in range(0, sounds.shape[1], TICK_SAMPLES):
            parts = range(tick, tick + TICK_SAMPLES, self._frame_samples)
            self._ticks.append([[self._frame(voice, at) for at in parts] for voice in sounds])
        self._at += sounds.shape[1]

    def _frame(self, voice: NDArray[np.int16], at: int) -> AudioFrame:
        return AudioFrame(self._at + at, ENGINE_RATE_HZ, voice[at : at + self._frame_samples])

    async def hear(self) -> float:
        """Tick by tick; returns what was done with the decisions."""
        before = self._beside_s()
        for tick in self._ticks:
            heard = self._queue(tick)
            with self._clock.stage("rest"):
                self._batcher.listen(heard)
        return self._beside_s() - before

    def _beside_s(self) -> float:
        return sum(self._clock.seconds.get(stage, 0.0) for stage in BESIDE)

    def stages_us(self) -> dict[str, float]:
        """Microseconds a chunk of each stage so far, the dearest first."""
        chunks = self.voices * self._at / CHUNK_SAMPLES
        every = sorted(self._clock.seconds.items(), key=lambda one: -one[1])
        return {stage: seconds / chunks * 1e6 for stage, seconds in every}

    def _queue(self, tick: list[list[AudioFrame]]) -> list[Heard]:
        with self._clock.stage("queue"):
            for inbox, frames in zip(self._inboxes, tick, strict=True):
                for frame in frames:
                    inbox.put(inbox.grant.admit(frame))
            return [heard for inbox in self._inboxes if (heard := inbox.take(inbox.grant.language)) is not None]


def talk(voices: int, length_s: float = TALK_S) -> Sounds:
    """Both sides of as many conversations as that takes, int16 of shape (voices, samples), whole rounds."""
    every = conversations(-(-voices // 2), length_s)
    sides = [side for one in every for side in (one.caller, one.agent)][:voices]
    length = min(map(len, sides)) // (ROUND_TICKS * TICK_SAMPLES) * ROUND_TICKS * TICK_SAMPLES
    return np.stack([side[:length] for side in sides])


async def measure(contenders: Mapping[str, Contender], sounds: Sounds, rounds: int) -> dict[str, list[float]]:
    """CPU seconds a chunk of each contender in each round; they take turns, and the first round is not counted."""
    took: dict[str, list[float]] = {key: [] for key in contenders}
    step = ROUND_TICKS * TICK_SAMPLES
    for turn in range(rounds + 1):
        at = turn * step % sounds.shape[1]
        for key, contender in contenders.items():
            await contender.ready(sounds[: contender.voices, at : at + step])
            gc.collect(0)
            began = process_time()
            beside_s = await contender.hear()
            if turn:
                took[key].append((process_time() - began - beside_s) / contender.voices / (step / CHUNK_SAMPLES))
    return took


async def memory_kb(grants: Sequence[ConsentGrant], sounds: Sounds) -> float:
    """What a call of two voices takes within the batcher and its queue, kB, after a second of sound."""
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    ours = Ours(grants, MEDIA_SAMPLES, network_of())
    for at in range(0, 10 * TICK_SAMPLES, TICK_SAMPLES):
        await ours.ready(sounds[: ours.voices, at : at + TICK_SAMPLES])
        await ours.hear()
    await ours.ready(sounds[: ours.voices, :0])
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (after - before) / 1_000 / (len(grants) / 2)


def ratio(took: Mapping[str, list[float]], key: str, other: str) -> float:
    """How many times as many voices as the other, the median of the rounds; no number where one is missing."""
    if key not in took or other not in took:
        return math.nan
    return statistics.median(b / a for a, b in zip(took[key], took[other], strict=True))


async def run(voices: int, rounds: int) -> int:
    """Measure, print, and say whether the limits are kept."""
    sounds = talk(voices)
    with tempfile.TemporaryDirectory() as folder:
        async with granted(Path(folder), voices // 2) as grants:
            kb = await memory_kb(grants, sounds)
            onnx, ours = (Ours(grants, MEDIA_SAMPLES, network) for network in (SileroNetwork(), network_of()))
            small = Ours(grants, PACKET_SAMPLES, network_of())
            contenders: dict[str, Contender] = {
                "floor": Floor(voices), "ours_onnx": onnx, "ours": ours, "ours_20ms": small,
            }  # fmt: skip
            found, missing = others(OTHER_VOICES)
            took = await measure(contenders | found, sounds, rounds)
    each = {key: statistics.median(seconds) for key, seconds in took.items()}
    rows: list[list[object]] = [
        [one.name, CHUNK_S / each[key], each[key] * 1e6, ratio(took, key, "floor"), ratio(took, "ours", key)]
        for key, one in (contenders | found).items()
    ]
    rows += [[f"{name}: {how}", *[math.nan] * 4] for name, how in missing.items()]
    stages, onnx_stages = ours.stages_us(), onnx.stages_us()
    figures = {f"{key}_voices": CHUNK_S / seconds for key, seconds in each.items()}
    figures |= {f"ours_to_{key}": ratio(took, "ours", key) for key in took if key != "ours"}
    figures |= {f"{key}_to_floor": ratio(took, key, "floor") for key in ("ours_onnx", "ours_20ms")}
    figures |= {"memory_kb_per_call": kb}
    figures |= {f"stage_{stage.replace(' ', '_')}_us": us for stage, us in stages.items()}
    columns = ("detector", "voices a core", "us a chunk", "of the floor", "ours is x times")
    parts = [
        [f"{stage} (beside)" if stage in BESIDE else stage, us, onnx_stages[stage]] for stage, us in stages.items()
    ]
    publish(
        "vad",
        figures,
        [
            Table(f"{voices} voices at 16 kHz, {rounds} rounds of {ROUND_TICKS / 10:g} s, CPU, medians", columns, rows),
            Table("Where a tick of ours goes, us a chunk", ("stage", "matrices", "ONNX"), parts),
            Table("Memory", ("of", "kB"), [["a call: rings, states and queues of both voices", kb]]),
        ],
    )
    limits = [
        Limit("voices a core on ONNX, of the floor", ratio(took, "ours_onnx", "floor"), MIN_OF_FLOOR, "at least"),
        Limit("voices a core as installed, of the floor", ratio(took, "ours", "floor"), MIN_OF_FLOOR, "at least"),
        Limit("memory a call, kB", kb, MAX_KB_PER_CALL),
    ]
    for key, least in (("torch", MIN_OF_TORCH), ("pipecat", MIN_OF_PIPECAT)):
        if key in took:
            limits.append(Limit(f"times the voices of {found[key].name}", ratio(took, "ours", key), least, "at least"))
    return verdict(limits)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a limit is missed."""
    parser = ArgumentParser(
        prog="python -m benchmarks.vad",
        description=(__doc__ or "").partition("\n")[0],
        epilog=EXAMPLE,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--short", action="store_true", help=f"{SHORT_ROUNDS} rounds instead of {ROUNDS}")
    parser.add_argument("--voices", type=int, default=VOICES, help=f"voices in a batch, even (default {VOICES})")
    parser.add_argument("--rounds", type=int, help="rounds to measure")
    arguments = parser.parse_args(argv)
    rounds = arguments.rounds or (SHORT_ROUNDS if arguments.short else ROUNDS)
    if arguments.voices < OTHER_VOICES or arguments.voices % 2 or rounds < 1:
        parser.error(f"an even number of voices, at least {OTHER_VOICES}, and at least one round")
    return asyncio.run(run(arguments.voices, rounds))


if __name__ == "__main__":
    sys.exit(main())
