"""The figures: what they say, and of whom they say nothing."""

import dataclasses
import math
import os
import re
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any, cast

import pytest
from prometheus_client.parser import text_string_to_metric_families as parsed
from prometheus_client.samples import Sample

from analysis.emotion.drift import drifts
from analysis.emotion.score import Reason
from analysis.engine.histogram import Histogram
from analysis.store.weeks import Weeks
from ari_bridge.calls.board import CallView, Stage
from ari_bridge.calls.cue_file import Kind
from ari_bridge.calls.tally import FEW_CALLS, MANY_CALLS, SEVERAL_AGENTS
from ari_bridge.media.stats import ReceiverStats
from ari_bridge.pbx.port import BridgeChanged, ChannelChanged
from ari_bridge.run import supervisor
from ari_bridge.run.metrics import ANSWERS, STATES, Figures, Metrics, Watched
from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.push import PushStats
from ari_bridge.web.app import Readiness
from consent.database import Database
from consent.parties import Party
from consent.states import Answer
from tests.ari_bridge.calls.bench import Bench, running
from tests.conftest import Callers
from tests.fakes.pbx import channel
from tests.fakes.sums import CALM, TENSE, Clock, live
from tests.fakes.voice import Sender
from tests.fakes.watched import families, idle

ENUMS = {
    "part": {"pbx", "engine", "database", "keyring"},
    "state": {"asked", "granted", "paused", "failed", "unheard"},
    "answer": {"asked", "granted", "refused", "stopped"},
    "party": {"caller", "agent"},
    "outcome": {"sent", "failed", "superseded", "refused", "pull_only"},
    "cue": {"raised", "held_back", "stale"},
    "store": {"database", "keyring"},
    "output": {"activation", "anger", "abstained", "unfamiliar"},
    "family": set(FAMILIES),
}
"""Every value that a label may have, besides `reason`."""
REASONS = {
    "ouidire_packets_dropped_total": {"malformed", "foreign", "wrong_payload_type", "wrong_ssrc", "replayed", "late"},
    "ouidire_verdicts_abstained_total": {str(reason) for reason in Reason},
}


@pytest.fixture
async def bench(callers: Callers, database: Database) -> AsyncIterator[Bench]:
    """A bench at work."""
    async with running(Bench(callers, database)) as at_work:
        yield at_work


def watched(bench: Bench) -> Watched:
    """What `serve` watches."""
    service = supervisor.Service(bench.rooms, bench.switchboard, bench.database)
    lines = cast(Any, SimpleNamespace(failures=0))
    pushes = PushStats(0, 0, 0, 0)
    return Watched(bench.rooms, bench.switchboard, lines, lambda: pushes, service.readiness, lambda: None)


def scraped(text: str) -> Iterator[Sample]:
    """Our own samples of a page."""
    for family in parsed(text):
        if family.name.startswith("ouidire_"):
            yield from family.samples


def page(metrics: Metrics) -> str:
    """What a scrape gets."""
    return metrics.page("")[0].decode()


def value(text: str, name: str, **labels: str) -> float:
    """One figure of a page."""
    (found,) = [one.value for one in scraped(text) if one.name == name and one.labels == labels]
    return found


def with_verdicts(monkeypatch: pytest.MonkeyPatch, shown: Watched, scored: int, **abstained: int) -> None:
    """Let the engine have said so much."""
    stats = dataclasses.replace(
        shown.rooms.engine.stats(), scored=scored, abstained={Reason(name): n for name, n in abstained.items()}
    )
    monkeypatch.setattr(shown.rooms.engine, "stats", lambda: stats)


def test_names_follow_the_conventions() -> None:
    """Law: one prefix, base units, `_total` on counters alone, and a sentence of help for the admin on each."""
    for name, (kind, label, text) in families().items():
        assert re.fullmatch(r"ouidire_[a-z_]+", name)
        assert name.endswith("_total") is (kind == "counter")
        assert not re.search(r"_(ms|milliseconds|percent|count|bucket|sum)(_|$)", name)
        assert (kind == "histogram") <= (name.endswith("_seconds") or name == "ouidire_engine_batch_rows")
        assert text.endswith((".", ").")), name
        assert label in {"", "reason", *ENUMS}, name


