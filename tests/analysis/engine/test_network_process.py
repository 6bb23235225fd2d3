"""The process in which the networks run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from analysis.emotion.model_files import NETWORK, PACKAGED, read_verified
from analysis.emotion.onnx_model import OnnxToneNetwork
from analysis.engine.network_child import NetworkChild, weights
from analysis.engine.network_process import NAME, answer
from analysis.engine.network_wire import BLOCK_BYTES, Block, Kind, MalformedMessage, Message
from analysis.speech.silero import SileroNetwork, model_path

PATIENCE_S = 20.0


@pytest.fixture
def child() -> Iterator[NetworkChild]:
    """A real one, warm."""
    fds = (
        weights("voice", model_path().read_bytes()),
        weights("tone", read_verified(PACKAGED).contents[NETWORK]),
    )
    made = NetworkChild(*fds)
    assert made.is_ready(PATIENCE_S)
    yield made
    if made.is_alive:
        made.end()
    for fd in fds:
        os.close(fd)


def status(pid: int) -> dict[str, str]:
    """What the kernel says of a process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def limits(pid: int) -> dict[str, str]:
    """The hard limits of a process."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()[1:]
    return {line[:26].strip(): line[47:68].strip() for line in lines}


def test_it_is_seen_under_its_own_name_and_yields_to_the_bridge(child: NetworkChild) -> None:
    """Law: an administrator sees in `ps` which process hears; packets are received before chunks are heard."""
    assert status(child.pid)["Name"] == NAME
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 1


def test_it_holds_no_socket_but_its_own_and_can_open_none(child: NetworkChild) -> None:
    """Law: nothing leaves the site: it inherits neither the PBX's connections nor the files of the ledger, listens on
    nothing, and once it is warm the kernel gives it no file and no socket more. It writes no core, which would hold
    voices.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        held = [os.readlink(f"/proc/{child.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{child.pid}/fd")]
        assert sum(name.startswith("socket:") for name in held) == 1
        assert all(name.startswith(("socket:", "/memfd:ouidire-", "/dev/null")) for name in held)
    assert limits(child.pid)["Max open files"] == "0"
    assert limits(child.pid)["Max core file size"] == "0"


def test_it_leaves_the_stop_to_the_bridge(child: NetworkChild) -> None:
    """Law: Ctrl+C, or the SIGTERM that a service manager sends to all, does not end it under the bridge's hands."""
    for number in (signal.SIGINT, signal.SIGTERM):
        os.kill(child.pid, number)
    child.block.chunks(1).fill(0)
    assert child.ask(Kind.VOICE, 1, PATIENCE_S).length == 1


def test_it_cannot_shrink_the_memory_under_the_bridge(child: NetworkChild) -> None:
    """Law: a process that was taken over cannot end the bridge: memory cut short would be a bus error over there."""
    blocks = [
        f"/proc/{child.pid}/fd/{fd}"
        for fd in os.listdir(f"/proc/{child.pid}/fd")
        if "ouidire-block" in os.readlink(f"/proc/{child.pid}/fd/{fd}")
    ]
    assert blocks
    for path in blocks:
        with pytest.raises(PermissionError):
            os.truncate(path, 0)


def test_it_ends_with_the_bridge(tmp_path: Path) -> None:
    """Law: a bridge that is killed leaves no process behind that holds voices."""
    program = """
import sys, time
from analysis.emotion.model_files import NETWORK, PACKAGED, read_verified
from analysis.engine.process_networks import ProcessNetworks
from analysis.speech.silero import model_path
host = ProcessNetworks(model_path().read_bytes(), read_verified(PACKAGED).contents[NETWORK])
host.start()
print(host.pid, flush=True)
time.sleep(600)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as bridge:
        assert bridge.stdout is not None
        pid = int(bridge.stdout.readline())
        assert status(pid)["Name"] == NAME
        bridge.kill()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{pid}").exists() and status(pid)["State"][0] not in "ZX":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_each_kind_is_answered_by_its_network() -> None:
    """Law: a request for the voice and one for the tone lay their answers down in their places, as the networks gave
    them.
    """
    block, random = Block(memoryview(bytearray(BLOCK_BYTES))), np.random.default_rng(3)
    voice, tone = SileroNetwork(), OnnxToneNetwork(read_verified(PACKAGED).contents[NETWORK])
    block.chunks(2)[:] = random.normal(0, 0.1, (2, 576))
    chances, states = voice.run(block.chunks(2), block.states_before(2))
    request = Message(Kind.VOICE, 1, 2)
    assert answer(request, block, voice, tone) == request
    np.testing.assert_array_equal(block.chances(2), chances)
    np.testing.assert_array_equal(block.states_after(2), states)
    block.picture(300)[:] = random.normal(0, 0.3, (80, 300))
    logits, distance = tone.run(block.picture(300))
    said = answer(Message(Kind.TONE, 2, 300), block, voice, tone)
    assert said == Message(Kind.TONE, 2, len(logits))
    np.testing.assert_array_equal(block.logits(said.length), logits)
    assert block.distance()[0] == np.float32(distance)


@pytest.mark.parametrize("request_", [Message(Kind.READY, 1, 0), Message(Kind.VOICE, 1, 0), Message(Kind.TONE, 1, 0)])
def test_a_request_for_nothing_ends_it(request_: Message) -> None:
    """Law: a bridge that asks nonsense is answered by an end, which it sees, not by a guess."""
    block = Block(memoryview(bytearray(BLOCK_BYTES)))
    with pytest.raises(MalformedMessage):
        answer(request_, block, SileroNetwork(), OnnxToneNetwork(read_verified(PACKAGED).contents[NETWORK]))
