"""The watch over the weeks: it warns, and it changes nothing."""

from __future__ import annotations

import ast
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from structlog.testing import capture_logs

from analysis.emotion.drift import Outcome, Reference
from analysis.emotion.model_files import PACKAGED
from analysis.emotion.onnx_model import OnnxToneModel
from analysis.store.weeks import Weeks
from ari_bridge.run.drift_watch import DriftWatch, drifts_beside, served
from ari_bridge.run.settings import Settings, load
from consent.database import Database
from consent.errors import DatabaseUnavailable
from tests.fakes.sums import CALM, TENSE, Clock, live, votes
from tests.house.places import ROOT, sources
from tests.papers import as_toml

SHARES = (0.4, 0.3, 0.2, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
CARD = Reference(SHARES, SHARES, 0.1)


def warnings(logged: list[Any]) -> list[tuple[str, str]]:
    """Week, and what it is compared with, of each warning."""
    return [(line["week"], line["against"]) for line in logged if line["event"] == "model.drifted"]


async def test_a_shifted_week_is_warned_of_once(database: Database) -> None:
    """Law: a warning in the week after, once, with its figures; then silence until the next week is over."""
    clock = Clock()
    weeks = Weeks(database, "m", 30, clock)
    watch = DriftWatch(weeks, None, clock)
    with capture_logs() as logged:
        await live(weeks, clock, *[CALM] * 5)
        await watch.look()
    assert warnings(logged) == []
    assert watch.newest is not None
    assert watch.newest.outcome is Outcome.STEADY
    with capture_logs() as logged:
        await live(weeks, clock, TENSE)
        for _ in range(3):
            await watch.look()
    assert warnings(logged) == [("2026-W15", "first weeks")]
    (line,) = [one for one in logged if one["event"] == "model.drifted"]
    assert line["log_level"] == "warning"
    assert set(line["psi"]) == {"activation", "anger"}
    assert set(line) == {"event", "log_level", "week", "against", "calls", "psi"}


async def test_a_difference_from_the_card_is_warned_of_by_its_own_name(database: Database) -> None:
    """Law: callers who never were as the card's actors are told as that, from the first week, and not as a drift."""
    clock = Clock()
    weeks = Weeks(database, "m", 30, clock)
    watch = DriftWatch(weeks, CARD, clock)
    with capture_logs() as logged:
        for _ in range(6):
            await live(weeks, clock, TENSE)
            await watch.look()
    assert {against for _, against in warnings(logged)} == {"card"}
    assert len(warnings(logged)) == 6


async def test_it_folds_what_waits(database: Database) -> None:
    """Law: what came together since the last look is in the file after it."""
    clock = Clock()
    weeks = Weeks(database, "m", 30, clock)
    watch = DriftWatch(weeks, None, clock)
    await watch.look()
    assert watch.newest is None
    for vote in votes(CALM):
        weeks.count(vote)
    await watch.look()
    clock.later()
    assert [week.calls for week in await weeks.over()] == [200]


async def test_a_locked_file_is_looked_at_again(database: Database) -> None:
    """Law: a week is not passed over because the file was locked when it ended."""
    clock = Clock()
    weeks = Weeks(database, "m", 30, clock)
    watch = DriftWatch(weeks, None, clock)
    await live(weeks, clock, *[CALM] * 4, TENSE)
    with closing(sqlite3.connect(database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable):
            await watch.look()
        other.execute("ROLLBACK")
    with capture_logs() as logged:
        await watch.look()
    assert len(warnings(logged)) == 1


async def test_sums_that_were_tampered_with_are_said_and_end_nothing(database: Database) -> None:
    """Law: a week that cannot be read is an error in the log, once a week, and no reason to end the service."""
    clock = Clock()
    weeks = Weeks(database, "m", 30, clock)
    watch = DriftWatch(weeks, None, clock)
    await live(weeks, clock, CALM)
    await database.write(lambda c: c.execute("UPDATE weeks SET calls = 1000, anger = '[a,,,,,,,,,]'"))
    with capture_logs() as logged:
        await watch.look()
        await watch.look()
    assert [line["event"] for line in logged] == ["model.not_watched"]
    assert watch.newest is None


def outputs(model: OnnxToneModel) -> list[object]:
    """What the shipped model makes of ten windows."""
    lots = np.random.default_rng(7)
    return [model.read((lots.standard_normal(32_000) * 0.1).astype(np.float32)) for _ in range(10)]


def digests(folder: Path) -> dict[str, str]:
    """The sha256 of each file in a folder."""
    return {one.name: sha256(one.read_bytes()).hexdigest() for one in folder.iterdir() if one.is_file()}


async def test_after_a_shifted_year_the_model_says_what_it_said(database: Database) -> None:
    """Law: never a silent change: a year of shifted weeks, each of them seen and warned of, changes no output of the
    model that runs, none of one that is loaded anew, and no byte of its files.
    """
    model = OnnxToneModel()
    before, files = outputs(model), digests(PACKAGED)
    clock = Clock()
    weeks = Weeks(database, model.model_id, 30, clock)
    watch = DriftWatch(weeks, CARD, clock)
    with capture_logs() as logged:
        for week in range(52):
            await live(weeks, clock, CALM if week < 4 else TENSE)
            await watch.look()
    assert len([one for one in warnings(logged) if one[1] == "first weeks"]) == 48
    assert watch.newest is not None
    assert watch.newest.outcome is Outcome.SHIFTED
    assert outputs(model) == before
    assert outputs(OnnxToneModel()) == before
    assert digests(PACKAGED) == files


def test_nobody_who_judges_knows_of_the_weeks() -> None:
    """Law: what was found reaches those who tell it and nobody else: no part that judges imports it. (Training makes
    the card's reference, in the same bins.)
    """
    wanted = {"analysis.emotion.drift", "analysis.store.weeks", "ari_bridge.run.drift_watch"}
    importers = {
        str(file)
        for file in sources()
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module in wanted
    }
    assert importers == {
        "analysis/emotion/training/reference.py",
        "analysis/store/group_row.py",
        "analysis/store/groups.py",
        "analysis/store/weeks.py",
        "ari_bridge/calls/rooms.py",
        "ari_bridge/cli/checks/site.py",
        "ari_bridge/cli/models/drift.py",
        "ari_bridge/run/drift_watch.py",
        "ari_bridge/run/group_watch.py",
        "ari_bridge/run/metrics.py",
        "ari_bridge/run/supervisor.py",
    }


def settings_in(folder: Path) -> Settings:
    """Settings whose database lies in a folder."""
    file = folder / "ouidire.toml"
    file.write_text(
        f'{as_toml(folder)}\n[database]\npath = "{folder / "ouidire.sqlite"}"\n'
        f'[analysis]\nmodel_folder = "{folder / "model"}"\n',
        encoding="utf-8",
    )
    return load(file)


async def test_the_weeks_are_read_beside_the_service(database: Database, tmp_path: Path) -> None:
    """Law: while the service has the file open anybody who may read it sees the same weeks; of this model alone."""
    clock = Clock()
    (tmp_path / "model").mkdir()
    card = '{"model_id": "m", "reference": {"activation": [%s], "anger": [%s], "abstained": 0.1}}'
    tenths = ", ".join(["0.1"] * 10)
    (tmp_path / "model" / "models.json").write_text(card % (tenths, tenths), encoding="utf-8")
    for model_id in ("m", "other"):
        await live(Weeks(database, model_id, 30, clock), clock, CALM)
    settings = settings_in(tmp_path)
    assert served(settings) == ("m", Reference((0.1,) * 10, (0.1,) * 10, 0.1))
    found = drifts_beside(settings, clock())
    assert [one.alone.name for one in found] == ["2026-W10"]
    assert found[0].from_card


def test_files_that_are_not_there_are_no_weeks(tmp_path: Path) -> None:
    """Law: no file is an error that says so; a file of before the weeks, and a model without a card, are no weeks."""
    settings = settings_in(tmp_path)
    assert served(settings) == ("", None)
    with pytest.raises(DatabaseUnavailable):
        drifts_beside(settings, Clock()())
    with closing(sqlite3.connect(tmp_path / "ouidire.sqlite")) as older:
        older.execute("CREATE TABLE scores (score_id INTEGER)")
    assert drifts_beside(settings, Clock()()) == []
