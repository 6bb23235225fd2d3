"""`ouidire ledger`: the chain is proven by a command, beside the service and against what others keep."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from consent.states import Answer
from tests.ari_bridge.cli.served import Site


@pytest.fixture
def site(settings_file: Path) -> Site:
    """A site with a call that is over."""
    made = Site(settings_file)
    made.call("call-1", Answer.GRANTED)
    return made


def _run(site: Site, *words: str) -> int:
    return main(["ledger", *words, "--settings", site.file])


def test_a_whole_chain_is_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: how many records hold, how many can be opened, how many were erased."""
    assert _run(site, "verify") == 0
    told = capsys.readouterr().out
    assert "5 records hold, 4 of them about persons" in told
    assert "4 can be opened" in told


def test_a_changed_record_is_named(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: exit code 1, and the number of the first record that is wrong."""
    file = sqlite3.connect(site.database)
    file.execute("DROP TRIGGER ledger_no_update")
    file.execute("UPDATE ledger SET commitment = ? WHERE seq = 2", ("0" * 64,))
    file.commit()
    file.close()
    assert _run(site, "verify") == 1
    assert "record 2 was changed" in capsys.readouterr().err


def test_a_checkpoint_kept_elsewhere_is_tried(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the council's copy holds; a foreign or broken file is told in words."""
    kept = tmp_path / "council.json"
    assert _run(site, "checkpoint", "--to", str(kept)) == 0
    assert "5 records are signed" in capsys.readouterr().out
    site.call("call-2", Answer.REFUSED)
    assert _run(site, "verify", "--against", str(kept)) == 0
    assert "and 1 kept elsewhere" in capsys.readouterr().out
    fields = json.loads(kept.read_text())
    kept.write_text(json.dumps(fields | {"hash": "0" * 64}))
    assert _run(site, "verify", "--against", str(kept)) == 1
    kept.write_bytes(b"\xff")
    assert _run(site, "verify", "--against", str(kept)) == 1
    assert _run(site, "verify", "--against", str(tmp_path / "absent.json")) == 1
    assert "cannot be read as a checkpoint" in capsys.readouterr().err


def test_what_is_public_is_shown(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: one JSON object a line, and no answer of a person among them."""
    site.do(lambda ledger: ledger.note("test", {"n": 1}))
    assert _run(site, "checkpoint") == 0
    assert json.loads(capsys.readouterr().out)["seq"] == 6
    assert _run(site, "show") == 0
    *_, line = capsys.readouterr().out.splitlines()
    assert json.loads(line)["what"] == "test"
