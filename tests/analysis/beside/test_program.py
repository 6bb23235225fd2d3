"""A program beside the bridge: Python programs of one line behave well and badly."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from analysis.beside.program import Program, environment_without_settings

PATIENCE_S = 20.0
CONTROL = "import os, socket, sys, time; control = socket.socket(fileno=int(sys.argv[1])); "


def program(code: str, *fds: int, wire: socket.SocketKind = socket.SOCK_STREAM) -> Program:
    """That code, with its end of the socket as `control`."""
    command = (sys.executable, "-c", CONTROL + code)
    begun = Program(command, wire, fds, environment=environment_without_settings())
    begun.control.settimeout(PATIENCE_S)
    return begun


@pytest.fixture
def nothing_stays_open() -> Iterator[None]:
    """Looks that the test leaves no more open files than there were."""
    before = len(os.listdir("/proc/self/fd"))
    yield
    assert len(os.listdir("/proc/self/fd")) == before


@pytest.mark.usefixtures("nothing_stays_open")
def test_it_is_spoken_to_and_leaves() -> None:
    """Law: it has the other end of the socket, and leaves by itself when ours is closed; nothing stays open."""
    begun = program("control.sendall(control.recv(9).upper()); control.recv(1)")
    begun.control.sendall(b"hello")
    assert begun.control.recv(9) == b"HELLO"
    assert begun.is_alive
    assert begun.end() == "it ended with status 0"
    assert not begun.is_alive


def test_messages_stay_whole() -> None:
    """Law: on a wire of messages each is received by itself."""
    begun = program("control.send(b'one'); control.send(b'two'); control.recv(1)", wire=socket.SOCK_SEQPACKET)
    assert [begun.control.recv(99), begun.control.recv(99)] == [b"one", b"two"]
    begun.end()


def test_it_gets_the_files_that_it_is_handed_and_no_other() -> None:
    """Law: it has the files that are named to it, and of the bridge's others none."""
    handed, other = os.memfd_create("handed"), os.memfd_create("other")
    os.set_inheritable(other, True)
    os.write(handed, b"weights")
    code = f"found = os.pread(int(sys.argv[2]), 9, 0); os.path.exists('/proc/self/fd/{other}') and sys.exit(1); "
    begun = program(code + "control.sendall(found); control.recv(1)", handed)
    assert begun.control.recv(9) == b"weights"
    assert begun.end() == "it ended with status 0"
    os.close(handed)
    os.close(other)


def test_its_last_words_are_told() -> None:
    """Law: how it ended is told with the last line that it wrote, cut to a length, however much it wrote."""
    begun = program("sys.stderr.write('x' * 10_000 + '\\nno memory left\\n'); sys.exit(3)")
    assert begun.control.recv(1) == b""
    assert begun.end() == "it ended with status 3 (no memory left)"
    begun = program("sys.exit('y' * 10_000)")
    assert begun.control.recv(1) == b""
    assert begun.end() == f"it ended with status 1 ({'y' * 200})"


@pytest.mark.parametrize(("number", "said"), [(9, "SIGKILL"), (11, "SIGSEGV"), (40, "signal 40")])
def test_a_signal_is_told_by_its_name(number: int, said: str) -> None:
    """Law: what crashed or was killed is told apart from what left."""
    begun = program(f"os.kill(os.getpid(), {number})")
    assert begun.control.recv(1) == b""
    assert begun.end() == f"it was ended by {said}"


@pytest.mark.usefixtures("nothing_stays_open")
def test_who_does_not_leave_is_killed() -> None:
    """Law: the end is the end."""
    begun = program("control.sendall(b'!'); time.sleep(60)")
    assert begun.control.recv(1) == b"!"
    assert begun.end() == "it had to be killed"
    assert not Path(f"/proc/{begun.pid}").exists()


@pytest.mark.usefixtures("nothing_stays_open")
def test_what_cannot_be_started_is_an_error_at_once() -> None:
    """Law: a program that is not there is an OSError, and leaves no file open."""
    with pytest.raises(OSError, match="ouidire-is-not-there"):
        Program(("/ouidire-is-not-there",), socket.SOCK_STREAM, environment={})


def test_our_settings_are_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: variables of ours, which may name files of secrets, are left out; the others are as they were."""
    monkeypatch.setenv("OUIDIRE_PBX__SECRETS_FILE", "/etc/ouidire/secrets.toml")
    monkeypatch.setenv("OTHER_SETTING", "kept")
    told = environment_without_settings()
    assert told.items() <= os.environ.items()
    left_out = os.environ.keys() - told.keys()
    assert "OUIDIRE_PBX__SECRETS_FILE" in left_out
    assert all(name.startswith("OUIDIRE_") for name in left_out)
    begun = program("control.sendall(str(sorted(os.environ)).encode()); control.recv(1)")
    names = begun.control.recv(1 << 16).decode()
    begun.end()
    assert "OTHER_SETTING" in names
    assert "OUIDIRE" not in names
