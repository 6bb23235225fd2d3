"""Both networks in a process of their own, as the engine uses them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.emotion.model_files import NETWORK, PACKAGED, read_verified
from analysis.emotion.onnx_model import OnnxToneModel, OnnxToneNetwork
from analysis.emotion.score import Abstained, Reason, ToneScore, Verdict
from analysis.engine import process_networks
from analysis.engine.engine import Engine
from analysis.engine.network_host import EngineGone
from analysis.engine.network_wire import MAX_FRAMES, MAX_ROWS, Floats
from analysis.engine.process_networks import FIRST_PAUSE_S, MAX_PAUSE_S, STEADY_S, ProcessNetworks
from analysis.speech.detector import CHUNK_S
from analysis.speech.silero import SileroDetector, model_path, network_of
from consent.errors import InvalidValue
from tests.analysis.engine.sounds import frames
from tests.analysis.voices import engine_voice
from tests.conftest import Callers
from tests.fakes.network_process import command

BACK_S = 5.0
"""The law's own limit: after a kill -9 it is back within so long."""


@pytest.fixture(scope="module")
def tone() -> bytes:
    """The shipped tone network."""
    return read_verified(PACKAGED).contents[NETWORK]


@pytest.fixture(scope="module")
def host(tone: bytes) -> Iterator[ProcessNetworks]:
    """A real process, warm."""
    made = ProcessNetworks(model_path().read_bytes(), tone)
    made.start()
    yield made
    made.stop()


