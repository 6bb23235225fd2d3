"""Laws of the admin's configuration."""

from pathlib import Path

import pytest

from tests.lab.pbx_files import STAFF, PbxFolders, render
from tests.lab.ports import take_ports


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    ports = take_ports()
    ports.release()
    return render(PbxFolders(*(tmp_path / name for name in "abcdefg")), ports, "fr")


def test_nothing_of_the_product_is_in_it(files: dict[str, str]) -> None:
    """The admin's files name the product only where its guide says: where a call asks for consent, and at its lines."""
    for name, text in files.items():
        rest = text
        for use in (
            "Gosub(ouidire-consent,s,1)",
            "U(ouidire-outgoing)",
            "Goto(ouidire-rights,s,1)",
            "Goto(ouidire-staff,s,1)",
            "Goto(ouidire-pair,${EXTEN:3},1)",
        ):
            rest = rest.replace(use, "")
        assert "ouidire" not in rest.lower(), name


def test_it_listens_on_loopback_only(files: dict[str, str]) -> None:
    """No bind address other than 127.0.0.1 is written."""
    binds = [line for text in files.values() for line in text.splitlines() if line.startswith(("bind=", "bindaddr="))]
    assert len(binds) == 3
    assert all("127.0.0.1" in line for line in binds)


def test_every_agent_can_be_called_and_is_in_the_large_queue(files: dict[str, str]) -> None:
    """Thirty calls at once need as many agents."""
    for number in STAFF:
        assert f"contact=sip:{number}@127.0.0.1:" in files["pjsip.conf"]
        assert f"member => Local/{number}@from-queue/n" in files["queues.conf"]


def test_the_trunk_speaks_the_language_asked_for(files: dict[str, str]) -> None:
    """Callers are greeted in the trunk's language."""
    assert "language=fr" in files["pjsip.conf"]
