"""Laws of running without a network."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.errors import LabError
from tests.lab.netns import unshare_command

PROGRAM = """
import socket
from tests.lab.netns import reexec_without_network, without_network
reexec_without_network()
assert without_network()
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
try:
    socket.create_connection(("192.0.2.1", 9), timeout=1)
except OSError as error:
    print(error.strerror)
"""


def test_the_same_command_goes_on_with_loopback_alone() -> None:
    """After the call loopback serves and nothing else can be reached, at once and without a time-out."""
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "Network is unreachable\n", "")


def test_a_system_that_forbids_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without unshare there is one sentence, not a traceback."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LabError, match="unshare"):
        unshare_command()