class Clock:
    """A time that a test turns by hand."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        """The time, in seconds."""
        return self.now_s


def fake(way: str, clock: Callable[[], float] = time.monotonic, answer_s: float = 5.0) -> ProcessNetworks:
    """A host of a fake process."""
    return ProcessNetworks(b"", b"", command=command(way), now=clock, answer_s=answer_s)


def batch(rows: int, seed: int = 1) -> tuple[Floats, Floats]:
    """Chunks and states."""
    random = np.random.default_rng(seed)
    chunks = random.normal(0, 0.1, (rows, 576)).astype(np.float32)
    return chunks, random.normal(0, 0.2, (2, rows, 128)).astype(np.float32)


def look_until(host: ProcessNetworks, is_so: Callable[[], bool]) -> None:
    """Take ticks until something is so."""
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline, host.last_loss
        host.look()
        time.sleep(0.02)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(1, 200), seed=st.integers(0, 2**32 - 1))
def test_voices_are_heard_to_the_bit_as_in_the_bridge(host: ProcessNetworks, rows: int, seed: int) -> None:
    """Law: where the networks run changes no decision: likelihoods and states are the same to the last bit."""
    chunks, states = batch(rows, seed)
    for here, there in zip(SILERO.run(chunks, states), host.voice.run(chunks, states), strict=True):
        np.testing.assert_array_equal(here, there)


SILERO = network_of()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=st.integers(50, 800), seed=st.integers(0, 2**32 - 1))
def test_tones_are_judged_to_the_bit_as_in_the_bridge(
    host: ProcessNetworks, local_tone: OnnxToneNetwork, frames: int, seed: int
) -> None:
    """Law: a score does not depend on the process that computed it."""
    picture = np.random.default_rng(seed).normal(0, 0.4, (80, frames)).astype(np.float32)
    (here, near), (there, far) = local_tone.run(picture), host.tone.run(picture)
    np.testing.assert_array_equal(here, there)
    assert near == far


@pytest.fixture(scope="module")
def local_tone(tone: bytes) -> OnnxToneNetwork:
    """The same network in this process."""
    return OnnxToneNetwork(tone)


def test_more_streams_than_the_block_holds_are_asked_about_in_turns(host: ProcessNetworks) -> None:
    """Law: no number of calls is too great for the wire; each stream gets its own answer."""
    chunks, states = batch(MAX_ROWS + 5)
    chances, after = host.voice.run(chunks, states)
    last, last_after = host.voice.run(chunks[-5:], states[:, -5:])
    np.testing.assert_array_equal(chances[-5:], last)
    np.testing.assert_array_equal(after[:, -5:], last_after)
    assert chances.shape == (MAX_ROWS + 5,)


def test_a_picture_that_does_not_fit_is_refused_here(host: ProcessNetworks) -> None:
    """Law: a mistake of ours is told as one, and does not cost the process."""
    with pytest.raises(InvalidValue, match="frames"):
        host.tone.run(np.zeros((80, MAX_FRAMES + 1), np.float32))
    assert host.trouble == ""


def test_after_a_kill_it_is_back_and_hears_as_if_nothing_had_been(tone: bytes) -> None:
    """Law: kill -9 costs the asking of that moment; it is counted, said, and back within five seconds, and since all
    that is remembered lies with us, the next answer is what it would have been.
    """
    host = ProcessNetworks(model_path().read_bytes(), tone)
    host.start()
    chunks, states = batch(7)
    expected, _ = host.voice.run(chunks, states)
    assert host.pid is not None
    os.kill(host.pid, signal.SIGKILL)
    killed_s = time.monotonic()
    with pytest.raises(EngineGone):
        host.voice.run(chunks, states)
    with pytest.raises(EngineGone, match="lost"):
        host.tone.run(np.zeros((80, 100), np.float32))
    assert "lost" in host.trouble
    look_until(host, lambda: host.trouble == "")
    assert time.monotonic() - killed_s < BACK_S
    np.testing.assert_array_equal(host.voice.run(chunks, states)[0], expected)
    assert host.restarts == 1
    assert "SIGKILL" in host.last_loss
    host.stop()


def test_a_death_is_seen_while_nobody_asks() -> None:
    """Law: it is started again before the next call needs it, not when that call has lost its first words."""
    host = fake("good")
    host.start()
    assert host.pid is not None
    os.kill(host.pid, signal.SIGKILL)
    look_until(host, lambda: host.trouble != "")
    look_until(host, lambda: host.trouble == "")
    assert host.restarts == 1
    host.stop()


def test_it_blocks_nobody_while_it_is_away() -> None:
    """Law: calls do not wait for a process that is gone: they are told at once, tick by tick."""
    clock = Clock()
    host = fake("segfault", clock)
    host.start()
    began = time.monotonic()
    for _ in range(200):
        with pytest.raises(EngineGone):
            host.voice.run(*batch(3))
        host.look()
    assert time.monotonic() - began < 2
    assert host.restarts == 0  # its pause is not over: the clock stands
    host.stop()


def test_one_that_hangs_is_killed_and_started_again() -> None:
    """Law: a hang is a crash: after the time limit the process is ended, by its own number."""
    host = fake("hang", answer_s=0.1)
    host.start()
    pid = host.pid
    assert pid is not None
    with pytest.raises(EngineGone, match=r"0\.1 s"):
        host.voice.run(*batch(3))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    look_until(host, lambda: host.trouble == "")
    assert "killed" in host.last_loss
    host.stop()


@pytest.mark.parametrize("way", ["rubbish", "short", "other rows", "another number"])
def test_rubbish_is_no_likelihood(way: str) -> None:
    """Law: a process that answers wrongly is not asked again; nothing that it said is used."""
    host = fake(way)
    host.start()
    with pytest.raises(EngineGone, match="it answers"):
        host.voice.run(*batch(3))
    assert host.trouble != ""
    host.stop()


def test_the_pause_before_a_new_start_doubles_and_is_forgotten_in_time() -> None:
    """Law: a process that always crashes does not take the core with its starts; one that lived for long comes back
    at once.
    """
    clock = Clock()
    host = fake("segfault", clock)
    host.start()
    pauses = []
    for restarts in range(1, 8):
        with pytest.raises(EngineGone):
            host.voice.run(*batch(1))
        lost_s = clock.now_s
        while host.restarts < restarts:
            clock.now_s += 0.05
            host.look()
        pauses.append(clock.now_s - lost_s)
        look_until(host, lambda: host.trouble == "")
    assert pauses[0] == pytest.approx(FIRST_PAUSE_S, abs=0.06)
    assert pauses[1] == pytest.approx(2 * FIRST_PAUSE_S, abs=0.06)
    assert pauses[-1] == pytest.approx(MAX_PAUSE_S, abs=0.06)
    clock.now_s += STEADY_S
    with pytest.raises(EngineGone):
        host.voice.run(*batch(1))
    clock.now_s += FIRST_PAUSE_S
    host.look()
    assert host.restarts == 8
    host.stop()


def test_one_that_does_not_get_ready_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a start that hangs is ended too, and never blocks a tick."""
    clock = Clock()
    host = fake("good", clock)
    host.start()
    assert host.pid is not None
    os.kill(host.pid, signal.SIGKILL)
    look_until(host, lambda: host.trouble != "")
    monkeypatch.setattr(host, "_command", command("never ready"))
    clock.now_s += FIRST_PAUSE_S
    host.look()
    assert host.restarts == 1
    host.look()
    assert host.pid is not None
    clock.now_s += process_networks.START_S + 1
    host.look()
    assert host.pid is None
    assert "not ready" in host.last_loss
    host.stop()


