"""A small made-up call for tests of the report: times in seconds from a round moment."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from consent.parties import Party
from tests.demo.call_report import CallReport
from tests.demo.evidence import Answered, Evidence, Score
from tests.demo.performance import CallName, Performance, PhoneAudio, ScreenSeen, Spoken
from tests.demo.voices import Mood
from tests.lab.gate_log import Entry
from tests.lab.recorder import DTYPE

ZERO_NS = 1_800_000_000_000_000_000
PORT = 20_100
SCREEN = (
    "<YealinkIPPhoneTextScreen><Title>T</Title><Text>Consent: granted.\nAdvice only.</Text></YealinkIPPhoneTextScreen>"
)
FACTS: dict[str, float | None] = {
    "heard_s": 20.0, "talk_s": 8.0, "talk_share": 0.5, "overlap_s": 1.0, "longest_pause_s": 2.0, "overlaps_begun": 1,
    "answers": 2, "response_latency_s": 0.4, "articulation_s": None, "articulation_rate": None, "level_change_db": None,
}  # fmt: skip


def at(seconds: float) -> int:
    """A moment of the call in ns since 1970."""
    return ZERO_NS + round(seconds * 1e9)


def every_20_ms(since_s: float, until_s: float) -> NDArray[np.int64]:
    """Times of packets, int64 (n,)."""
    return np.arange(at(since_s), at(until_s), 20_000_000, dtype=np.int64)


def packets(*flows: tuple[int, NDArray[np.int64]]) -> NDArray[np.void]:
    """A recording: (port, times) of each fork."""
    made = np.zeros(sum(len(times_ns) for _, times_ns in flows), dtype=DTYPE)
    made["time_ns"] = np.concatenate([times_ns for _, times_ns in flows] or [np.zeros(0, dtype=np.int64)])
    made["port"] = np.concatenate([np.full(len(times_ns), port) for port, times_ns in flows] or [np.zeros(0)])
    return made[np.argsort(made["time_ns"])]


def audio(since_s: float, until_s: float) -> PhoneAudio:
    """A phone that heard something every 20 ms."""
    return PhoneAudio(every_20_ms(since_s, until_s), speech_s=10.0, pace_ms_max=21.0)


GATE = (Entry(at(11.9), PORT, "17.0", "17.0"), Entry(at(11.9), PORT + 1, "17.0", "17.1"))

YES_CALL = Performance(
    name=CallName.YES, dialled="200", started_ns=at(0), connected_ns=at(11), key="1", key_ns=at(10), stop_keys_ns=(),
    killed_ns=None, hung_up_ns=at(40),
    spoken=(Spoken(Party.CALLER, Mood.CALM, at(12), at(20)), Spoken(Party.AGENT, Mood.CALM, at(21), at(25))),
    audio={Party.CALLER: audio(11.1, 40), Party.AGENT: audio(11.1, 40)},
    screen=ScreenSeen(SCREEN, "get", "yealink", 4), scores_before_end=None, rows_after_stop=None,
)  # fmt: skip

YES_EVIDENCE = Evidence(
    call_id="17.0",
    language="en",
    answers=(Answered(at(9.5), "granted", "key", "event"), Answered(at(40), "expired", "call_ended", "bridge")),
    verdicts=(
        Score(1.0, 5.0, 0.3, 0.1, 0.2, 0.1, None),
        Score(6.0, 7.0, None, None, None, None, "both_speak"),
    ),
    facts={Party.CALLER: FACTS},
)

YES = CallReport(
    YES_CALL, YES_EVIDENCE, packets((PORT, every_20_ms(12, 40)), (PORT + 1, every_20_ms(12, 40))), GATE, lease_s=8
)
"""All is as promised."""

WITHDRAWN = CallReport(
    replace(YES_CALL, name=CallName.WITHDRAWN, stop_keys_ns=(at(29.8), at(30)), scores_before_end=3, rows_after_stop=0),
    replace(YES_EVIDENCE, answers=(*YES_EVIDENCE.answers[:1], Answered(at(30), "withdrawn", "star9", "event")),
            verdicts=(), facts={}),
    packets((PORT, every_20_ms(12, 30.02)), (PORT + 1, every_20_ms(12, 29.9))), GATE, lease_s=8,
)  # fmt: skip
"""All is as promised."""

KILLED = CallReport(
    replace(YES_CALL, name=CallName.KILLED, killed_ns=at(28), scores_before_end=1),
    YES_EVIDENCE,
    packets((PORT, every_20_ms(12, 35)), (PORT + 1, every_20_ms(12, 35.5))),
    GATE,
    lease_s=8,
)
"""All is as promised."""

NO = CallReport(
    replace(YES_CALL, name=CallName.NO, key="2"),
    replace(YES_EVIDENCE, answers=(Answered(at(10), "refused", "key", "event"),), verdicts=(), facts={}),
    packets(),
    (),
    lease_s=8,
)
"""All is as promised."""
