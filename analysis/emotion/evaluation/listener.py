"""A labelled recording heard as a caller's utterance would be: detector, windows, quality, model, in this order.

What it leaves out of a call: grants, since a recording with labels is no call, and the other party, who is not in it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from analysis.audio import Pcm32
from analysis.emotion.evaluation.judgement import Judgement, read, unread
from analysis.emotion.evaluation.labelled import LabelledClip
from analysis.emotion.model import ToneReader
from analysis.emotion.score import Reason
from analysis.quality import measure
from analysis.speech.detector import CHUNK_SAMPLES, PCM_SCALE, Chances, SpeechDetector
from analysis.speech.hysteresis import Decision, Hysteresis
from analysis.speech.lulls import BEFORE_CHUNKS, NEAR_CHUNKS, lulls
from analysis.speech.marks import Mark
from analysis.speech.segmenter import PATIENCE_CHUNKS, Segmenter, Window
from analysis.speech.voice_check import COLUMNS, TALK

_LONGEST_PAUSE_CHUNKS: Final = PATIENCE_CHUNKS + 1
_FULL_SCALE: Final = 32767.0


class Listener:
    """Hears recordings one after another. The network is run on unfit speech too, so that ranking has its value."""

    def __init__(self, detector: SpeechDetector, reader: ToneReader) -> None:
        self._detector = detector
        self._reader = reader
        self._row = np.array([detector.open()], dtype=np.intp)

    def judge(self, clip: LabelledClip, line: str, samples: Pcm32) -> Judgement:
        """Judge one recording by its window with most speech, which is all of it where it is shorter than 4 s.

        Args:
            clip: its labels.
            line: what `samples` came over, to be told in the report.
            samples: mono float32 in -1..1 at 16 kHz.
        """
        chunks = len(samples) // CHUNK_SAMPLES
        # A line carries 16-bit samples, and so does what the detector and the model hear on a call.
        whole = np.rint(samples[: chunks * CHUNK_SAMPLES] * np.float32(_FULL_SCALE)).astype(np.float32) * PCM_SCALE
        chances, voices = self._hear(whole.reshape(chunks, CHUNK_SAMPLES))
        speech, windows = _cut(chances, voices[:, TALK])
        if not windows:
            return unread(clip, line, Reason.TOO_LITTLE_SPEECH)
        part = max((slice(*window) for window in windows), key=lambda one: int(speech[one].sum()))
        sound = whole[part.start * CHUNK_SAMPLES : part.stop * CHUNK_SAMPLES]
        talk, company = voices[part][speech[part]].mean(axis=0)
        flaw = measure(sound, speech[part], 1.0, float(talk), float(company), _pauses(whole, speech, part)).flaw
        reason = None if flaw is None else Reason(flaw.value)
        reading = self._reader.read(sound)
        if reading is None:
            return unread(clip, line, reason or Reason.TOO_LITTLE_SPEECH)
        return read(clip, line, reading, reason)

    def _hear(self, chunks: Pcm32) -> tuple[Chances, NDArray[np.float32]]:
        """Likelihoods of speech `[n]`, and log-odds of talk and company `[n, 2]`."""
        self._detector.reset(int(self._row[0]))
        chances = np.zeros(len(chunks), np.float32)
        voices = np.zeros((len(chunks), len(COLUMNS)), np.float32)
        for number, chunk in enumerate(chunks):
            chances[number] = self._detector.hear(self._row, chunk[None])[0]
            voices[number] = self._detector.voices(self._row)[0]
        return chances, voices


def _pauses(whole: Pcm32, speech: NDArray[np.bool_], part: slice) -> Pcm32:
    """What sounds in a window and just before it where nobody speaks; of what was before the recording nothing."""
    marks = np.where(speech, Mark.SPEAKS, Mark.SILENT).astype(np.uint8)
    quiet = lulls(np.pad(marks, NEAR_CHUNKS, constant_values=Mark.UNHEARD))
    asked = slice(max(0, part.start - BEFORE_CHUNKS), part.stop)
    return whole.reshape(len(speech), CHUNK_SAMPLES)[asked][quiet[asked]].ravel()


def _cut(chances: Chances, talk: NDArray[np.float32]) -> tuple[NDArray[np.bool_], list[Window]]:
    """Decide where there is speech, `[n]`, and cut windows, the last one closed by the end of the recording."""
    hysteresis, segmenter = Hysteresis(), Segmenter()
    decisions = [one for number, (chance, voice) in enumerate(zip(chances.tolist(), talk.tolist(), strict=True))
                 for one in hysteresis.feed(number, chance, voice)]  # fmt: skip
    decisions += hysteresis.flush()
    speech = np.zeros(len(chances), np.bool_)
    for decision in decisions:
        speech[decision.chunk] = decision.speaks
    pause = [Decision(len(chances) + number, False) for number in range(_LONGEST_PAUSE_CHUNKS)]
    closed = [segmenter.feed(decision) for decision in (*decisions, *pause)]
    cut = [Window(one.first_chunk, min(one.stop_chunk, len(chances))) for one in closed if one is not None]
    return speech, [window for window in cut if speech[slice(*window)].any()]
