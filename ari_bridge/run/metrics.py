"""The figures of the running service in Prometheus' formats, read at the moment in which somebody asks.

With metric_families the only door to prometheus_client. No label ever holds an id, a number, an endpoint or free text:
docs/metrics.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from math import nan
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from analysis.emotion.drift import CONTESTED, FROM_CARD, SINCE_START, Drift, Outcome, psi_of
from analysis.emotion.score import Reason
from analysis.engine.stats import EngineStats
from ari_bridge.calls.board import Stage
from ari_bridge.calls.cues import CueCounts
from ari_bridge.calls.fork import Fork
from ari_bridge.calls.rooms import Rooms
from ari_bridge.calls.switchboard import Switchboard
from ari_bridge.calls.tally import FEW_CALLS, MANY_CALLS, SEVERAL_AGENTS
from ari_bridge.lines.lines import Lines
from ari_bridge.run.metric_families import counter, counters, gauge, gauges, histogram
from ari_bridge.run.screen_figures import ScreenFigures
from ari_bridge.screens.push import PushStats
from ari_bridge.web.app import Readiness
from consent.database import Database
from consent.keyring import Keyring
from consent.parties import Party
from consent.states import Answer

STATES: Final = {
    Stage.ASKED: "asked",
    Stage.GRANTED: "granted",
    Stage.PAUSED: "paused",
    Stage.FAILED: "failed",
    Stage.REFUSED: "unheard",
    Stage.WITHDRAWN: "unheard",
    Stage.OBJECTED: "unheard",
}
"""A call that is not heard is told as that: not whether it was a no or a stop, nor whose stop."""
ANSWERS: Final = {
    Answer.ASKED: "asked",
    Answer.GRANTED: "granted",
    Answer.REFUSED: "refused",
    Answer.WITHDRAWN: "stopped",
    Answer.OBJECTED: "stopped",
}
"""Whose stop it was is nobody's figure: it would say of a site with one agent when that agent objected."""
DROPPED: Final = ("malformed", "foreign", "wrong_payload_type", "wrong_ssrc", "replayed", "late")
"""Fields of ReceiverStats: datagrams whose sound was not used."""
PARTS: Final = ("pbx", "engine", "database", "keyring")
"""What the readiness consists of, by its checks' names."""
MS: Final = 1000.0
_DRIFTED: Final = {Outcome.STEADY: 0.0, Outcome.SHIFTED: 1.0, Outcome.TOO_FEW: nan}


@dataclass(frozen=True, slots=True)
class Watched:
    """Whence the figures come. Nothing of it is changed by reading, nor counted for it where calls are carried."""

    rooms: Rooms
    switchboard: Switchboard
    lines: Lines
    pushes: Callable[[], PushStats]
    readiness: Callable[[], Readiness]
    drift: Callable[[], Drift | None]


class Withheld:
    """Counts that come of persons: told as they stood when they last were those of several, so as to fall on nobody."""

    def __init__(self, told: Mapping[str, int]) -> None:
        self.told = told

    def tell(self, counts: Mapping[str, int]) -> None:
        """From now on these are told."""
        self.told = counts


