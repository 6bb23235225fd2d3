"""One call of demo-report.json: measured figures, and what of the product's promises they break."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from consent.parties import Party
from tests.demo import figures
from tests.demo.evidence import Evidence
from tests.demo.figures import Flow, Interval
from tests.demo.performance import CallName, Performance
from tests.lab.gate_log import Entry

GAP_LIMIT_MS = 60.0
LAST_PACKET_LIMIT_MS = 100.0
MIN_SPEECH_S = 1.0
EXPECTED = {
    CallName.YES: ("granted", "key"),
    CallName.NO: ("refused", "key"),
    CallName.SILENCE: ("refused", "silence"),
    CallName.WITHDRAWN: ("withdrawn", "star9"),
    CallName.KILLED: ("granted", "key"),
}
"""What the ledger must hold of each call: the answer and how it came about."""
GRANTED = frozenset({CallName.YES, CallName.WITHDRAWN, CallName.KILLED})


@dataclass(frozen=True, slots=True, eq=False)
class CallReport:
    """The figures of one call. packets: the recorder's, of this call's time (tests.lab.recorder.DTYPE). gate: all forks
    that came to the PBX's gate.
    """

    performance: Performance
    evidence: Evidence | None
    packets: NDArray[np.void]
    gate: tuple[Entry, ...]
    lease_s: int

    @property
    def times_ns(self) -> NDArray[np.int64]:
        """When the packets to fork ports came."""
        return np.asarray(self.packets["time_ns"], dtype=np.int64)

    @property
    def grant(self) -> Interval | None:
        """When the call may be heard."""
        call, yes = self.performance, self.evidence.yes if self.evidence else None
        return figures.grant(yes.at_ns if yes else None, call.key_ns, call.stop_ns, call.hung_up_ns)

    @property
    def flows(self) -> tuple[Flow, ...]:
        """The forks."""
        return figures.flows(self.packets)

    @property
    def lease_end_ns(self) -> int | None:
        """One lease after the SIGKILL."""
        killed_ns = self.performance.killed_ns
        return None if killed_ns is None else killed_ns + self.lease_s * 1_000_000_000

    @property
    def later_than_lease(self) -> int | None:
        """Packets later than one lease after the SIGKILL."""
        return None if self.lease_end_ns is None else figures.later_than(self.times_ns, self.lease_end_ns)

    @property
    def gaps_ms(self) -> dict[Party, float]:
        """The largest gap in each party's own media while both were connected. While the caller holds a key the PBX
        passes no voice of that leg, with or without us: that time does not count for the agent.
        """
        keys = figures.keys_held(self.performance.stop_keys_ns)
        return {Party.CALLER: self._gap_ms(Party.CALLER, []), Party.AGENT: self._gap_ms(Party.AGENT, keys)}

    @property
    def gap_with_keys_ms(self) -> float:
        """The agent's largest gap, the caller's keys included."""
        return self._gap_ms(Party.AGENT, [])

    def _gap_ms(self, party: Party, without: Sequence[Interval]) -> float:
        arrivals_ns = self.performance.audio[party].arrivals_ns
        since_ns = int(arrivals_ns[0]) if len(arrivals_ns) else self.performance.connected_ns
        return figures.largest_gap_ms(arrivals_ns, since_ns, self.performance.hung_up_ns, without)

    def party_of(self, flow: Flow) -> Party | None:
        """Whose voice a fork carried, as the PBX's own log tells; None if it came past the gate."""
        through = [entry for entry in self.gate if entry.port == flow.port and entry.at_ns <= flow.first_ns]
        if not through:
            return None
        return Party.CALLER if through[-1].spied == through[-1].call_id else Party.AGENT

    @property
    def lab_pace_ms_max(self) -> float:
        """The largest gap in what our own phones sent."""
        return round(max(audio.pace_ms_max for audio in self.performance.audio.values()), 1)

    def as_json(self) -> dict[str, object]:
        """The call's object in demo-report.json."""
        call, kept = self.performance, self.evidence
        return {
            "name": call.name.value,
            "dialled": call.dialled,
            "call_id": kept.call_id if kept else None,
            "language": kept.language if kept else None,
            "answer": kept.answer.answer if kept else None,
            "why": kept.answer.why if kept else None,
            "rtp_packets_outside_grant": figures.outside(self.times_ns, self.grant),
            "forks": len(self.flows),
            "forks_of": [party.value if party else "unknown" for party in map(self.party_of, self.flows)],
            "rtp_packets": len(self.packets),
            "first_packet_after_key_ms": self._first_after_key_ms(),
            "last_packet_after_withdrawal_ms": figures.last_after_ms(self.times_ns, call.stop_ns),
            "last_packet_after_hang_up_ms": figures.last_after_ms(self.times_ns, call.hung_up_ns),
            "last_packet_after_kill_ms": figures.last_after_ms(self.times_ns, call.killed_ns),
            "packets_later_than_lease_after_kill": self.later_than_lease,
            "scores": kept.scores if kept else 0,
            "abstained": kept.abstained if kept else {},
            "scores_before_withdrawal_or_kill": call.scores_before_end,
            "rows_after_withdrawal_5s": call.rows_after_stop,
            "facts": {party.value: facts for party, facts in kept.facts.items()} if kept else {},
            "screen": call.screen.xml if call.screen else None,
            "screen_source": call.screen.source if call.screen else None,
            "screen_family": call.screen.family if call.screen else None,
            "screen_pushes": call.screen.pushes if call.screen else 0,
            "party_audio_gap_ms_max": max(self.gaps_ms.values()),
            "party_audio_gap_ms": {party.value: gap_ms for party, gap_ms in self.gaps_ms.items()},
            "party_audio_gap_with_keys_ms": self.gap_with_keys_ms,
            "party_heard_speech_s": {party.value: audio.speech_s for party, audio in call.audio.items()},
            "lab_pace_ms_max": self.lab_pace_ms_max,
            "duration_s": round((call.hung_up_ns - call.started_ns) / 1e9, 1),
        }

    def _first_after_key_ms(self) -> float | None:
        if self.performance.key_ns is None or not len(self.times_ns):
            return None
        return round((int(self.times_ns.min()) - self.performance.key_ns) / 1e6, 1)

    def broken(self) -> Iterator[str]:
        """A sentence for each promise that this call did not keep."""
        for sentence in (*self._broken_consent(), *self._broken_results(), *self._broken_audio()):
            yield f"{self.performance.name}: {sentence}"

    def _broken_consent(self) -> Iterator[str]:
        call, kept = self.performance, self.evidence
        if kept is None:
            yield "the ledger holds nothing of this call."
        elif (kept.answer.answer, kept.answer.why) != EXPECTED[call.name]:
            wanted = " by ".join(EXPECTED[call.name])
            yield f"the ledger says {kept.answer.answer} by {kept.answer.why} where {wanted} was expected."
        stray = figures.outside(self.times_ns, self.grant)
        if stray:
            yield f"{stray} packets reached the fork ports outside of the grant."
        last_ms = figures.last_after_ms(self.times_ns, call.stop_ns)
        if last_ms is not None and last_ms > LAST_PACKET_LIMIT_MS:
            yield f"the last packet came {last_ms} ms after the end of the 9 key; {LAST_PACKET_LIMIT_MS:.0f} may pass."
        if self.later_than_lease:
            yield f"{self.later_than_lease} packets came later than one lease ({self.lease_s} s) after the SIGKILL."
        if (call.name in GRANTED) is not bool(self.flows):
            yield f"{len(self.flows)} forks were seen."
        if call.name in GRANTED and {self.party_of(flow) for flow in self.flows} != set(Party):
            yield "not both parties were forked, or a fork came past the PBX's gate."

    def _broken_results(self) -> Iterator[str]:
        call, kept = self.performance, self.evidence
        scores, abstained = (kept.scores, kept.abstained) if kept else (0, {})
        if call.name is CallName.YES and not scores:
            yield f"no score (abstained: {abstained or 'never'})."
        if call.name is CallName.YES and kept is not None and Party.CALLER not in kept.facts:
            yield "the caller's facts are not there."
        if kept is not None and Party.AGENT in kept.facts:
            yield "the agent's facts outlived the call."
        if call.name in (CallName.WITHDRAWN, CallName.KILLED) and not call.scores_before_end:
            yield "no score had been made before it was ended, so that its end proves nothing."
        if call.name is CallName.KILLED and not scores:
            yield "the scores of before the SIGKILL are not in the file."
        if call.name not in (CallName.YES, CallName.KILLED) and (scores or abstained or (kept and kept.facts)):
            yield f"{scores} scores, {sum(abstained.values())} abstentions or facts are in the file, not none."
        if call.rows_after_stop:
            yield f"{call.rows_after_stop} rows were still in the file 5 s after the *9."
        if call.screen is None:
            yield "the agent's phone showed no screen."

    def _broken_audio(self) -> Iterator[str]:
        for party, gap_ms in self.gaps_ms.items():
            if gap_ms > GAP_LIMIT_MS:
                own = (
                    f" (our own phones paused for up to {self.lab_pace_ms_max} ms)" if self.lab_pace_ms_max > 40 else ""
                )
                yield f"the {party} heard nothing for {gap_ms} ms; at most {GAP_LIMIT_MS:.0f} may pass{own}."
        for party, audio in self.performance.audio.items():
            if audio.speech_s < MIN_SPEECH_S:
                yield f"the {party} heard only {audio.speech_s} s of speech."
