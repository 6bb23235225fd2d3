"""`ouidire serve`: ends cleanly when told, and with a sentence when it cannot go on."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ari_bridge.cli.serve import first_that_speaks
from ari_bridge.pbx.port import PbxRefused
from consent.errors import DatabaseUnavailable

SERVE = "from ari_bridge.cli import main; raise SystemExit(main())"


def free_port() -> int:
    """A TCP port that nobody has now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def started(settings_file: Path) -> subprocess.Popen[str]:
    """The service in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--settings", str(settings_file)],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OUIDIRE_SCREENS__PORT": str(free_port())},
    )


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_cleanly_when_told(settings_file: Path, told: signal.Signals) -> None:
    """Law: without a PBX the service waits and says so; told to stop it ends with 0, its database intact."""
    process = started(settings_file)
    assert process.stderr is not None
    line = process.stderr.readline()
    while "service.started" not in line:
        assert line, "the service ended before it began"
        line = process.stderr.readline()
    time.sleep(0.2)
    process.send_signal(told)
    rest = process.stderr.read()
    assert process.wait(timeout=10) == 0, rest
    assert "Traceback" not in rest


def test_unreadable_passwords_end_it_with_2(settings_file: Path) -> None:
    """Law: a secrets file that others may read stops the service before it listens, with the mode in the sentence."""
    (settings_file.parent / "secrets.toml").chmod(0o644)
    process = started(settings_file)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "mode 0644" in told


def test_without_its_papers_it_does_not_start(settings_file: Path) -> None:
    """Law: a pilot counts: without a named impact assessment the service ends with 2, and the rule in its sentence."""
    lines = settings_file.read_text(encoding="utf-8").splitlines(keepends=True)
    settings_file.write_text("".join(line for line in lines if not line.startswith("assessment")), encoding="utf-8")
    process = started(settings_file)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "GDPR, Article 35" in told


def test_the_sentence_of_a_group_is_found() -> None:
    """Law: of what went wrong together, the error that has a sentence for a person is told."""
    refused = PbxRefused("wrong password")
    group = ExceptionGroup("tasks", [ValueError("x"), ExceptionGroup("more", [refused])])
    assert first_that_speaks(group) is refused
    locked = DatabaseUnavailable("locked")
    assert first_that_speaks(ExceptionGroup("tasks", [locked])) is locked


def test_a_group_without_a_sentence_stays_as_it_is() -> None:
    """Law: a mistake of ours is not dressed up as the user's."""
    group = ExceptionGroup("tasks", [ValueError("x")])
    assert first_that_speaks(group) is group
