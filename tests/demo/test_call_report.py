"""Laws of one call's report: a promise that was not kept is named, one that was kept is not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from consent.parties import Party
from tests.demo.call_report import CallReport
from tests.demo.made_up import (
    KILLED,
    NO,
    PORT,
    WITHDRAWN,
    YES,
    YES_CALL,
    YES_EVIDENCE,
    at,
    audio,
    every_20_ms,
    packets,
)
from tests.lab.gate_log import Entry

FIELDS = {
    "name", "answer", "rtp_packets_outside_grant", "forks", "last_packet_after_withdrawal_ms", "scores", "abstained",
    "facts", "screen", "party_audio_gap_ms_max",
}  # fmt: skip


@pytest.mark.parametrize("report", [YES, NO, WITHDRAWN, KILLED])
def test_a_call_as_promised_breaks_nothing(report: CallReport) -> None:
    """Every figure that is asked for is there, and no sentence is said."""
    assert list(report.broken()) == []
    assert json.loads(json.dumps(report.as_json())).keys() >= FIELDS


def test_the_figures_of_a_withdrawal() -> None:
    """The age of the last packet is measured at the end of the 9 key, and nothing derived is left."""
    figures = WITHDRAWN.as_json()
    assert figures["last_packet_after_withdrawal_ms"] == 0.0
    assert (figures["answer"], figures["scores"], figures["abstained"], figures["facts"]) == ("withdrawn", 0, {}, {})
    assert YES.as_json()["last_packet_after_withdrawal_ms"] is None


def test_one_packet_without_a_yes_is_named() -> None:
    """A single packet to a fork port in a refused call breaks the first law."""
    report = replace(NO, packets=packets((PORT, every_20_ms(20, 20.02))))
    assert report.as_json()["rtp_packets_outside_grant"] == 1
    assert any("1 packets reached the fork ports" in sentence for sentence in report.broken())


def test_packets_after_the_stop_key_are_named() -> None:
    """A fork that goes on after *9 breaks both the grant and the 100 ms."""
    report = replace(WITHDRAWN, packets=packets((PORT, every_20_ms(12, 31)), (PORT + 1, every_20_ms(12, 30))))
    sentences = "\n".join(report.broken())
    assert "44 packets reached" in sentences
    assert "980.0 ms after the end of the 9 key" in sentences


def test_packets_later_than_the_lease_are_named() -> None:
    """After a SIGKILL a fork ends within its lease, while the yes itself still holds."""
    report = replace(KILLED, packets=packets((PORT, every_20_ms(12, 37)), (PORT + 1, every_20_ms(12, 30))))
    assert report.as_json()["packets_later_than_lease_after_kill"] == 49
    assert report.as_json()["rtp_packets_outside_grant"] == 0
    assert any("later than one lease" in sentence for sentence in report.broken())


def test_rows_that_stay_after_a_withdrawal_are_named() -> None:
    """5 s after the 9 key nothing derived is left, and there had been something."""
    report = replace(WITHDRAWN, performance=replace(WITHDRAWN.performance, rows_after_stop=2, scores_before_end=0))
    sentences = "\n".join(report.broken())
    assert "2 rows were still in the file" in sentences
    assert "no score had been made before" in sentences


def test_a_yes_without_a_score_is_named() -> None:
    """Abstentions alone are no result of the main job."""
    report = replace(YES, evidence=replace(YES_EVIDENCE, verdicts=YES_EVIDENCE.verdicts[1:]))
    assert report.as_json()["abstained"] == {"both_speak": 1}
    assert any("no score (abstained" in sentence for sentence in report.broken())


def test_another_answer_than_the_callers_is_named() -> None:
    """What the ledger says must be what the caller did."""
    assert any("granted by key where" in sentence for sentence in replace(NO, evidence=YES_EVIDENCE).broken())
    assert any("holds nothing" in sentence for sentence in replace(NO, evidence=None).broken())


def test_a_silenced_party_is_named() -> None:
    """61 ms without a packet at one phone are too many; the keys' own time is not counted."""
    arrivals_ns = np.concatenate([every_20_ms(11.1, 29.72), every_20_ms(29.81, 29.9), every_20_ms(30.5, 40)])
    silenced = {Party.CALLER: audio(11.1, 40), Party.AGENT: replace(audio(11.1, 40), arrivals_ns=arrivals_ns)}
    report = replace(WITHDRAWN, performance=replace(WITHDRAWN.performance, audio=silenced))
    assert report.gaps_ms == {Party.CALLER: 20.0, Party.AGENT: 510.0}
    assert report.gap_with_keys_ms == 610.0
    assert any("the agent heard nothing for 510.0 ms" in sentence for sentence in report.broken())


def test_the_labs_own_stutter_is_said() -> None:
    """Where our own phones paused, the sentence says so, and the promise is broken all the same."""
    stuttering = replace(audio(11.1, 39), pace_ms_max=200.0)
    report = replace(YES, performance=replace(YES_CALL, audio=dict.fromkeys(Party, stuttering)))
    assert any("our own phones paused for up to 200.0 ms" in sentence for sentence in report.broken())


def test_a_fork_past_the_gate_is_named() -> None:
    """Each fork is found in the PBX's own log of its gate, one for each party."""
    assert [YES.party_of(flow) for flow in YES.flows] == [Party.CALLER, Party.AGENT]
    assert any("past the PBX's gate" in sentence for sentence in replace(YES, gate=YES.gate[:1]).broken())
    late = (YES.gate[0], Entry(at(13), PORT + 1, "17.0", "17.1"))
    assert any("past the PBX's gate" in sentence for sentence in replace(YES, gate=late).broken())


def test_a_call_without_forks_is_no_proof() -> None:
    """Zero packets outside a grant prove nothing where a yes was not followed by forks."""
    assert any("0 forks were seen" in sentence for sentence in replace(YES, packets=packets()).broken())
