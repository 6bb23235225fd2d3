"""`ouidire agent`."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ari_bridge.cli.agent import table
from ari_bridge.cli.parser import main
from ari_bridge.run import settings as all_settings
from ari_bridge.run.records import open_ledger
from consent.staff import Agent

AGENT = Agent("1001", "2026-11-01", "ab" * 8, "2026-11-02", "2027-11-02", "", False)


@pytest.fixture
def site(settings_file: Path) -> Path:
    """Settings of a site whose service has run once."""

    async def run_once() -> None:
        settings = all_settings.load(settings_file)
        async with open_ledger(settings.database.path, settings.keys.folder):
            pass

    asyncio.run(run_once())
    return settings_file


def say(site: Path, *words: str) -> int:
    """One command."""
    return main(["agent", *words, "--settings", str(site)])


def test_an_agent_comes_and_goes(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the PIN is printed once and stands in no file; the list tells what is missing; who is removed is gone."""
    assert say(site, "add", "1001") == 0
    pin = re.search(r"is (\d{6})\.", capsys.readouterr().out)
    assert pin is not None
    assert say(site, "list") == 0
    listed = capsys.readouterr().out
    assert "1001" in listed
    assert "not acknowledged yet" in listed
    assert pin[1] not in listed
    files = [file for file in site.parent.rglob("*") if file.is_file()]
    assert not any(pin[1].encode() in file.read_bytes() for file in files if file.suffix != ".key")
    assert say(site, "reset", "1001") == 0
    assert re.search(r"is \d{6}\.", capsys.readouterr().out)
    assert say(site, "remove", "1001") == 0
    assert say(site, "list") == 0
    assert "no agent yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("add", "trunk"), "leads outside"),
        (("add", "a b"), "not the name"),
        (("reset", "1999"), "no agent"),
        (("remove", "1999"), "no agent"),
        (("receipt", "1999"), "acknowledged nothing"),
    ],
)
def test_what_cannot_be_is_a_sentence(
    site: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], sentence: str
) -> None:
    """Law: an endpoint outside, an odd name or nobody: exit 1 and why."""
    assert say(site, *words) == 1
    assert sentence in capsys.readouterr().err


def test_without_a_service_there_is_no_agent(settings_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: before the service ran there is no file: a sentence says so, and none is made."""
    assert say(settings_file, "list") == 1
    assert "ouidire serve" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("agent", "remark"),
    [
        (AGENT, "2027-11-02"),
        (replace(AGENT, notice_id="cd" * 8), "changed"),
        (replace(AGENT, until=""), "changed"),
        (replace(AGENT, notice_id="", since="", until=""), "not acknowledged yet"),
        (replace(AGENT, notice_id="", since="", until="", withdrawn_on="2026-11-03"), "taken back on 2026-11-03"),
        (replace(AGENT, is_locked=True), "locked"),
    ],
)
def test_the_list_says_why_a_leg_is_not_heard(agent: Agent, remark: str) -> None:
    """Law: the admin reads what is missing, by agent."""
    [_, line] = table([agent], frozenset({"ab" * 8}))
    assert line.startswith("1001")
    assert remark in line


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [("asterisk", "heard once the agent has acknowledged"), ("freeswitch", "heard once the agent has acknowledged")],
)
def test_what_a_pin_opens_is_told(site: Path, capsys: pytest.CaptureFixture[str], kind: str, sentence: str) -> None:
    """Law: as a PIN is made it is said that the line for staff comes first, on every PBX."""
    text = site.read_text(encoding="utf-8").replace("[pbx]", f'[pbx]\nkind = "{kind}"', 1)
    way = '[media]\ntransport = "websocket"\n' if kind == "freeswitch" else ""
    site.write_text(text + way, encoding="utf-8")
    assert say(site, "add", "1001") == 0
    assert sentence in capsys.readouterr().out
