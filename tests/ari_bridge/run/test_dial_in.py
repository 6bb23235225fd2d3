"""The lines as the service builds them, with a real ledger and no PBX."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ari_bridge.pbx.port import Line, LineEntered, ReferenceSaid
from ari_bridge.run import settings as all_settings
from ari_bridge.run.dial_in import DialIn, open_dial_in
from ari_bridge.run.notices import notices, staff_notices
from ari_bridge.run.pbx_choice import ChosenPbx
from ari_bridge.run.persons import keep_change
from ari_bridge.run.records import open_ledger
from ari_bridge.run.settings import Settings
from consent.entry import Entry
from consent.ledger import Ledger
from consent.parties import Party
from consent.states import Answer, Why
from tests import papers
from tests.ari_bridge.pbx.asterisk.conftest import until
from tests.fakes.pbx import FakePbx


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A site with its papers."""
    file = tmp_path / "ouidire.toml"
    folder = tmp_path / "say"
    text = f'[database]\npath = "{tmp_path / "ouidire.sqlite"}"\n{papers.as_toml(tmp_path)}'
    file.write_text(text if "say_folder" in text else f'{text}\n[media]\nsay_folder = "{folder}"\n', encoding="utf-8")
    return all_settings.load(file)


@pytest.fixture
async def ledger(settings: Settings) -> AsyncIterator[Ledger]:
    """The site's own."""
    async with open_ledger(settings.database.path, settings.keys.folder) as opened:
        await opened.announce(notices(settings))
        yield opened


async def built(settings: Settings, ledger: Ledger, pbx: FakePbx) -> DialIn:
    """The lines."""

    async def obey() -> None:
        """There is no call."""

    return await open_dial_in(settings, ledger, ChosenPbx(pbx, pbx, pbx), obey)


async def test_a_reference_is_minted_said_and_deleted(settings: Settings, ledger: Ledger) -> None:
    """Law: after a real yes the PBX gets a file of the site's folder, which is gone once it was said."""
    notice = notices(settings)[0]
    for answer, why in ((Answer.ASKED, Why.NOTICE), (Answer.GRANTED, Why.KEY)):
        told = (notice.notice_id, notice.language, "event")
        await ledger.record(Entry(datetime.now(UTC), answer, why, "1.1", Party.CALLER, *told))
    pbx = FakePbx()
    dial_in = await built(settings, ledger, pbx)
    await dial_in.announcer.announce("1.1", notice.language)
    [(call_id, stem)] = pbx.said
    assert call_id == "1.1"
    assert Path(f"{stem}.wav").parent == settings.media.say_folder
    assert dial_in.take(ReferenceSaid("1.1"))
    assert not await asyncio.to_thread(Path(f"{stem}.wav").exists)
    await dial_in.close()


async def test_the_site_tells_staff_its_days(settings: Settings, ledger: Ledger) -> None:
    """Law: assessment, council and the last change of settings are said to any agent who asks."""
    await keep_change(ledger, settings, ())
    dial_in = await built(settings, ledger, FakePbx())
    days = await dial_in.lines._staff.site_facts()
    assert days["change"] == datetime.now(UTC).date()
    assert settings.profile.council is not None
    assert days["council"] == settings.profile.council.date
    assert all(isinstance(day, date) for day in days.values())
    await dial_in.close()


async def test_both_lines_answer(settings: Settings, ledger: Ledger) -> None:
    """Law: staff hear the question for their PIN, callers the menu; in the file stands what staff can be told."""
    pbx = FakePbx()
    dial_in = await built(settings, ledger, pbx)
    assert dial_in.take(LineEntered("1.1", Line.RIGHTS, "0612", "trunk", "en"))
    assert dial_in.take(LineEntered("1.2", Line.STAFF, "", "1001", "en"))
    await until(lambda: len(pbx.played) == 2)
    assert {prompts for _, prompts in pbx.played} == {("rights_menu",), ("staff_pin",)}
    await dial_in.close()
    assert sorted(pbx.hung_up) == ["1.1", "1.2"]
    for notice in staff_notices(settings):
        await ledger.acknowledge("1001", notice.notice_id, datetime.now(UTC))  # it was announced
    await asyncio.sleep(0)
