"""A stretch of one party's speech, and the one that may be given to a tone model."""

from dataclasses import dataclass

from analysis.audio import ENGINE_RATE_HZ, Pcm32
from consent.errors import InvalidValue
from consent.grant import Consented
from consent.parties import Party
from consent.purposes import Purpose


class AgentVoice(InvalidValue):
    """Somebody tried to give staff's voice to the tone model (EU AI Act, Article 5(1)(f))."""


@dataclass(frozen=True, slots=True, eq=False)
class SpeechSegment:
    """Speech of one party.

    `start_sample` counts from the call's own zero at 16 kHz; `samples` is mono float32 in
    -1..1 of shape (n,). `speech_share`, `overlap_share` and `coverage` are shares (0..1) of its length: how much the
    voice detector heard as speech, how much of it the other party spoke too, and how much was received at all.

    Raises:
        InvalidValue: no samples, or a share outside 0..1.
    """

    start_sample: int
    samples: Pcm32
    speech_share: float
    overlap_share: float
    coverage: float

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or not len(self.samples):
            raise InvalidValue("a segment needs a row of samples")
        for name in ("speech_share", "overlap_share", "coverage"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise InvalidValue(f"{name} must be 0 to 1")

    @property
    def start_s(self) -> float:
        """Seconds from the call's own zero."""
        return self.start_sample / ENGINE_RATE_HZ

    @property
    def end_s(self) -> float:
        """Seconds from the call's own zero."""
        return (self.start_sample + len(self.samples)) / ENGINE_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class CallerSpeech:
    """The only thing that a tone model takes: speech whose grant is the caller's and covers tone.

    Raises:
        AgentVoice: the grant is staff's.
        InvalidValue: the grant does not cover tone.
    """

    consented: Consented[SpeechSegment]

    def __post_init__(self) -> None:
        if self.consented.grant.party is not Party.CALLER:
            raise AgentVoice("the agent's voice is never given to the tone model")
        if Purpose.TONE not in self.consented.grant.purposes:
            raise InvalidValue("this grant does not cover tone")
