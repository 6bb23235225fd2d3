"""The live path of a caller's sound, up to what the tone model reads: the engine's own parts without its thread.

What a call makes of its readings later (a warm-up, a mean over turns) is left out: a reading that a call would get at
once is told, so that nothing is called an abstention here which is a matter of waiting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from analysis.audio import ENGINE_RATE_HZ, AudioFrame
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.emotion.score import Abstained, Reading, Reason
from analysis.emotion.window import LONGEST_SAMPLES
from analysis.engine.batcher import Batcher
from analysis.engine.inbox import Heard
from analysis.speech.segment import CallerSpeech
from analysis.speech.silero import SileroDetector, network_of
from analysis.speech.voice_check import VoiceCheck
from consent.grant import ConsentGrant

TAIL_S: Final = 2.0
"""Silence after each sound: a turn ends with a pause."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one window of a sound, in seconds from the sound's beginning; without a reason it got a score."""

    start_s: float
    end_s: float
    reason: Reason | None
    reading: Reading | None = None


class LivePath:
    """Detector, voice check, hysteresis, segmenter, quality and tone model, as the engine has them.

    Args:
        check: tells talk from noise and one voice from several.
        grants: of caller and agent in turn, as many calls as are heard at once.
    """

    def __init__(self, check: VoiceCheck, grants: Sequence[ConsentGrant]) -> None:
        self._network = network_of()
        self.tone = OnnxToneModel()
        self._check = check
        self._grants = list(zip(grants[::2], grants[1::2], strict=True))

    @property
    def calls(self) -> int:
        """How many sounds are heard at once."""
        return len(self._grants)

    def hear(self, frames: Sequence[AudioFrame]) -> list[list[Told]]:
        """What becomes of each of at most `calls` sounds, in order of time; the agent keeps silent."""
        parts = Batcher(SileroDetector(self._network, self._check), self.tone)
        calls = {caller.call_id: at for at, (caller, _) in enumerate(self._grants)}
        told: list[list[Told]] = [[] for _ in frames]
        for second in range(math.ceil(max(len(f.pcm) / f.rate_hz for f in frames) + TAIL_S)):
            arrived = [
                Heard(grant, [grant.admit(part)], None, grant.language)
                for (caller, agent), frame in zip(self._grants, frames, strict=False)
                for grant, part in ((caller, _second(frame, second)), (agent, _silence(second)))
            ]
            listened = parts.listen(arrived)
            for said in listened.abstained:
                verdict = said.open()
                assert isinstance(verdict, Abstained)
                told[calls[said.grant.call_id]].append(Told(verdict.start_s, verdict.end_s, verdict.reason))
            for speech in listened.speech:
                told[calls[speech.consented.grant.call_id]].append(self._read(speech))
        return told

    def _read(self, speech: CallerSpeech) -> Told:
        """What the tone model makes of one window."""
        segment = speech.consented.open()
        reading = self.tone.read(segment.samples[-LONGEST_SAMPLES:])
        reason = Reason.TOO_LITTLE_SPEECH if reading is None else reading.reason
        return Told(segment.start_s, segment.end_s, reason, reading)


def _second(frame: AudioFrame, second: int) -> AudioFrame:
    """One second of a sound, and silence after its end."""
    first = second * frame.rate_hz
    pcm = np.zeros(frame.rate_hz, np.int16)
    heard = frame.pcm[first : first + frame.rate_hz]
    pcm[: len(heard)] = heard
    return AudioFrame(first, frame.rate_hz, pcm)


def _silence(second: int) -> AudioFrame:
    return AudioFrame(second * ENGINE_RATE_HZ, ENGINE_RATE_HZ, np.zeros(ENGINE_RATE_HZ, np.int16))