class Figures(Collector):
    """Collects from what is watched; to be called on the loop, whose values it reads."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._answers = Withheld(dict.fromkeys(ANSWERS.values(), 0))
        self._verdicts = Withheld({"scored": 0, **dict.fromkeys(Reason, 0)})
        self._contested = Withheld({CONTESTED: 0})
        self._cues = Withheld(CueCounts().as_counts())
        self._screens = ScreenFigures()

    def collect(self) -> Iterator[Metric]:
        """Every family with each of its labels, those at zero too."""
        engine = self._watched.rooms.engine.stats()
        yield from self._service()
        yield from self._calls()
        yield from self._media()
        yield from _engine(engine)
        yield from self._of_verdicts(engine)
        yield from self._of_agents()
        yield from self._screens.of(self._watched.rooms.tally.screens, self._watched.rooms.board.failures)
        yield from self._kept()
        yield from _drift(self._watched.drift())

    def _service(self) -> Iterator[Metric]:
        readiness, switchboard = self._watched.readiness(), self._watched.switchboard
        yield gauge("ready", "Whether calls can be analysed now (1), as /readyz says.", readiness.ready)
        yield gauges(
            "part_ready",
            "Whether this part of the service works now (1); /readyz has a sentence for each that does not.",
            "part",
            {part: readiness.checks[part] == "ok" for part in PARTS},
        )
        yield gauge("pbx_connected", "Whether the PBX is connected and taken up (1).", switchboard.is_connected)
        yield counter(
            "pbx_connections", "How often the PBX was there, or there again.", self._watched.rooms.tally.connections
        )

    def _calls(self) -> Iterator[Metric]:
        rooms, sessions = self._watched.rooms, self._watched.switchboard.sessions()
        views = [view for session in sessions if (view := rooms.board.view(session.call_id)) is not None]
        states = dict.fromkeys(STATES.values(), 0)
        for view in views:
            if view.stage in STATES:
                states[STATES[view.stage]] += 1
        yield gauges(
            "calls",
            "Calls in progress by state. granted: analysed now; paused: yes, but nothing is heard (hold, transfer); "
            "failed: yes, but a fault or no room; unheard: no, or stopped.",
            "state",
            states,
        )
        yield gauge(
            "calls_unsealed",
            "Calls that ended and are not sealed yet; they stand in clear in the file.",
            sum(view.stage is Stage.ENDED for view in views),
        )
        yield counter(
            "call_failures", "How often a call with a yes was not analysed: a fault, or no room.", rooms.tally.failures
        )
        yield counters(
            "answers",
            f"Answers recorded, told when {FEW_CALLS} more calls have answered. stopped: either party ended a yes.",
            "answer",
            self._answered(rooms.tally.answers),
        )
        yield counter(
            "line_failures", "Calls on a line for rights that ended by a fault of ours.", self._watched.lines.failures
        )
        pushes = self._watched.pushes()
        yield counters(
            "pushes",
            "Cards for desk phones. sent: the PBX or the phone took it; superseded: a newer one came before; "
            "refused: too many phones waited; pull_only: nothing is pushed to the phone, it fetches its card.",
            "outcome",
            {one.name: getattr(pushes, one.name) for one in fields(PushStats)},
        )

    def _answered(self, answers: Mapping[Answer, int]) -> Mapping[str, int]:
        counts = dict.fromkeys(ANSWERS.values(), 0)
        for answer, name in ANSWERS.items():
            counts[name] += answers.get(answer, 0)
        new = sum(counts[name] - self._answers.told[name] for name in ("granted", "refused"))
        if new >= FEW_CALLS:
            self._answers.tell(counts)
        return self._answers.told

    def _forks(self) -> list[Fork]:
        return [fork for session in self._watched.switchboard.sessions() for fork in session.forks()]

    def _media(self) -> Iterator[Metric]:
        tally, forks = self._watched.rooms.tally, self._forks()
        heard = [fork.stats() for fork in forks]
        is_open = [fork.grant.party for fork in forks if fork.is_open]

        def counted(name: str) -> int:
            return sum((int(getattr(stats, name)) for stats in heard), int(getattr(tally.media, name)))

        yield gauges(
            "forks", "Voices that are heard now, by party.", "party", {party: is_open.count(party) for party in Party}
        )
        yield counter("forks_opened", "Voices that were heard or are heard now.", tally.forks + len(forks))
        yield counter("packets", "RTP packets whose sound was used.", counted("packets"))
        yield counter(
            "packets_lost", "RTP packets that never came, or came too late to be waited for.", counted("lost")
        )
        yield counters(
            "packets_dropped",
            "Datagrams whose sound was not used. foreign: not from the PBX's address; replayed: heard before; "
            "late: after it was declared lost.",
            "reason",
            {name: counted(name) for name in DROPPED},
        )
        now = [stats for fork, stats in zip(forks, heard, strict=True) if fork.is_open]
        yield gauge(
            "media_lag_seconds",
            "How long the newest sound waited for its turn in the jitter buffer: the worst voice heard now.",
            max((stats.lag_ms for stats in now), default=0.0) / MS,
        )
        yield gauge(
            "media_jitter_seconds",
            "How unevenly packets arrive (RFC 3550, 6.4.1): the worst voice heard now.",
            max((stats.jitter_ms for stats in now), default=0.0) / MS,
        )

    def _of_verdicts(self, engine: EngineStats) -> Iterator[Metric]:
        crowd = self._watched.rooms.tally.crowd
        if crowd.is_one:
            self._verdicts.tell({"scored": engine.scored, **{one: engine.abstained.get(one, 0) for one in Reason}})
            crowd.begin_anew()
        # A fault of ours is no matter of a person's, and it is urgent.
        told = {**self._verdicts.told, Reason.ENGINE: engine.abstained.get(Reason.ENGINE, 0)}
        yield histogram(
            "verdict_age_seconds",
            "How old a verdict was when it was delivered, from the end of what it judges.",
            engine.verdict_age_s,
        )
        when = f"told when {FEW_CALLS} more calls, of several agents, have been heard"
        yield counter("verdicts_scored", f"Stretches of callers' speech that were judged, {when}.", told["scored"])
        yield counters(
            "verdicts_abstained",
            f"Stretches of callers' speech that were not judged, by reason, {when} (engine: at once).",
            "reason",
            {reason: told[reason] for reason in Reason},
        )

    def _of_agents(self) -> Iterator[Metric]:
        tally = self._watched.rooms.tally
        if tally.large_crowd.is_one:
            self._contested.tell({CONTESTED: tally.contested})
            self._cues.tell(tally.cues.as_counts())
            tally.large_crowd.begin_anew()
        when = f"told when {MANY_CALLS} more calls, of {SEVERAL_AGENTS} agents at least, have been heard"
        yield counter(
            "scores_contested",
            f"Scores that an agent contested and that were dropped, {when}.",
            self._contested.told[CONTESTED],
        )
        yield counters(
            "cues",
            "Cues observed in calls, whether or not somebody has hidden them. raised: for a screen; held_back: too "
            f"soon after another; stale: dropped, since no screen could have had it in time; {when}.",
            "cue",
            self._cues.told,
        )

    def _kept(self) -> Iterator[Metric]:
        ledger = self._watched.rooms.ledger
        stores: dict[str, Database | Keyring] = {"database": ledger.database, "keyring": ledger.keyring}
        yield gauges(
            "store_writable",
            "Whether the last change could be written (1); while it could not, nobody is heard.",
            "store",
            {name: not store.trouble for name, store in stores.items()},
        )
        yield gauges(
            "store_waiting",
            "Changes and questions that wait for the file.",
            "store",
            {name: store.waiting for name, store in stores.items()},
        )


class Metrics:
    """What a scrape gets."""

    def __init__(self, watched: Watched) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(Figures(watched))
        ProcessCollector(registry=self._registry)
        engine = watched.rooms.engine
        # Without a second process there is no /proc/None, hence nothing to tell.
        ProcessCollector("ouidire_engine", lambda: str(engine.networks_pid), registry=self._registry)

    def page(self, accept: str) -> tuple[bytes, str]:
        """All figures as of now, and their content type, in the format that an Accept header asks for."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


