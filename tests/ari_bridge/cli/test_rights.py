"""`ouidire rights`: what staff does at a person's request."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from consent.states import Answer
from tests.ari_bridge.cli.served import Site


@pytest.fixture
def site(settings_file: Path) -> Site:
    """A site that was served once."""
    return Site(settings_file)


def _run(site: Site, *words: str) -> int:
    return main(["rights", *words, "--settings", site.file])


def test_a_copy_for_machines_and_one_for_eyes(site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: JSON on standard output or in a file, a page that needs nothing else; both for their owner's eyes alone."""
    reference = site.call("call-1", Answer.GRANTED)
    assert _run(site, "export", reference) == 0
    copy = json.loads(capsys.readouterr().out)
    assert [one["answer"] for one in copy["answers"]] == ["asked", "granted"]
    page, file = tmp_path / "copy.html", tmp_path / "copy.json"
    page.touch(mode=0o644)
    assert _run(site, "export", reference, "--html", str(page), "--json", str(file), "--language", "fr") == 0
    assert json.loads(file.read_text())["measured"] == copy["measured"]
    text = page.read_text()
    assert '<html lang="fr">' in text
    assert "0.50 ± 0.10" in text
    assert "<link" not in text
    assert "<form" not in text
    assert {one.stat().st_mode & 0o777 for one in (page, file)} == {0o600}


def test_a_reference_can_be_typed_past_the_shell(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: `-` reads it from standard input, so that it is in no history and no list of processes."""
    monkeypatch.setattr("sys.stdin", io.StringIO(site.call("call-1", Answer.GRANTED) + "\n"))
    assert _run(site, "stop", "-") == 0
    assert "taken back" in capsys.readouterr().out


def test_erasing_prints_the_proof_and_leaves_a_certificate(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: afterwards the reference means nothing, the public record holds the commitment, and the ledger verifies."""
    reference = site.call("call-1", Answer.GRANTED)
    assert _run(site, "erase", reference) == 0
    told = capsys.readouterr().out
    note = site.do(lambda ledger: ledger.last_note("rights.erased"))
    assert note is not None
    assert f"commitment {note['commitment']}" in told
    assert _run(site, "erase", reference) == 1
    assert "no call has this reference" in capsys.readouterr().err
    assert main(["ledger", "verify", "--settings", site.file]) == 0


def test_rectify_and_stop(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the person's words come in the numbers' place; a stop erases them too, and a second stop says so."""
    reference = site.call("call-1", Answer.GRANTED)
    assert _run(site, "rectify", reference, "--statement", "I was in a tunnel.") == 0
    capsys.readouterr()
    assert _run(site, "export", reference) == 0
    assert json.loads(capsys.readouterr().out)["measured"]["statement"] == "I was in a tunnel."
    assert _run(site, "stop", reference) == 0
    assert _run(site, "stop", reference) == 0
    assert "no yes" in capsys.readouterr().out
    assert _run(site, "rectify", reference, "--statement", "Again.") == 1


def test_a_hold_refuses_erasure_with_its_reason(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: exit code 1, with reason, author and end; released, it goes."""
    reference = site.call("call-1", Answer.GRANTED)
    until = (datetime.now(UTC).date() + timedelta(days=20)).isoformat()
    assert _run(site, "hold", reference, "--reason", "case 12", "--author", "legal office", "--until", until) == 0
    assert _run(site, "erase", reference) == 1
    assert f"held by legal office until {until}" in capsys.readouterr().err
    assert _run(site, "release", reference) == 0
    assert _run(site, "erase", reference) == 0


def test_what_is_mistyped_is_a_sentence(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a wrong digit is told, and the reference is not repeated in it."""
    reference = site.call("call-1", Answer.GRANTED)
    wrong = reference[:-1] + str((int(reference[-1]) + 1) % 10)
    assert _run(site, "export", wrong) == 1
    told = capsys.readouterr().err
    assert "a digit of the reference is wrong" in told
    assert wrong not in told
    with pytest.raises(SystemExit):
        _run(site, "hold", reference, "--reason", "r", "--author", "a", "--until", "some day")


def test_a_call_in_progress_is_stopped_beside_the_service(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the command writes beside the bridge, which finds the stop in the ledger."""
    reference = site.call("call-1", Answer.GRANTED, is_over=False)
    assert _run(site, "erase", reference) == 0
    assert "in progress" in capsys.readouterr().out
    stopped = site.do(lambda ledger: ledger.stopped_elsewhere())
    assert set(stopped) == {"call-1"}
