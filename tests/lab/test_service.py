"""The service as live tests run it: what it logs is looked at."""

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.errors import LabError
from tests.lab.ports import PortBlock
from tests.lab.service import Service


@dataclass(frozen=True)
class NoPbx:
    """What a service that is never started must know of a PBX."""

    ports: PortBlock
    folder_to_install: tuple[str, str] = ("", "")

    def settings(self) -> tuple[str, str, str]:
        return "", "", "[]"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """One that has run."""
    with socket.socket() as guard:
        made = Service(NoPbx(PortBlock(10_000, guard)), tmp_path)
        made.log.write_text('not json\n{"event": "call.paused", "level": "info"}\n', encoding="utf-8")
        yield made


async def test_a_calm_log_is_no_fault(service: Service) -> None:
    """Law: warnings, errors that are sentences, and words that are no JSON end no test."""
    with service.log.open("a", encoding="utf-8") as log:
        log.write(json.dumps({"event": "call.not_analysed", "level": "error", "reason": "no port"}) + "\n")
    await service.finish()


async def test_an_exception_that_was_survived_is_a_fault(service: Service) -> None:
    """Law: a bridge that goes on after what nobody foresaw does not hide it from us."""
    with service.log.open("a", encoding="utf-8") as log:
        log.write(json.dumps({"event": "turn.failed", "exception": [{"exc_type": "KeyError"}]}) + "\n")
    with pytest.raises(LabError, match=r"1 faults in the bridge's log; the first: turn\.failed: .*KeyError"):
        await service.finish()
