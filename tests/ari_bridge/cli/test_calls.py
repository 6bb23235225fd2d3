"""`ouidire calls`: totals of days, read-only, and nothing that could be joined with the PBX's own records."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from consent.states import Answer
from tests.ari_bridge.cli.served import Site


@pytest.fixture
def site(settings_file: Path) -> Site:
    """A site that was served once."""
    return Site(settings_file)


def _told(site: Site, capsys: pytest.CaptureFixture[str]) -> list[str]:
    capsys.readouterr()
    assert main(["calls", "--settings", site.file]) == 0
    return capsys.readouterr().out.splitlines()


def test_a_day_is_told_as_totals(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: calls and answers of a whole day, and nothing of what was measured: one agent may have had all."""
    for number in range(4):
        site.call(f"call-{number}", Answer.GRANTED)
    site.call("call-4", Answer.REFUSED)
    site.call("call-5", Answer.GRANTED, is_over=False)
    in_progress, _, day = _told(site, capsys)
    assert in_progress == "in progress: 1 granted"
    today = datetime.now(UTC).date().isoformat()
    assert re.split(r"  +", day) == [today, "5", "4", "1", "0"]


def test_whose_stop_it_was_is_not_told(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a caller's and an agent's stop are one figure: on a day with one agent it would tell of an objection."""
    days = []
    for number, stop in enumerate((Answer.WITHDRAWN, *[Answer.OBJECTED] * 4)):
        site.call(f"call-{number}", Answer.GRANTED, stop)
    days.append(_told(site, capsys)[-1])
    assert [re.split(r"  +", day)[1:] for day in days] == [["5", "5", "0", "5"]]
    site.call("call-9", Answer.GRANTED, Answer.OBJECTED, is_over=False)
    assert _told(site, capsys)[0] == "in progress: 1 stopped"


def test_a_day_with_few_calls_is_not_broken_down(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: below five calls a total would be a person's answer."""
    for number in range(4):
        site.call(f"call-{number}", Answer.GRANTED)
    *_, day = _told(site, capsys)
    assert re.split(r"  +", day)[1:] == ["fewer than 5", *["-"] * 3]


def test_no_call_and_no_moment_is_in_it(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: no id, no time of day, no agent."""
    for number in range(6):
        site.call(f"1766{number}.77", Answer.GRANTED)
    text = "\n".join(_told(site, capsys))
    assert ".77" not in text
    assert not re.search(r"\d\d:\d\d", text)
    assert "agent" not in text


def test_reading_changes_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the table is read beside a running bridge without writing a byte."""
    site.call("call-1", Answer.GRANTED)
    before = site.database.read_bytes()
    _told(site, capsys)
    assert site.database.read_bytes() == before


def test_nothing_yet_is_a_sentence(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: an empty site is told in words."""
    assert _told(site, capsys) == ["in progress: none", "No call of these days is over."]


def test_a_foreign_file_is_a_sentence(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: no database of ours, and a folder of somebody else, are told in words."""
    site.database.write_bytes(b"no database at all, only some bytes" * 40)
    assert main(["calls", "--settings", site.file]) == 1
    assert "not a database" in capsys.readouterr().err

    def refused(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "is_file", refused)
    assert main(["calls", "--settings", site.file]) == 1
    assert "cannot be read by this user" in capsys.readouterr().err