def test_labels_are_words_of_ours() -> None:
    """Law: each value of a label is one of a fixed list, so that no text and no person can ever be one."""
    for family in Figures(idle()).collect():
        for sample in family.samples:
            for label, word in sample.labels.items():
                if label == "le":
                    assert float(word) >= 0
                else:
                    assert word in (REASONS[sample.name] if label == "reason" else ENUMS[label]), sample


async def test_a_call_adds_no_series_and_leaves_no_trace(bench: Bench) -> None:
    """Law: the page of a service in which people talk has the same lines as an idle one's, but for their figures; no
    call, channel, endpoint, grant or sentence of theirs is on it.
    """
    shown = watched(bench)
    metrics = Metrics(shown)
    before = page(metrics)
    caller, agent = channel("call-of-jane", "trunk"), channel("leg-of-john", "agent-john")
    await bench.connect()
    yes = [bench.says(answer, by=caller, call_id="call-of-jane") for answer in (Answer.ASKED, Answer.GRANTED)]
    await bench.tell(ChannelChanged(caller), *yes, ChannelChanged(agent))
    await bench.tell(BridgeChanged("bridge-of-both", frozenset({"call-of-jane", "leg-of-john"})))
    await bench.until(lambda: bench.stage("call-of-jane") is not None)
    await bench.until(lambda: len(bench.pbx.forks) > 0)
    during = page(metrics)

    def lines(text: str) -> set[tuple[str, str]]:
        return {(one.name, str(sorted(one.labels.items()))) for one in scraped(text)}

    def prose(text: str) -> list[str]:
        return [line for line in text.splitlines() if line.startswith("#")]

    assert lines(before) == lines(during)
    assert prose(before) == prose(during)
    grants = [fork.grant.grant_id for one in bench.switchboard.sessions() for fork in one.forks()]
    for trace in ("jane", "john", "trunk", "bridge-of", *grants):
        assert trace not in during


async def test_a_call_is_seen_while_it_lasts_and_counted_for_good(bench: Bench) -> None:
    """Law: packets, losses and forks are shown while a call goes on, and no count falls when its forks close."""
    shown = watched(bench)
    metrics = Metrics(shown)
    await bench.talk()
    forks = [fork for one in bench.switchboard.sessions() for fork in one.forks()]
    with Sender(int(forks[0].target)) as one, Sender(int(forks[1].target)) as other:
        for _ in range(5):
            one.send()
            other.send()
        other.raw(b"rubbish")
        await bench.until(lambda: sum(fork.stats().packets for fork in forks) == 10)
        await bench.until(lambda: sum(fork.stats().malformed for fork in forks) == 1)
    await bench.until(lambda: bench.stage() is Stage.GRANTED)
    during = page(metrics)
    assert {party: value(during, "ouidire_forks", party=party) for party in Party} == dict.fromkeys(Party, 1)
    assert value(during, "ouidire_calls", state="granted") == 1
    assert value(during, "ouidire_packets_total") == 10
    assert value(during, "ouidire_packets_dropped_total", reason="malformed") == 1
    assert value(during, "ouidire_pbx_connected") == value(during, "ouidire_ready") == 1

    bench.pbx.variables["1.1"] = "withdrawn"
    await bench.tell(bench.says(Answer.WITHDRAWN))
    await bench.until(lambda: bench.rooms.tally.forks == 2)
    after = page(metrics)
    falling = [
        one
        for one in scraped(during)
        if one.name.endswith(("_total", "_count", "_sum", "_bucket"))
        and value(after, one.name, **one.labels) < one.value
    ]
    assert not falling
    assert value(after, "ouidire_forks", party="caller") == 0
    assert value(after, "ouidire_forks_opened_total") == 2
    assert value(after, "ouidire_packets_total") == 10
    assert value(after, "ouidire_calls", state="unheard") == 1


