"""SIPp's part: scenarios that it can read, sound that a PBX understands, options that bind loopback alone."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ari_bridge.media.codecs import Codec, decoder
from benchmarks import sipp
from tests.lab.errors import LabError


def test_a_caller_says_yes_and_hangs_up() -> None:
    """Law: only after the whole notice is 1 pressed, and each message of the dialogue has its own number."""
    scenario = ElementTree.fromstring(sipp.caller_scenario("caller.ulaw", 60.0))
    sent = [(send.text or "") for send in scenario.iter("send")]
    assert [message.split()[0] for message in sent] == ["INVITE", "ACK", "INFO", "INFO", "INFO", "BYE"]
    numbers = [int(found[1]) for message in sent if (found := re.search(r"CSeq: (\d+)", message))]
    assert numbers == [1, 1, 2, 3, 4, 5]
    keys = [found[1] for message in sent if (found := re.search(r"Signal=(.)", message))]
    assert keys == ["1", "0", "0"]
    steps = [step.tag for step in scenario]
    first_pause = next(step for step in scenario if step.tag == "pause")
    assert int(first_pause.attrib["milliseconds"]) >= 11_600
    assert steps.index("pause") < steps.index("send", steps.index("pause"))


def test_the_number_that_calls_is_no_emergency_s() -> None:
    """Law: short numbers are not asked by the dialplan; a benchmark whose callers are not asked measures nothing."""
    found = re.search(r"From: <sip:(\d+)\[call_number\]@", sipp.caller_scenario("caller.ulaw", 1.0))
    assert found is not None
    assert len(found[1]) >= 6


def test_an_agent_answers() -> None:
    """Law: the agent's phone rings, answers with a voice of its own, and ends with the caller."""
    scenario = ElementTree.fromstring(sipp.agent_scenario("agent.ulaw"))
    assert [step.attrib["request"] for step in scenario.iter("recv")] == ["INVITE", "ACK", "BYE"]
    assert [(send.text or "").split()[1] for send in scenario.iter("send")] == ["180", "200", "200"]
    assert [step.attrib["rtp_stream"] for step in scenario.iter("exec")] == ["agent.ulaw,-1,0"]


def test_mu_law_is_what_the_bridge_reads() -> None:
    """Law: what is said is heard: our own reader of G.711 gets the samples back, as near as mu-law allows."""
    samples = np.array([0, 1, -1, 8, 100, -100, 1000, -1000, 12_345, 32_767, -32_768], np.int16)
    told = sipp.mu_law(samples)
    assert told[:1] == b"\xff"
    back = decoder(Codec.PCMU).decode(np.frombuffer(told, np.uint8)).astype(int)
    assert np.abs(back - samples).max() <= 32_768 / 32
    assert (np.abs(back - samples) <= np.maximum(8, np.abs(samples.astype(int)) / 16)).all()


def test_everything_stays_on_loopback() -> None:
    """Law: SIPp binds every interface unless it is told not to."""
    for options in (sipp.caller_options(("127.0.0.1", 5060), "51001", 5, 3.0), sipp.agent_options(5061)):
        told = dict(pairwise(options))
        assert told["-i"].startswith("127.")
        assert told["-mi"].startswith("127.")


def test_a_missing_program_says_where_it_is_had(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Law: who cannot run a benchmark is told what to install."""
    monkeypatch.setattr(sipp.shutil, "which", lambda name: None)

    def nothing(*_: object) -> Path:
        raise LabError("Debian has no mirror here.")

    monkeypatch.setattr(sipp, "fetch", nothing)
    with pytest.raises(LabError, match="apt install sip-tester"):
        sipp.find()