def _engine(stats: EngineStats) -> Iterator[Metric]:
    yield gauge("engine_ready", "Whether the networks answer (1); else nothing is analysed.", stats.is_ready)
    yield gauge("engine_full", "Whether new calls are not analysed for want of room (1).", bool(stats.full))
    yield gauge("engine_calls", "Calls that hold a place in the engine.", stats.admitted_calls)
    yield counter("engine_calls_refused", "Calls that found no place and were not analysed.", stats.refused_calls)
    yield counter("engine_restarts", "How often the process of the networks had to be started again.", stats.restarts)
    yield gauge("engine_busy_ratio", "Part of the last seconds in which the engine had work.", stats.busy_share)
    yield counter("engine_frames", "Frames of voices that came to the engine.", stats.frames)
    yield counter("engine_frames_dropped", "Frames given up by a full queue.", stats.dropped_frames)
    yield counter("engine_ticks_failed", "Rounds of the engine that failed.", stats.failed_ticks)
    yield gauge("engine_windows_waiting", "Stretches of speech that wait for the tone model.", stats.waiting_windows)
    yield histogram("engine_tick_seconds", "How long a round of the engine took.", stats.tick_ms, MS)
    yield histogram("engine_batch_rows", "How many voices' chunks the detector heard at once.", stats.batch_rows)
    yield histogram(
        "engine_queue_age_seconds", "How long the oldest frame had waited for its round.", stats.queue_age_ms, MS
    )


def _drift(newest: Drift | None) -> Iterator[Metric]:
    when = "in the newest week that is over; NaN: too few calls to say"
    since, card = (newest.since_start, newest.from_card) if newest is not None else ((), ())
    yield gauges(
        "model_drift_psi",
        f"How far the verdicts are from those of the first weeks here (population stability index), {when}.",
        "output",
        {output: psi_of(since, output) for output in SINCE_START},
    )
    yield gauges(
        "model_card_psi",
        f"How far the verdicts are from those in the model's card, which are of actors, {when}.",
        "output",
        {output: psi_of(card, output) for output in FROM_CARD},
    )
    yield gauge(
        "model_drifted",
        f"Whether the verdicts are no longer those of the first weeks here (1), {when}.",
        _DRIFTED[newest.outcome if newest is not None else Outcome.TOO_FEW],
    )
