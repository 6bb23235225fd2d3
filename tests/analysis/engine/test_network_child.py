"""The bridge's end of the network process, against processes that misbehave."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from analysis.engine.network_child import NetworkChild, weights
from analysis.engine.network_host import EngineGone
from analysis.engine.network_wire import Kind
from tests.fakes.network_process import command

PATIENCE_S = 20.0
Start = Callable[[str], NetworkChild]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts fakes, and ends those which the test left."""
    made: list[NetworkChild] = []
    fd = weights("none", b"")

    def one(way: str) -> NetworkChild:
        made.append(NetworkChild(fd, fd, command(way)))
        return made[-1]

    yield one
    for child in made:
        with suppress(OSError, ValueError):  # ended by the test
            child.end()
    os.close(fd)


def test_a_good_one_is_asked_and_leaves(start: Start) -> None:
    """Law: it answers in the block, and leaves by itself when it is let go."""
    child = start("good")
    assert child.is_ready(PATIENCE_S)
    assert child.ask(Kind.VOICE, 3, PATIENCE_S).length == 3
    assert child.block.chances(3).tolist() == [0.5, 0.5, 0.5]
    assert child.ask(Kind.TONE, 800, PATIENCE_S).length == 5
    assert child.block.logits(5).sum() == 2.5
    assert child.end() == "it ended with status 0"


@pytest.mark.parametrize(
    "way", ["rubbish", "short", "long", "another number", "another kind", "other rows", "too many rows"]
)
def test_a_wrong_answer_is_none(start: Start, way: str) -> None:
    """Law: what does not answer the request in its size is never taken for a likelihood."""
    child = start(way)
    assert child.is_ready(PATIENCE_S)
    with pytest.raises(EngineGone, match="it answers"):
        child.ask(Kind.VOICE, 3, PATIENCE_S)


@pytest.mark.parametrize("way", ["too many heads", "no head"])
def test_logits_that_the_block_cannot_hold_are_none(start: Start, way: str) -> None:
    """Law: how many logits there are is believed only where there is room for them."""
    child = start(way)
    assert child.is_ready(PATIENCE_S)
    with pytest.raises(EngineGone, match="it answers"):
        child.ask(Kind.TONE, 800, PATIENCE_S)


def test_a_crash_is_told_by_its_signal(start: Start) -> None:
    """Law: native code that crashes is seen at once, and said by name."""
    child = start("segfault")
    assert child.is_ready(PATIENCE_S)
    began = time.monotonic()
    with pytest.raises(EngineGone, match="hung up"):
        child.ask(Kind.VOICE, 1, PATIENCE_S)
    assert time.monotonic() - began < PATIENCE_S / 2
    assert child.end() == "it was ended by SIGSEGV"


def test_a_hang_is_a_crash(start: Start) -> None:
    """Law: who does not answer in time is killed, and the process is gone."""
    child = start("hang")
    assert child.is_ready(PATIENCE_S)
    with pytest.raises(EngineGone, match=r"within 0\.1 s"):
        child.ask(Kind.VOICE, 1, 0.1)
    assert child.is_alive
    assert child.end() == "it had to be killed"
    assert not child.is_alive


def test_one_that_does_not_leave_is_killed(start: Start) -> None:
    """Law: a process that ignores its end does not outlive it."""
    child = start("stays")
    assert child.is_ready(PATIENCE_S)
    assert child.end() == "it had to be killed"


def test_a_start_that_fails_tells_its_last_words(start: Start) -> None:
    """Law: why it could not begin is a sentence for the administrator, not a number alone."""
    child = start("no start")
    with pytest.raises(EngineGone):
        child.is_ready(PATIENCE_S)
    assert child.end() == "it ended with status 1 (the library is not there)"


def test_it_is_not_ready_before_it_says_so(start: Start) -> None:
    """Law: warm before ready: nobody takes a process for warm that has said nothing, or something else."""
    assert not start("never ready").is_ready()
    with pytest.raises(EngineGone):
        start("not ready").is_ready(PATIENCE_S)


def test_what_cannot_be_started_is_an_error_at_once() -> None:
    """Law: a program that is not there is an OSError, and leaves no file open."""
    before = len(os.listdir("/proc/self/fd"))
    fd = weights("none", b"")
    with pytest.raises(OSError, match="ouidire-is-not-there"):
        NetworkChild(fd, fd, ("/ouidire-is-not-there",))
    os.close(fd)
    assert len(os.listdir("/proc/self/fd")) == before


def test_nothing_stays_open_when_it_has_ended(start: Start) -> None:
    """Law: a process that is started again for years leaves no file behind each time."""
    start("good").end()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        start("good").end()
    assert len(os.listdir("/proc/self/fd")) == before


def test_it_is_told_nothing_of_our_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: variables of ours, which may name files of secrets, are not handed down."""
    monkeypatch.setenv("OUIDIRE_PBX__SECRETS_FILE", "/etc/ouidire/secrets.toml")
    code = "import os, sys; sys.exit(str([name for name in os.environ if name.startswith('OUIDIRE')]))"
    fd = weights("none", b"")
    child = NetworkChild(fd, fd, (sys.executable, "-c", code))
    with pytest.raises(EngineGone):
        child.is_ready(PATIENCE_S)
    assert child.end() == "it ended with status 1 ([])"
    os.close(fd)


def test_weights_cannot_be_changed() -> None:
    """Law: what was checked is what every process runs, also the one after a process that was taken over."""
    fd = weights("model", b"checked")
    with pytest.raises(PermissionError):
        os.pwrite(fd, b"other", 0)
    assert os.pread(fd, 100, 0) == b"checked"
    os.close(fd)
