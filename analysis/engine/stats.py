"""What the engine counts, as a snapshot for others to poll."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from analysis.emotion.score import Reason
from analysis.engine.histogram import Histogram

TICK_MS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 75.0, 100.0, 150.0, 250.0, 500.0, 1000.0, 5000.0)
BATCH_ROWS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
QUEUE_AGE_MS: Final = (20.0, 50.0, 75.0, 100.0, 125.0, 150.0, 200.0, 300.0, 500.0, 1000.0, 2000.0)
VERDICT_AGE_S: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class EngineStats:
    """Counts since the start, and how it stands now.

    Attributes:
        streams: voices with a queue now.
        frames, dropped_frames: frames that came, and those that a full queue gave up.
        ticks, failed_ticks: rounds of the engine, and those of them that failed.
        tick_ms: how long a round took.
        batch_rows: how many chunks the detector heard at once.
        queue_age_ms: how long the oldest frame had waited when a round took it.
        verdict_age_s: how old a verdict was when it was delivered: from the arrival of the last frame of its stretch.
            That moment is reckoned from the newest frame's arrival, earlier by the sound between the two, so that
            frames which arrived together count as if each had come in its time.
        waiting_windows: stretches that wait for the tone model now.
        scored, abstained: verdicts delivered. `abstained` is the caller's alone: of an agent no reason is ever counted.
        busy_share: part of the last seconds (0..1) in which the worker had work.
        admitted_calls: calls that hold a place now; `refused_calls` those that at some time found none.
        is_ready: whether what comes now is analysed; `trouble` says why not. `restarts`: how often the process of
            the networks had to be started again, `last_loss` how it was lost the last time.
        full: why no new call is admitted now, empty while there is room.
        last_failure: the last failed round's error.
    """

    streams: int
    frames: int
    dropped_frames: int
    ticks: int
    failed_ticks: int
    tick_ms: Histogram
    batch_rows: Histogram
    queue_age_ms: Histogram
    verdict_age_s: Histogram
    waiting_windows: int
    scored: int
    abstained: Mapping[Reason, int]
    busy_share: float
    admitted_calls: int
    refused_calls: int
    full: str
    is_ready: bool
    trouble: str
    restarts: int
    last_loss: str
    last_failure: str
