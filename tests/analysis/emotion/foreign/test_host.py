"""A foreign model that is lost is started again, after pauses that grow."""

import os
import signal
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from analysis.emotion.foreign.child import ForeignGone
from analysis.emotion.foreign.host import FIRST_PAUSE_S, MAX_PAUSE_S, ForeignHost
from analysis.emotion.foreign.order import Order
from analysis.emotion.foreign.trust import TrustedFolder
from analysis.emotion.model_files import ModelRefused
from tests.analysis.emotion.foreign import fake_process
from tests.analysis.emotion.foreign.tiny_wav2vec2 import window

ORDER = Order("speechbrain", TrustedFolder(Path("/srv/model"), {"a.yaml": "ab" * 32}, date(2026, 1, 5)))


class Clock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """Now, in seconds."""
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    """A clock that stands."""
    return Clock()


@pytest.fixture
def hosts() -> Iterator[list[ForeignHost]]:
    """Those that were started, stopped at the end."""
    started: list[ForeignHost] = []
    yield started
    for host in started:
        host.stop()


def host_of(hosts: list[ForeignHost], clock: Clock, way: str) -> ForeignHost:
    """A host with a stand-in for its process."""
    hosts.append(host := ForeignHost(ORDER, command=fake_process.command(way), answer_s=0.5, now=clock))
    return host


def test_it_answers_once_it_is_started(hosts: list[ForeignHost], clock: Clock) -> None:
    """Law: before the start there is a trouble and no answer, after it neither a trouble nor a wait; to start twice
    starts once.
    """
    host = host_of(hosts, clock, "good")
    assert "not started" in host.trouble
    host.start()
    pid = host.pid
    host.start()
    assert (host.trouble, host.labels, host.pid) == ("", fake_process.LABELS, pid)
    np.testing.assert_allclose(host.ask(window()), fake_process.SHARES)


@pytest.mark.parametrize(
    ("way", "said"), [("dies", "does not start: .*no memory left"), ("refuses", "not what it was")]
)
def test_who_cannot_start_says_why(hosts: list[ForeignHost], clock: Clock, way: str, said: str) -> None:
    """Law: the service does not begin with a model that does not load, and tells the reason."""
    with pytest.raises(ModelRefused, match=said):
        host_of(hosts, clock, way).start()


def test_a_hang_costs_one_answer_and_then_nothing(hosts: list[ForeignHost], clock: Clock) -> None:
    """Law: after a hang nobody waits again: each question is refused at once until the pause is over."""
    host = host_of(hosts, clock, "hangs")
    host.start()
    with pytest.raises(ForeignGone, match="did not answer"):
        host.ask(window())
    assert "did not answer" in host.trouble
    assert host.pid is None
    began = time.perf_counter()
    for _ in range(100):
        with pytest.raises(ForeignGone):
            host.ask(window())
    assert time.perf_counter() - began < 0.5
    assert host.restarts == 0


def test_after_a_crash_it_comes_back(hosts: list[ForeignHost], clock: Clock, tmp_path: Path) -> None:
    """Law: a crash costs the windows of the time it was away, and no more; it loads the same order again."""
    host = host_of(hosts, clock, f"once:{tmp_path / 'load'}")
    host.start()
    with pytest.raises(ForeignGone, match="hung up"):
        host.ask(window())
    clock.now_s += FIRST_PAUSE_S
    for _ in range(600):
        try:
            np.testing.assert_allclose(host.ask(window()), fake_process.SHARES)
            break
        except ForeignGone:
            time.sleep(0.05)
    assert (host.restarts, host.trouble) == (1, "")
    assert (tmp_path / "load").read_bytes() == ORDER.as_bytes()


def test_pauses_grow_to_a_limit(hosts: list[ForeignHost], clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a model that always fails is tried ever more rarely."""
    host = host_of(hosts, clock, "crashes")
    host.start()
    with pytest.raises(ForeignGone):
        host.ask(window())
    monkeypatch.setattr("analysis.emotion.foreign.host.ForeignChild", _fail)
    pauses = []
    for tries in range(1, 10):
        began = clock.now_s
        while host.restarts < tries:
            clock.now_s += 0.5
            host.look()
        pauses.append(clock.now_s - began)
    assert pauses[:3] == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    assert pauses[-1] == MAX_PAUSE_S


def test_an_end_in_silence_is_noticed(hosts: list[ForeignHost], clock: Clock) -> None:
    """Law: a process that dies while nobody asks is known to be lost, and started again without a question."""
    host = host_of(hosts, clock, "good")
    host.start()
    assert host.pid is not None
    os.kill(host.pid, signal.SIGKILL)
    for _ in range(600):
        host.look()
        if host.trouble:
            break
        time.sleep(0.01)
    assert "ended while nothing was asked" in host.trouble
    clock.now_s += FIRST_PAUSE_S
    for _ in range(600):
        host.look()
        if not host.trouble:
            break
        time.sleep(0.05)
    assert (host.restarts, host.trouble) == (1, "")
    np.testing.assert_allclose(host.ask(window()), fake_process.SHARES)


def _fail(*_: object) -> None:
    raise OSError("no process can be started")


def test_after_the_stop_nothing_is_started(hosts: list[ForeignHost], clock: Clock) -> None:
    """Law: a service that ends leaves no process."""
    host = host_of(hosts, clock, "good")
    host.start()
    pid = host.pid
    host.stop()
    clock.now_s += 1000
    with pytest.raises(ForeignGone, match="stopped"):
        host.ask(window())
    assert not Path(f"/proc/{pid}").exists()
