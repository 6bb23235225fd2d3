"""`ouidire figures`: groups, weeks, and nobody."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.emotion.drift import week_of
from analysis.store.group_row import Grouping, GroupWeek, Mean
from ari_bridge.cli.figures import band, table
from ari_bridge.cli.parser import main
from ari_bridge.run.settings import load
from tests.ari_bridge.cli.served import Site
from tests.fakes.groups import SALES, SUPPORT, TENSE, fill, groups_of

GROUPS = f"""
[figures]
groups = {{ sales = {json.dumps(SALES)}, support = {json.dumps(SUPPORT)} }}
"""


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


def told(file: str, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command prints."""
    capsys.readouterr()
    assert main(["figures", "--settings", file, *options]) == 0
    return capsys.readouterr().out


@pytest.fixture
def site(settings_file: Path) -> Site:
    """A site that was served once."""
    return Site(settings_file)


def test_a_week_has_its_shares_beside_it(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a line a week and group: calls, yes, abstentions and contests beside each figure, each in steps."""
    site.do(lambda ledger: fill(ledger.database))
    title, sales, support, _, legend = told(site.file, capsys).splitlines()
    assert " ".join(title.split()) == "week (UTC) group calls yes not judged contested activation anger"
    assert " ".join(sales.split()[1:]) == "sales 100 80-85 % under 5 % under 5 % 25 ±5 5 ±5"
    assert support.split()[1:3] == ["support", "100"]
    assert "5 percent" in legend


def test_groups_stand_in_the_order_of_their_names(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: by week and by name, whatever the figures are: no order says who is better."""
    site.do(lambda ledger: fill(ledger.database, weeks=2, sales=TENSE))
    assert [line.split()[1] for line in told(site.file, capsys).splitlines()[1:5]] == ["sales", "support"] * 2


def test_a_machine_gets_the_same(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the JSON has the file's fields and nothing finer."""
    site.do(lambda ledger: fill(ledger.database))
    rows = json.loads(told(site.file, capsys, "--json"))
    assert rows[0].keys() == ({one.name for one in fields(GroupWeek)} - {"name"}) | {"group"}
    assert rows[0]["yes"] == [80, 85]
    assert rows[0]["activation"] == {"value": 25, "error": 5}


def test_no_groups_is_a_sentence(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: nothing to tell is told, with what it would need."""
    assert "figures.groups" in told(site.file, capsys)
    Path(site.file).write_text(Path(site.file).read_text() + GROUPS)
    assert "50 calls and 10 agents" in told(site.file, capsys)


def test_groups_that_wait_are_said(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: who changed the groups is told from when on they are counted, and why not at once."""
    text = Path(site.file).read_text()
    Path(site.file).write_text(text + GROUPS)
    settings = load(Path(site.file))
    other = Grouping({"sales": frozenset(SALES)})
    for grouping in (other, settings.figures.as_grouping()):
        site.do(lambda ledger, one=grouping: groups_of(ledger.database, now, one).open())  # type: ignore[misc]
    assert f"from {week_of(now() + timedelta(weeks=4))} on" in told(site.file, capsys)
    Path(site.file).write_text(text)
    assert "weeks at least" not in told(site.file, capsys)


def test_a_lost_file_is_a_sentence(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: a file that is not there is said, and none is made."""
    assert main(["figures", "--settings", str(settings_file)]) == 1
    assert "unable to open" in capsys.readouterr().err


def test_reading_changes_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: it is read beside a running bridge without writing a byte."""
    site.do(lambda ledger: fill(ledger.database))
    before = site.database.read_bytes()
    told(site.file, capsys)
    assert site.database.read_bytes() == before


@pytest.mark.parametrize(("share", "words"), [(0, "under 5 %"), (5, "5-10 %"), (95, "over 95 %")])
def test_bands_have_no_zero(share: int, words: str) -> None:
    """Law: none and all are not told apart from few and nearly all."""
    assert band(share) == words


def test_what_is_too_few_for_a_mean_is_said() -> None:
    """Law: a mean that may not be told is no blank and no zero."""
    row = GroupWeek("2026-W10", "sales", "m", 60, 80, 90, 0, None, Mean(5, 5))
    assert "too few" in list(table([row]))[1]