def test_reasons_are_told_of_several_calls_of_several_agents(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: counts by reason fall on no single call and on no single agent: until several of both were heard since they
    were told last, the page says what it said; of the agent's own leg there is no figure at all.
    """
    shown = idle()
    metrics = Metrics(shown)
    with_verdicts(monkeypatch, shown, 7, both_speak=3)

    def told() -> tuple[float, float]:
        text = page(metrics)
        return value(text, "ouidire_verdicts_scored_total"), value(
            text, "ouidire_verdicts_abstained_total", reason="both_speak"
        )

    heard = ReceiverStats(packets=50)
    for number in range(100):
        shown.rooms.tally.closed(heard, f"call-{number}", "agent-john")
        assert told() == (0, 0), "one agent's"
    shown.rooms.tally.closed(heard, "call-100", "agent-jane")
    assert told() == (7, 3)
    with_verdicts(monkeypatch, shown, 9, both_speak=30)
    for number in range(FEW_CALLS - 1):
        shown.rooms.tally.closed(heard, f"call-{number}", f"agent-{number}")
        assert told() == (7, 3), "the next few calls'"


def test_a_fault_of_the_engine_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: what we failed to judge is our matter, no person's, and waits for nobody."""
    shown = idle()
    with_verdicts(monkeypatch, shown, 0, engine=4)
    text = page(Metrics(shown))
    assert value(text, "ouidire_verdicts_abstained_total", reason="engine") == 4


def test_answers_are_told_of_several_calls_and_a_stop_is_nobodys() -> None:
    """Law: no single answer shows, and never whether the caller or the agent stopped."""
    shown = idle()
    metrics = Metrics(shown)
    answers = shown.rooms.tally.answers
    for answer in (Answer.GRANTED, Answer.REFUSED, Answer.GRANTED, Answer.GRANTED):
        answers[answer] += 1
        assert value(page(metrics), "ouidire_answers_total", answer=ANSWERS[answer]) == 0
    answers.update({Answer.GRANTED: 1, Answer.WITHDRAWN: 1, Answer.OBJECTED: 1})
    text = page(metrics)
    told = {name: value(text, "ouidire_answers_total", answer=name) for name in ENUMS["answer"]}
    assert told == {"asked": 0, "granted": 4, "refused": 1, "stopped": 2}


def test_every_stage_of_a_call_in_progress_has_its_state() -> None:
    """Law: no call in progress goes uncounted; and a no, a caller's stop and an agent's are one state."""
    assert set(Stage) - set(STATES) == {Stage.ENDED}
    assert {STATES[one] for one in (Stage.REFUSED, Stage.WITHDRAWN, Stage.OBJECTED)} == {"unheard"}


async def test_a_call_that_is_not_sealed_yet_is_seen(bench: Bench) -> None:
    """Law: what still stands in clear after its call is counted."""
    shown = watched(bench)
    await bench.talk()
    view = bench.board.view("1.1")
    assert isinstance(view, CallView)
    bench.board.put(dataclasses.replace(view, stage=Stage.ENDED))
    assert value(page(Metrics(shown)), "ouidire_calls_unsealed") == 1


def test_what_is_not_ready_is_told_by_its_part() -> None:
    """Law: the page and /readyz say the same, and the sentence stays with /readyz."""
    checks = {"pbx": "the password of john is wrong", "engine": "ok", "database": "ok", "keyring": "ok"}
    text = page(Metrics(idle(Readiness(False, checks))))
    assert value(text, "ouidire_ready") == value(text, "ouidire_part_ready", part="pbx") == 0
    assert value(text, "ouidire_part_ready", part="engine") == 1
    assert "john" not in text


def test_histograms_count_all_below_in_base_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a bucket holds all that is not above its bound, and milliseconds are told as seconds."""
    shown = idle()
    ticks = Histogram((1.0, 50.0), (2, 3, 1), 900.0)
    stats = dataclasses.replace(shown.rooms.engine.stats(), tick_ms=ticks)
    monkeypatch.setattr(shown.rooms.engine, "stats", lambda: stats)
    text = page(Metrics(shown))
    buckets = [value(text, "ouidire_engine_tick_seconds_bucket", le=le) for le in ("0.001", "0.05", "+Inf")]
    assert buckets == [2, 5, 6]
    assert value(text, "ouidire_engine_tick_seconds_count") == 6
    assert value(text, "ouidire_engine_tick_seconds_sum") == pytest.approx(0.9)


def test_both_formats_are_spoken() -> None:
    """Law: a Prometheus that asks for OpenMetrics gets it; whoever asks for nothing gets the plain format."""
    metrics = Metrics(idle())
    plain, plain_type = metrics.page("")
    openly, open_type = metrics.page("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5")
    assert plain_type.startswith("text/plain; version=0.0.4")
    assert open_type.startswith("application/openmetrics-text; version=1.0.0")
    assert openly.endswith(b"# EOF\n")
    assert b"process_resident_memory_bytes" in plain


def test_the_second_process_is_watched_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: the networks' own process is weighed beside the bridge's; where there is none, or it has just ended, the
    page is drawn without it.
    """
    shown = idle()
    metrics = Metrics(shown)
    assert "ouidire_engine_process" not in page(metrics)
    monkeypatch.setattr(type(shown.rooms.engine), "networks_pid", property(lambda engine: os.getpid()))
    assert value(page(metrics), "ouidire_engine_process_resident_memory_bytes") > 1_000_000
    ended = subprocess.Popen(["true"])
    monkeypatch.setattr(type(shown.rooms.engine), "networks_pid", property(lambda engine: ended.pid))
    while "State:\tZ" not in Path(f"/proc/{ended.pid}/status").read_text():
        time.sleep(0.01)
    assert "process_open_fds" in page(metrics)
    ended.wait()
    assert "ouidire_engine_process" not in page(metrics)


def test_a_scrape_of_a_hundred_calls_is_cheap() -> None:
    """Law: the page is drawn on the loop and must not hold it up: its series are few whatever the number of calls.
    What it costs is printed.
    """

    class Talk:
        """One of a hundred calls, with two forks."""

        call_id = "1.1"

        def forks(self) -> list[Any]:
            return [
                SimpleNamespace(
                    is_open=True, grant=SimpleNamespace(party=party), stats=lambda: ReceiverStats(packets=9)
                )
                for party in Party
            ]

    shown = idle()
    shown.switchboard.sessions = lambda: tuple(Talk() for _ in range(100))  # type: ignore[method-assign,return-value]
    metrics, taken_ms = Metrics(shown), []
    for _ in range(20):
        began_s = time.thread_time()
        text = page(metrics)
        taken_ms.append((time.thread_time() - began_s) * 1000)
    print(f"a scrape of 100 calls: {median(taken_ms):.1f} ms of the loop, {len(text)} bytes")
    assert value(text, "ouidire_packets_total") == 1800
    assert len(list(scraped(text))) < 200


async def test_drift_is_told_of_weeks_alone(database: Database) -> None:
    """Law: the index of each output, and whether it is a shift; where too few calls came it is no number, not zero."""
    text = page(Metrics(idle()))
    assert math.isnan(value(text, "ouidire_model_drifted"))
    assert math.isnan(value(text, "ouidire_model_drift_psi", output="anger"))
    clock = Clock()
    weeks = Weeks(database, "m", 30, clock)
    for scores, shifted in ((CALM, 0), (TENSE, 1)):
        await live(weeks, clock, *[CALM] * 4, scores)
        text = page(Metrics(idle(drift=drifts(await weeks.over(), None)[-1])))
        assert value(text, "ouidire_model_drifted") == shifted
        assert (value(text, "ouidire_model_drift_psi", output="anger") > 0.25) == shifted
        assert math.isnan(value(text, "ouidire_model_card_psi", output="anger"))


async def test_contests_are_told_of_many_calls_of_several_agents(bench: Bench) -> None:
    """Law: an agent who contests uses a right: no step of the figure is of fewer than a week's sum is of."""
    shown = watched(bench)
    metrics, tally = Metrics(shown), bench.rooms.tally
    tally.contested = 3
    for number in range(MANY_CALLS):
        assert value(page(metrics), "ouidire_scores_contested_total") == 0
        tally.closed(ReceiverStats(packets=1), f"1.{number}", f"10{number % SEVERAL_AGENTS:02}")
    assert value(page(metrics), "ouidire_scores_contested_total") == 3
    tally.contested = 4
    assert value(page(metrics), "ouidire_scores_contested_total") == 3


async def test_cues_are_told_of_many_calls_of_several_agents(bench: Bench) -> None:
    """Law: a cue is of one call, and hence of one agent: its count is told with many others, and never by kind."""
    shown = watched(bench)
    metrics, tally = Metrics(shown), bench.rooms.tally
    tally.cues.raised[Kind.LONG_SILENCE] = 2
    tally.cues.raised[Kind.TENSER] = 1
    tally.cues.stale = 4
    for number in range(MANY_CALLS):
        assert value(page(metrics), "ouidire_cues_total", cue="raised") == 0
        tally.closed(ReceiverStats(packets=1), f"1.{number}", f"10{number % SEVERAL_AGENTS:02}")
    told = {cue: value(page(metrics), "ouidire_cues_total", cue=cue) for cue in ("raised", "held_back", "stale")}
    assert told == {"raised": 3, "held_back": 0, "stale": 4}
