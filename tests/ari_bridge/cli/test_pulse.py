"""`ouidire pulse`: slips on standard output, secrets nowhere, results after the works council's code."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from consent.ledger import Ledger
from consent.pulse import OPEN_AT_LEAST, Pulse, Refusal, Reply
from tests.ari_bridge.cli.served import Site


@pytest.fixture
def site(settings_file: Path) -> Site:
    """A site that was served once."""
    return Site(settings_file)


def _run(site: Site, *words: str) -> int:
    return main(["pulse", *words, "--settings", site.file])


async def _answered(ledger: Ledger, codes: list[str]) -> None:
    pulse = Pulse(ledger)
    for number, code in enumerate(codes):
        assert await pulse.answer(code, Reply((number % 5 + 1, 2, 0), f"Two\nlines {number}")) is None


def _pass(site: Site, days: int) -> None:
    """Open the survey as if it had been opened that many days ago: tests do not wait."""
    day = str((datetime.now(UTC) - timedelta(days=days)).date())

    async def work(ledger: Ledger) -> None:
        def change(connection: object) -> None:
            connection.execute("DROP TRIGGER pulse_stays_open_for_four_weeks")  # type: ignore[attr-defined]
            connection.execute("UPDATE pulse_surveys SET opened_on = ? WHERE closed_on = ''", (day,))  # type: ignore[attr-defined]

        await ledger.database.write(change)

    site.do(work)


def _code_of(told: str) -> str:
    return next(line.rpartition(" ")[2] for line in told.splitlines() if "works council's code" in line)


def test_a_survey_from_slips_to_results(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: slips alone are on standard output; the code comes from a person; results are sums, and texts by lot."""
    assert _run(site, "open", "--codes", "12", "--floor", "5") == 0
    told = capsys.readouterr()
    slips = told.out.split()
    assert len(slips) == 12
    code = _code_of(told.err)
    assert code not in told.out
    site.do(lambda ledger: _answered(ledger, slips[:6]))

    monkeypatch.setattr("sys.stdin", io.StringIO(code + "\n"))
    assert _run(site, "close") == 1
    assert "no code closes it before" in capsys.readouterr().err
    assert _run(site, "results") == 0
    assert "open since" in capsys.readouterr().out

    _pass(site, OPEN_AT_LEAST.days)
    monkeypatch.setattr("sys.stdin", io.StringIO("AAAA-AAAA-AAAA-AAAA-AAAA\n"))
    assert _run(site, "close") == 1
    assert "not the works council's code" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO(code.lower() + "\n"))
    assert _run(site, "close") == 0
    closed = capsys.readouterr().out
    assert "6 answers; 12 codes were handed out." in closed
    assert "  not at all      2" in closed
    assert "Fewer than 5 people answered this question" in closed
    assert "- Two\n  lines 3" in closed

    assert _run(site, "results") == 0
    assert capsys.readouterr().out.strip() == closed.strip()
    assert _run(site, "results", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["marks"] == [[2, 1, 1, 1, 1], [0, 6, 0, 0, 0], None]
    monkeypatch.setattr("sys.stdin", io.StringIO(code + "\n"))
    assert _run(site, "close") == 1
    assert "no survey is open" in capsys.readouterr().err
    assert main(["ledger", "verify", "--settings", site.file]) == 0


def test_the_council_may_keep_its_code_to_itself(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: with a key that the council made elsewhere, neither the service nor who runs it ever sees the code."""
    assert main(["pulse", "code"]) == 0
    lines = capsys.readouterr().out.splitlines()
    code, key = lines[0].split()[1], lines[1].split()[1]
    assert _run(site, "open", "--codes", "10", "--key", key) == 0
    told = capsys.readouterr()
    assert "code, which" not in told.err
    assert code not in told.out + told.err
    assert site.do(lambda ledger: Pulse(ledger).close(code)) is Refusal.TOO_EARLY
    assert _run(site, "open", "--codes", "10", "--key", key) == 1
    assert "open already" in capsys.readouterr().err


def test_what_cannot_be_opened_is_said(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: too few slips, too low a floor and no key end with a sentence and exit code 1; nothing is open."""
    for words in (["--codes", "9"], ["--codes", "9", "--floor", "4"], ["--codes", "10", "--key", "00" * 32]):
        assert _run(site, "open", *words) == 1
        assert capsys.readouterr().err.startswith("ouidire: ")
    assert _run(site, "results") == 0
    assert capsys.readouterr().out == "No survey that was closed is kept.\n"


def test_under_the_floor_nothing_is_told(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law: four answers are erased, and neither command nor JSON tells how many they were."""
    assert _run(site, "open", "--codes", "12", "--floor", "5") == 0
    told = capsys.readouterr()
    site.do(lambda ledger: _answered(ledger, told.out.split()[:4]))
    _pass(site, OPEN_AT_LEAST.days)
    monkeypatch.setattr("sys.stdin", io.StringIO(_code_of(told.err)))
    assert _run(site, "close") == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        "Fewer than 5 people answered. Nothing is shown, and the answers are erased."
    ]
    assert _run(site, "results", "--json") == 0
    assert json.loads(capsys.readouterr().out)[0]["answers"] is None
