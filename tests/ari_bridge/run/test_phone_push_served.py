"""The whole service and a phone that is reached by HTTP: from the settings to the screen, without a PBX."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import aiohttp
import pytest

from ari_bridge.calls.board import Board, CallView, Stage
from ari_bridge.run import supervisor
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from ari_bridge.run.supervisor import serve
from tests import papers
from tests.ari_bridge.run.test_supervisor import free_port, ready
from tests.ari_bridge.screens.web_phone import PASSWORD, USERNAME, Asks, WebPhone
from tests.ari_bridge.web.desk_phones import FACTS


def _settings(folder: Path, phone: str) -> Settings:
    secrets = folder / "secrets.toml"
    secrets.touch(mode=0o600)
    secrets.write_text('ari_password = "a"\nami_password = "b"\nphones_password = "c"\n')
    port = free_port()
    return Settings.model_validate(
        {
            "profile": papers.PROFILE,
            "asking": papers.ASKING,
            "pbx": {
                "ari_url": f"http://127.0.0.1:{free_port()}/ari",
                "ami_port": free_port(),
                "secrets_file": secrets,
                "config_dir": folder / "etc",
            },
            "database": {"path": folder / "ouidire.sqlite"},
            "keys": {"folder": papers.keys_folder(folder)},
            "media": {"say_folder": folder / "say"},
            "screens": {
                "port": port,
                "base_url": f"http://127.0.0.1:{port}",
                "families": {"1001": "snom"},
                "http": {"1001": {"address": phone, "username": USERNAME, "password_env": "PHONE_1001"}},
            },
            "metrics": {"port": free_port()},
        }
    )


async def _took(phone: WebPhone) -> str:
    async with asyncio.timeout(5):
        while not phone.taken:
            await asyncio.sleep(0.01)
    return unquote(phone.taken[-1].target.partition("url=")[2])


async def test_a_card_of_a_call_reaches_the_phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a phone that the settings name is told its call's address without any PBX, and reads its card there; the
    service answers for the push to that phone and to nobody who knows less.
    """
    board = Board()
    monkeypatch.setattr(supervisor, "Board", lambda _failed: board)
    monkeypatch.setenv("PHONE_1001", PASSWORD)
    async with WebPhone(Asks()) as phone, aiohttp.ClientSession() as http:
        settings = _settings(tmp_path, phone.origin)
        service = asyncio.create_task(serve(settings))
        await ready(settings)
        board.put(CallView("c1", Stage.ASKED, datetime.now(UTC), "en", ("1001",), None, FACTS))
        async with http.get(await _took(phone)) as card:
            assert card.status == 200
            assert "SnomIPPhoneText" in await card.text()
        said = []
        for password in (PASSWORD, "wrong"):
            query = {"UserID": USERNAME, "Password": password, "devicename": "SEP001122334455"}
            async with http.get(f"{settings.screens.base_url}/phone/authenticate", params=query) as answer:
                said.append(await answer.text())
        assert said == ["AUTHORIZED", "UN-AUTHORIZED"]
        service.cancel()
        with pytest.raises(asyncio.CancelledError):
            await service


async def test_without_the_password_the_service_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a variable that is not set is a sentence at the start, not a card that never comes."""
    monkeypatch.delenv("PHONE_1001", raising=False)
    with pytest.raises(SettingsError, match="PHONE_1001 is not set"):
        await serve(_settings(tmp_path, "http://127.0.0.1:1"))