def test_a_start_that_fails_says_why() -> None:
    """Law: a service whose networks do not load does not begin, and its last words are told."""
    host = fake("no start")
    with pytest.raises(EngineGone, match="the library is not there"):
        host.start()
    host.stop()


def test_a_program_that_cannot_be_started_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: where the kernel gives no process (memory, numbers), that is a loss like any other, no failure of a tick."""
    clock = Clock()
    host = fake("good", clock)
    host.start()
    assert host.pid is not None
    os.kill(host.pid, signal.SIGKILL)
    look_until(host, lambda: host.trouble != "")
    monkeypatch.setattr(host, "_command", ("/ouidire-is-not-there",))
    clock.now_s += FIRST_PAUSE_S
    host.look()
    assert "ouidire-is-not-there" in host.last_loss
    monkeypatch.setattr(host, "_command", command("good"))
    clock.now_s += 2 * FIRST_PAUSE_S
    look_until(host, lambda: host.trouble == "")
    assert host.restarts == 2
    host.stop()


def test_nothing_is_started_again_after_the_stop() -> None:
    """Law: what the service stopped stays stopped, and its process is gone."""
    host = fake("good")
    host.start()
    pid = host.pid
    assert pid is not None
    host.stop()
    host.look()
    assert host.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(EngineGone, match="stopped"):
        host.voice.run(*batch(1))


async def test_a_kill_in_mid_call_costs_the_sound_of_that_time_alone(callers: Callers, tone: bytes) -> None:
    """Law: kill -9 while a caller speaks: the engine goes on, what was lost is told as not measured (`engine`) and is
    missing from what the facts say was heard; before and after it is judged, and no score covers what was lost.
    """
    host = ProcessNetworks(model_path().read_bytes(), tone)
    said: list[Verdict] = []
    model = OnnxToneModel(network=host.tone)
    engine = Engine(SileroDetector(host.voice), model, lambda verdict: said.append(verdict.open()), host=host)
    await engine.start()
    engine.reserve("call-1", "en")
    grants = await callers.says_yes()
    voice = np.concatenate([engine_voice(name) for name in ("caller_tense_en", "caller_calm_en", "caller_tense_en")])
    second, killed_at = 16_000, 7
    for at in range(len(voice) // second):
        for grant, pcm in ((grants.caller, voice[at * second :][:second]), (grants.agent, np.zeros(second, np.int16))):
            for frame in frames(pcm, at * second):
                engine.hear(grant.admit(frame))
        if at == killed_at and host.pid is not None:
            os.kill(host.pid, signal.SIGKILL)
        ticks = engine.stats().ticks
        while engine.stats().ticks < ticks + 2:
            await asyncio.sleep(0.01)
    stats, facts = engine.stats(), engine.facts("call-1")
    await engine.stop()
    lost = [v for v in said if isinstance(v, Abstained) and v.reason is Reason.ENGINE]
    others = [v for v in said if v not in lost]
    assert stats.restarts == 1
    assert stats.failed_ticks > 0
    assert lost
    assert lost[0].start_s <= killed_at + 1 <= lost[-1].end_s
    assert any(v.end_s <= lost[0].start_s for v in others)
    assert any(isinstance(v, ToneScore) and v.start_s >= lost[-1].end_s for v in others)
    for gone in lost:  # to a chunk: a window begins with a whole one
        assert not any(v.start_s + CHUNK_S < gone.end_s and gone.start_s + CHUNK_S < v.end_s for v in others)
    assert facts is not None
    # At least the second that was in hand is missing; what came before it was back is at most five seconds.
    assert 1 <= len(voice) / second - facts.heard_s <= 1 + 2 * BACK_S
