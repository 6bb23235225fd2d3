"""What one call of the demo was: when things happened, in ns since 1970, as the phones and their kernel saw it."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from consent.parties import Party
from tests.demo.voices import Mood


class CallName(StrEnum):
    """The five calls, in their order."""

    YES = "yes"
    NO = "no"
    SILENCE = "silence"
    WITHDRAWN = "withdrawn"
    KILLED = "killed"


@dataclass(frozen=True, slots=True)
class Spoken:
    """One passage as it was sent."""

    party: Party
    mood: Mood
    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True, eq=False)
class PhoneAudio:
    """A party's own media at its phone. arrivals_ns: int64 (n,), kernel times of the voice packets received from the
    moment on at which both were connected; speech_s: how much of what was heard was no silence; pace_ms_max: the
    largest gap between packets that this phone itself sent, which is the demo's fault and not the product's.
    """

    arrivals_ns: NDArray[np.int64]
    speech_s: float
    pace_ms_max: float


@dataclass(frozen=True, slots=True)
class ScreenSeen:
    """What the agent's phone showed. xml: the document; source: "get" where the phone fetched it, "notify" where it
    was pushed whole; pushes: how many NOTIFYs came in the call.
    """

    xml: str
    source: str
    family: str
    pushes: int


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """One call. `key_ns` is the end of the answer's key (None: none was pressed), `stop_keys_ns` the ends of * and 9,
    `killed_ns` when the bridge was sent SIGKILL.
    """

    name: CallName
    dialled: str
    started_ns: int
    connected_ns: int
    key: str
    key_ns: int | None
    stop_keys_ns: tuple[int, ...]
    killed_ns: int | None
    hung_up_ns: int
    spoken: tuple[Spoken, ...]
    audio: dict[Party, PhoneAudio]
    screen: ScreenSeen | None
    scores_before_end: int | None
    """Scores in the file just before the *9 or the SIGKILL."""
    rows_after_stop: int | None
    """Rows of this call in the file 5 s after the *9."""

    @property
    def stop_ns(self) -> int | None:
        """The end of the 9 key."""
        return self.stop_keys_ns[-1] if self.stop_keys_ns else None
