"""`ouidire calls`: read-only, and nothing of the agent."""

import inspect
from pathlib import Path

import pytest

from analysis.emotion.score import Abstained, Estimate, Reason, ToneScore
from analysis.store.scores import Scores
from ari_bridge.cli.calls import read, table
from ari_bridge.cli.parser import main
from consent.database import Database
from consent.errors import DatabaseUnavailable
from consent.states import Answer, Why
from tests.conftest import Callers


async def told(callers: Callers, database: Database) -> None:
    """Three calls: one heard and ended, one refused, one withdrawn."""
    scores = Scores(database)
    grants = await callers.says_yes("call-1")
    for number, value in enumerate((0.2, 0.6)):
        score = ToneScore(4.0 * number, 4.0 * number + 4, Estimate(value, 0.1), Estimate(0.1, 0.1), "test-1")
        await scores.keep(grants.caller.admit(score))
    await scores.keep(grants.caller.admit(Abstained(8.0, 12.0, Reason.BOTH_SPEAK)))
    await callers.stops("call-1", Answer.EXPIRED)
    await callers.ledger.record(callers.entry("call-2", Answer.ASKED))
    await callers.ledger.record(callers.entry("call-2", Answer.REFUSED, Why.SILENCE))
    await callers.says_yes("call-3")
    await callers.stops("call-3")
    await callers.says_yes("call-4")


async def test_the_table_says_what_was_measured_and_what_was_not(callers: Callers, database: Database) -> None:
    """Law: newest first; scores as spans, abstentions by reason, and an answer for each call."""
    await told(callers, database)
    rows = read(database.path, 10)
    assert [row.consent for row in rows] == ["granted, in progress", "withdrawn", "refused", "granted"]
    heard = rows[-1].verdicts
    assert (heard.scores, heard.activation, heard.abstained) == (2, (0.2, 0.6), {"both_speak": 1})
    line = list(table(rows))[-1]
    assert "0.20 to 0.60" in line
    assert "1 both speak" in line


async def test_the_count_is_kept(callers: Callers, database: Database) -> None:
    """Law: no more rows than asked for, and those the newest."""
    await told(callers, database)
    assert [row.consent for row in read(database.path, 1)] == ["granted, in progress"]


async def test_nothing_of_the_agent_and_no_id_stands_in_the_table(callers: Callers, database: Database) -> None:
    """Law: the table cannot be joined with the PBX's own records, and shows nothing of staff beside a score."""
    await told(callers, database)
    text = "\n".join(table(read(database.path, 10)))
    assert "call-" not in text
    assert "agent" not in text
    assert "facts" not in inspect.getsource(read)


async def test_reading_changes_nothing(callers: Callers, database: Database) -> None:
    """Law: the table is read beside a running bridge without writing a byte."""
    await told(callers, database)
    before = database.path.read_bytes()
    read(database.path, 10)
    assert database.path.read_bytes() == before


def test_a_missing_or_foreign_file_is_a_sentence(tmp_path: Path) -> None:
    """Law: no file and no database of ours are told in words."""
    with pytest.raises(DatabaseUnavailable, match="there is no database"):
        read(tmp_path / "absent.sqlite", 1)
    (tmp_path / "foreign.sqlite").write_bytes(b"no database at all, only some bytes" * 40)
    with pytest.raises(DatabaseUnavailable, match="cannot be read"):
        read(tmp_path / "foreign.sqlite", 1)


def test_a_folder_of_somebody_else_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: who may not look into the service's folder is told so, not shown a traceback."""

    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refused)
    with pytest.raises(DatabaseUnavailable, match="cannot be read by this user"):
        read(tmp_path / "ouidire.sqlite", 10)


async def test_the_command_prints_the_table(
    callers: Callers, database: Database, settings_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: the command reads the database that the settings name."""
    assert database.path == settings_file.parent / "ouidire.sqlite"
    assert main(["calls", "--settings", str(settings_file)]) == 0
    assert capsys.readouterr().out == "No call has been asked yet.\n"
    await told(callers, database)
    assert main(["calls", "--settings", str(settings_file)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5
