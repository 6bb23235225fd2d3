"""What the demo says at its end, for a person at a terminal."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from pathlib import Path

from consent.parties import Party
from tests.demo import desk_screen, figures
from tests.demo.call_report import CallReport
from tests.demo.evidence import Score
from tests.demo.performance import CallName
from tests.demo.report import Report

_TITLES = {
    CallName.YES: "the caller says yes",
    CallName.NO: "the caller says no",
    CallName.SILENCE: "the caller says nothing (in French)",
    CallName.WITHDRAWN: "yes, then *9 in mid-call",
    CallName.KILLED: "yes, then the bridge is killed in mid-call",
}

NAMES = {"asterisk": "Asterisk", "freeswitch": "FreeSWITCH"}


def lines(report: Report, pictures: Sequence[Path], report_file: Path) -> Iterator[str]:
    """The whole summary."""
    for number, call in enumerate(report.calls, start=1):
        yield ""
        yield f"── {number}. {_TITLES[call.performance.name]} " + "─" * 20
        yield from _call(call)
    yield ""
    yield "── what was measured " + "─" * 26
    yield f"{NAMES[report.pbx]:<16}{report.pbx_version} ({report.pbx_origin})"
    yield f"network         {'none but loopback' if report.loopback_only else 'MORE THAN LOOPBACK'}"
    ledger = report.ledger
    yield f"ledger          {ledger.records} records, chain {ledger.chain}, file {ledger.integrity}"
    yield f"database        {report.database}"
    for picture in pictures:
        yield f"picture         {picture}"
    yield f"all figures     {report_file}"
    yield ""
    yield from _outcome(report)


def _outcome(report: Report) -> Iterator[str]:
    broken = report.broken()
    if broken:
        yield f"NOT as promised ({len(broken)}):"
        yield from (f"  - {sentence}" for sentence in broken)
    else:
        yield f"Every promise was kept in this run ({report.duration_s:.0f} s)."


def _call(call: CallReport) -> Iterator[str]:
    kept, done = call.evidence, call.performance
    yield f"consent         {f'{kept.answer.answer}, by {kept.answer.why}' if kept else 'NOTHING RECORDED'}"
    yield f"forks           {_forks(call)}"
    yield from (f"                {words}" for words in _endings(call))
    if done.name is CallName.WITHDRAWN:
        yield f"verdicts        {done.scores_before_end} scores before the *9, {done.rows_after_stop} rows 5 s after it"
    else:
        yield f"verdicts        {_verdicts(call)}"
    if kept is not None:
        yield from (f"                {_score(one)}" for one in kept.verdicts if one.reason is None)
        yield from _facts(call)
    gaps = ", ".join(f"{party} {gap_ms} ms" for party, gap_ms in call.gaps_ms.items())
    yield f"parties' audio  largest gap: {gaps} (our phones' own pace: {call.lab_pace_ms_max} ms)"
    if done.screen is not None:
        how = "fetched" if done.screen.source == "get" else "pushed"
        yield f"the agent's {done.screen.family} phone shows ({how}; {done.screen.pushes} pushes in the call):"
        yield from (f"    {row}" for row in _box(done.screen.xml))


def _forks(call: CallReport) -> str:
    outside = figures.outside(call.times_ns, call.grant)
    if not call.flows:
        return "none; not one packet reached the fork ports"
    return f"{len(call.flows)}, {len(call.packets)} packets, {outside} of them outside of the grant"


def _endings(call: CallReport) -> Iterator[str]:
    times_ns, done = call.times_ns, call.performance
    if done.stop_ns is not None:
        yield f"last packet {figures.last_after_ms(times_ns, done.stop_ns)} ms after the end of the 9 key"
    if done.killed_ns is not None:
        last_s = (figures.last_after_ms(times_ns, done.killed_ns) or 0) / 1000
        late = call.later_than_lease
        yield f"last packet {last_s:.1f} s after the SIGKILL; {late} later than one lease ({call.lease_s} s)"


def _verdicts(call: CallReport) -> str:
    kept = call.evidence
    if kept is None or not kept.verdicts:
        return "none"
    abstained = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in kept.abstained.items())
    return f"{kept.scores} scores, abstained: {abstained or 'never'}"


def _score(score: Score) -> str:
    return (
        f"{score.start_s:5.1f} to {score.end_s:5.1f} s"
        f"  activation {score.activation:.2f} ± {score.activation_sigma:.2f}"
        f"  anger {score.anger:.2f} ± {score.anger_sigma:.2f}"
    )


def _facts(call: CallReport) -> Iterator[str]:
    kept = call.evidence
    for party in Party:
        facts = kept.facts.get(party) if kept else None
        if facts is not None:
            share = facts["talk_share"]
            yield (
                f"facts           {party}: talks {facts['talk_s']:.1f} s of {facts['heard_s']:.1f} s"
                f"{'' if share is None else f' ({share:.0%} of the talk)'}, both at once {facts['overlap_s']:.1f} s,"
                f" longest pause {facts['longest_pause_s']:.1f} s"
            )
            yield f"                {_turns(facts)}"


def _turns(facts: dict[str, float | None]) -> str:
    latency_s, rate, change_db = (
        facts[name] for name in ("response_latency_s", "articulation_rate", "level_change_db")
    )
    said = [f"began {facts['overlaps_begun']:.0f} overlaps, answered {facts['answers']:.0f} times"]
    if latency_s is not None:
        said.append(f"after {latency_s:.2f} s (median)")
    if rate is not None:
        said.append(f"{rate:.1f} syllables/s over {facts['articulation_s']:.0f} s")
    if change_db is not None:
        said.append(f"level {change_db:+.0f} dB against the start")
    return ", ".join(said)


def _box(xml: str) -> list[str]:
    try:
        return desk_screen.box(desk_screen.read(xml))
    except ElementTree.ParseError as error:
        return [f"(no XML: {error})"]
