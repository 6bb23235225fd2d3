"""What happens in one tick: all calls' chunks through the detector, all calls' windows through the tone model.

Sans-IO and single-threaded: the engine calls it from its worker's thread. A model and a thread per call, as peers have
it, costs three times as much and stutters at two calls (pipecat#1369, #3178).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.audio import ENGINE_RATE_HZ
from analysis.conversation import ConversationFacts, ConversationTracker
from analysis.emotion.languages import untried
from analysis.emotion.model import EmotionModel
from analysis.emotion.score import Abstained, Reason, Verdict
from analysis.engine.clean_speech import clean_speech
from analysis.engine.histogram import Tally
from analysis.engine.inbox import Heard, clock_stretch
from analysis.engine.stats import BATCH_ROWS
from analysis.engine.stream import Stream
from analysis.speech.detector import CHUNK_S, CHUNK_SAMPLES, PCM_SCALE, Chances, SpeechDetector
from analysis.speech.segment import CallerSpeech
from analysis.speech.segmenter import WINDOW_CHUNKS, Window
from analysis.speech.voice_check import COLUMNS, TALK
from consent.errors import Withdrawn
from consent.grant import Consented
from consent.parties import Party
from consent.purposes import Purpose

T = TypeVar("T")

PATIENCE_CHUNKS: Final = 32
"""How long (1 s of the caller's sound) a window waits for the agent's decisions about the same stretch."""

RUN_CHUNKS: Final = 4
"""Chunks of one stream that are taken together: what a tick brings. With more waiting they are taken in turns."""

_FIRST_ROWS: Final = 64


@dataclass(frozen=True, slots=True)
class Listened:
    """What one tick heard: abstentions that need no model, speech to be judged, and the facts that moved."""

    abstained: list[Consented[Verdict]]
    speech: list[CallerSpeech]
    facts: dict[str, ConversationFacts]


class Batcher:
    """Holds every stream and every conversation.

    `expected` are the parties that a call must have: where one of them is not heard, its echo cannot be told from the
    caller, and the stretch is not judged. A microphone has a caller only.
    """

    def __init__(
        self, detector: SpeechDetector, tone: EmotionModel, expected: frozenset[Party] = frozenset(Party)
    ) -> None:
        self._detector = detector
        self._tone = tone
        self._expects_agent = Party.AGENT in expected
        self._streams: dict[str, Stream] = {}
        self._trackers: dict[str, ConversationTracker] = {}
        self._sound = np.zeros((_FIRST_ROWS, RUN_CHUNKS, CHUNK_SAMPLES), np.int16)
        self._chunks = np.zeros((_FIRST_ROWS, CHUNK_SAMPLES), np.float32)
        self.batch_rows = Tally(BATCH_ROWS)

    def warm(self) -> None:
        """Run both models once."""
        self._detector.warm()
        self._tone.warm()

    @property
    def streams(self) -> int:
        """How many voices are held."""
        return len(self._streams)

    def listen(self, heard: Iterable[Heard]) -> Listened:
        """Take what came, decide who speaks, and cut what is to be judged."""
        self._forget_ended()
        streams = self._lay_down(heard)
        self._detect(streams)
        result = Listened([], [], {})
        self._cut_ready(streams, result)
        result.facts.update(self._facts_of(streams))
        return result

    def judge(self, speech: Sequence[CallerSpeech]) -> list[Consented[Verdict]]:
        """One window's own verdict for each segment whose grant still lives when it has been judged.

        What is told of a call is not this but what `follow` makes of it.
        """
        live = list(speech)
        while live := [part for part in live if part.consented.grant.is_live]:
            try:
                verdicts = self._tone.judge(live)
            except Withdrawn:  # one of them, in the midst of the batch: judge the others
                continue
            return _under_their_grants(live, verdicts)
        return []

    def follow(self, verdicts: Iterable[Consented[Verdict]]) -> list[Consented[Verdict]]:
        """What is told instead of windows' own verdicts: smoothed over the caller's call, or still warming up.

        In the order in which they are handed in, which is each caller's order of sound time. Of a grant that has
        ended and of a stream that is forgotten nothing is told.
        """
        told: list[Consented[Verdict]] = []
        for verdict in verdicts:
            stream = self._streams.get(verdict.grant.grant_id)
            if stream is None:
                continue
            try:
                told.append(verdict.map(stream.course.take))
            except Withdrawn:
                continue
        return told

    def lose(self, heard: Iterable[Heard]) -> list[Consented[Verdict]]:
        """A tick failed with these frames in hand: note the loss, and say so of what has been lost for long."""
        said: list[Consented[Verdict]] = []
        for item in heard:
            stream = self._streams.get(item.grant.grant_id)
            if stream is None or not item.frames:
                continue
            try:
                stream.lose(*clock_stretch(item.frames[0].open(), item.frames[-1].open()))
                stream.restart()
                self._detector.reset(stream.row)
                if stream.lost_samples >= WINDOW_CHUNKS * CHUNK_SAMPLES:
                    said.extend(_said_of_loss(stream))
            except Withdrawn:
                continue
        return said

    def forget(self, call_id: str) -> None:
        """Drop and overwrite everything of a call."""
        self._drop([stream for stream in self._streams.values() if stream.grant.call_id == call_id])
        self._trackers.pop(call_id, None)

    def begin_anew(self, call_id: str) -> None:
        """Forget what was judged of a call's caller: what is told next is of speech that is still to come."""
        for stream in self._streams.values():
            if stream.grant.call_id == call_id:
                stream.begin_anew()

    def _forget_ended(self) -> None:
        self._drop([stream for stream in self._streams.values() if not stream.grant.is_live])
        alive = {stream.grant.call_id for stream in self._streams.values()}
        for call_id in self._trackers.keys() - alive:
            del self._trackers[call_id]

    def _drop(self, streams: list[Stream]) -> None:
        for stream in streams:
            stream.wipe()
            self._detector.close(stream.row)
            del self._streams[stream.grant.grant_id]
        if streams:  # of the newest tick their sound lies here too
            self._sound[:] = 0
            self._chunks[:] = 0

    def _lay_down(self, heard: Iterable[Heard]) -> list[Stream]:
        """Each stream with its new frames, but for those whose grant has ended."""
        return [stream for item in heard if (stream := self._take(item)) is not None]

    def _take(self, item: Heard) -> Stream | None:
        """Give a stream its frames; None when its grant has ended."""
        stream = self._streams.get(item.grant.grant_id)
        try:
            if stream is None and not item.frames:
                return None
            if stream is None:
                stream = self._streams[item.grant.grant_id] = Stream(item.frames[0], self._detector)
                self._trackers.setdefault(item.grant.call_id, ConversationTracker())
            stream.spoken = item.language
            if item.dropped is not None:
                stream.lose(*item.dropped)
            for frame in item.frames:
                stream.take(frame.open())
        except Withdrawn:
            return None
        return stream

    def _detect(self, streams: list[Stream]) -> None:
        """Run every stream's new chunks through the detector: the first of each in one batch, then the second..."""
        if len(streams) > len(self._sound):
            self._sound = np.zeros((2 * len(streams), RUN_CHUNKS, CHUNK_SAMPLES), np.int16)
            self._chunks = np.zeros((2 * len(streams), CHUNK_SAMPLES), np.float32)
        while streams:
            streams, firsts, counts = self._gather(streams)
            if streams:
                self._decide(streams, firsts, counts, *self._hear(streams, np.array(counts)))

    def _gather(self, streams: list[Stream]) -> tuple[list[Stream], list[int], list[int]]:
        """Lay the next chunks of each stream side by side; the streams that have any, their first ones, how many."""
        taken: list[Stream] = []
        firsts: list[int] = []
        counts: list[int] = []
        for stream in streams:
            try:
                first, count = stream.next_run_into(self._sound[len(taken)])
            except Withdrawn:
                continue
            if count:
                taken.append(stream)
                firsts.append(first)
                counts.append(count)
                if stream.is_after_gap:
                    self._detector.reset(stream.row)
        return taken, firsts, counts

    def _hear(self, streams: list[Stream], counts: NDArray[np.intp]) -> tuple[Chances, Chances]:
        """Of each stream's run the likelihoods of speech and the log-odds of talk and company; beyond a run's end 0.

        Float32 of shapes (streams, RUN_CHUNKS) and (streams, RUN_CHUNKS, 2).
        """
        every = np.array([stream.row for stream in streams], np.intp)
        chances = np.zeros((len(streams), RUN_CHUNKS), np.float32)
        voices = np.zeros((len(streams), RUN_CHUNKS, len(COLUMNS)), np.float32)
        for turn in range(counts.max()):
            at = np.flatnonzero(counts > turn)
            chunks, rows = self._chunks[: len(at)], every
            if len(at) == len(streams):
                np.multiply(self._sound[: len(at), turn], PCM_SCALE, out=chunks)
            else:
                rows = every[at]
                np.multiply(self._sound[at, turn], PCM_SCALE, out=chunks)
            self.batch_rows.add(len(at))
            chances[at, turn] = self._detector.hear(rows, chunks)
            voices[at, turn] = self._detector.voices(rows)
        return chances, voices

    def _decide(
        self, streams: list[Stream], firsts: list[int], counts: list[int], chances: Chances, voices: Chances
    ) -> None:
        """Note what follows of it. Only where a voice begins, dips or ends is each chunk looked at by itself."""
        # What lies beyond a run's end is the run's first chance again, so that it moves neither bound.
        unused = np.arange(RUN_CHUNKS) >= np.array(counts)[:, None]
        np.copyto(chances, chances[:, :1], where=unused)
        lowest, highest = chances.min(axis=1).tolist(), chances.max(axis=1).tolist()
        for at, (stream, first, count) in enumerate(zip(streams, firsts, counts, strict=True)):
            tracker, party = self._trackers[stream.grant.call_id], stream.grant.party
            stream.note(first, voices[at, :count])
            run = stream.pass_over(first, first + count, lowest[at], highest[at])
            if run is not None:
                tracker.put_run(party, run.first_chunk, run.stop_chunk, speaks=run.speaks)
                continue
            heard = zip(chances[at, :count].tolist(), voices[at, :count, TALK].tolist(), strict=True)
            for chunk, (chance, voice) in enumerate(heard, first):
                for decision in stream.decide(chunk, chance, voice):
                    tracker.put(party, decision)

    def _cut_ready(self, streams: list[Stream], result: Listened) -> None:
        """Cut the windows of those streams that have any, and say what was lost."""
        for stream in streams:
            if stream.windows or stream.lost_samples:
                try:
                    self._cut(stream, result)
                except Withdrawn:
                    continue

    def _facts_of(self, streams: list[Stream]) -> dict[str, ConversationFacts]:
        """The facts of each stream's call, where the grant still lives and covers them."""
        facts: dict[str, ConversationFacts] = {}
        for stream in streams:
            grant = stream.grant
            if grant.call_id not in facts and grant.is_live and Purpose.FACTS in grant.purposes:
                facts[grant.call_id] = self._trackers[grant.call_id].facts()
        return facts

    def _cut(self, stream: Stream, result: Listened) -> None:
        """Cut the windows that need not wait any more; of the agent there are none."""
        tracker = self._trackers[stream.grant.call_id]
        own, agent = tracker.marks[Party.CALLER], tracker.marks[Party.AGENT]
        if stream.lost_samples:
            result.abstained.extend(_said_of_loss(stream))
        while stream.windows:
            window = stream.windows[0]
            is_known = agent.end_chunk > window.stop_chunk or own.end_chunk >= window.stop_chunk + PATIENCE_CHUNKS
            if self._expects_agent and not is_known:
                return
            stream.windows.popleft()
            is_tested = not untried(stream.languages, self._tone.languages)
            sound, voices = stream.sound.open(), stream.voices(window)
            found = clean_speech(sound, window, voices, own, agent if self._expects_agent else None)
            if isinstance(found, Reason):
                result.abstained.append(_abstained(stream, window, found if is_tested else Reason.LANGUAGE))
                continue
            speech = CallerSpeech(stream.sound.map(_always(found)))
            if Purpose.FACTS in stream.grant.purposes:  # the facts of a talk hang on no language
                tracker.measure(speech)
            if is_tested:
                result.speech.append(speech)
            else:
                result.abstained.append(_abstained(stream, window, Reason.LANGUAGE))


def _always(value: T) -> Callable[[object], T]:
    """For `Consented.map`: the value that was made, under the grant of what it was made from."""
    return lambda _: value


def unjudged(speech: Iterable[CallerSpeech]) -> list[Consented[Verdict]]:
    """What is said of segments that were being judged when the tick failed."""
    said: list[Consented[Verdict]] = []
    for part in speech:
        try:
            said.append(part.consented.map(lambda s: Abstained(s.start_s, s.end_s, Reason.ENGINE)))
        except Withdrawn:
            continue
    return said


def _under_their_grants(speech: Sequence[CallerSpeech], verdicts: Sequence[Verdict]) -> list[Consented[Verdict]]:
    kept: list[Consented[Verdict]] = []
    for part, verdict in zip(speech, verdicts, strict=True):
        try:
            kept.append(part.consented.map(_always(verdict)))
        except Withdrawn:
            continue
    return kept


def _abstained(stream: Stream, window: Window, reason: Reason) -> Consented[Verdict]:
    return stream.sound.map(lambda _: Abstained(window.first_chunk * CHUNK_S, window.stop_chunk * CHUNK_S, reason))


def _said_of_loss(stream: Stream) -> list[Consented[Verdict]]:
    first, stop = stream.take_loss()
    if not stream.is_judged:
        return []
    return [stream.sound.map(lambda _: Abstained(first / ENGINE_RATE_HZ, stop / ENGINE_RATE_HZ, Reason.ENGINE))]
