"""The lab's FreeSWITCH: found or said to be missing, and, where one is installed, running."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ari_bridge.pbx.errors import NotLetIn
from ari_bridge.pbx.freeswitch.access import EslAccess
from ari_bridge.pbx.freeswitch.esl_client import EslConnection
from tests.lab.errors import LabError
from tests.lab.freeswitch import NONE_INSTALLED, PREFIX, FreeSwitch, find_freeswitch, modules_of, open_freeswitch
from tests.lab.freeswitch_files import STAFF_PASSWORD, Modules
from tests.lab.phone import Login, Pacer, Phone
from tests.lab.ports import take_ports

needs_one = pytest.mark.skipif(find_freeswitch() is None, reason=NONE_INSTALLED)


def installed(prefix: Path, *modules: str) -> Path:
    """A program and modules that are files."""
    program, folder = prefix / "bin" / "freeswitch", prefix / "lib" / "freeswitch" / "mod"
    for path in (program.parent, folder):
        path.mkdir(parents=True, exist_ok=True)
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    for name in modules:
        (folder / f"{name}.so").touch()
    return program


def test_it_is_found_where_it_was_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: a named prefix counts alone: what is not there is not looked for elsewhere."""
    monkeypatch.setenv(PREFIX, str(tmp_path))
    assert find_freeswitch() is None
    program = installed(tmp_path)
    assert find_freeswitch() == program


def test_none_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: without one installed the answer is None."""
    monkeypatch.delenv(PREFIX, raising=False)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert find_freeswitch() is None


async def test_none_installed_is_told_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law: whoever opens one where none is hears what to do."""
    monkeypatch.setenv(PREFIX, str(tmp_path / "nowhere"))
    with pytest.raises(LabError, match=PREFIX):
        async with open_freeswitch(tmp_path):
            pass


def test_missing_modules_are_named(tmp_path: Path) -> None:
    """Law: an installation without what the lab needs is refused by name, before anything starts."""
    program = installed(tmp_path)
    with pytest.raises(LabError, match="mod_sofia"):
        modules_of(program)
    installed(tmp_path, "mod_sofia")
    with pytest.raises(LabError, match="mod_lua"):
        modules_of(program)


async def test_what_does_not_start_is_told_in_one_sentence(tmp_path: Path) -> None:
    """Law: a program that ends at once is noticed at once, and nothing of it stays."""
    program = installed(tmp_path, "mod_sofia")
    installed(tmp_path, *modules_missing(program))
    pbx = FreeSwitch(program, tmp_path / "pbx", take_ports())
    pbx.write()
    with pytest.raises(LabError, match="does not start"):
        await pbx.start()
    with pytest.raises(LabError, match="not running"):
        await pbx.api("status")
    assert pbx.esl_password not in repr(pbx)
    pbx.ports.release()


def modules_missing(program: Path) -> list[str]:
    """What `modules_of` would ask for."""
    return Modules(program.parent.parent / "lib" / "freeswitch" / "mod").missing


@pytest.fixture
async def pbx(tmp_path: Path) -> AsyncIterator[FreeSwitch]:
    """The real one."""
    async with open_freeswitch(tmp_path) as opened:
        yield opened


@needs_one
@pytest.mark.live
async def test_a_stranger_reaches_an_agent(pbx: FreeSwitch) -> None:
    """Law: a stranger's call rings at a registered agent and is answered, and who wants in needs the password."""
    with Pacer() as pacer:
        agent = await Phone.open(pacer, "1001", ("127.0.0.1", pbx.internal_port), login=Login("1001", STAFF_PASSWORD))
        stranger = await Phone.open(pacer, "0640000001", ("127.0.0.1", pbx.external_port), host="127.0.0.2")
        async with agent, stranger:
            await agent.register()
            agent.answer_by_itself(0.0)
            call = await stranger.dial("1001")
            await call.answered()
            esl = await EslConnection.open(EslAccess("127.0.0.1", pbx.esl_port, "", pbx.esl_password))
            while await pbx.channels() < 2:  # FreeSWITCH's own list comes after its events
                await asyncio.sleep(0.1)
            legs = json.loads(await esl.api("show", "channels", "as", "json"))["rows"]
            assert sorted(leg["direction"] for leg in legs) == ["inbound", "outbound"]
            await esl.close()
            await call.hang_up()
    with pytest.raises(NotLetIn):
        await EslConnection.open(EslAccess("127.0.0.1", pbx.esl_port, "", "wrong"))


@needs_one
@pytest.mark.live
async def test_files_are_taken_up(pbx: FreeSwitch) -> None:
    """Law: what a test puts into the folder counts after a reload, broken files are told, and a restart keeps all."""
    file = pbx.config_folder / "dialplan" / "more.xml"
    file.write_text('<include>\n<context name="more"/>\n</include>\n')
    await pbx.reload()
    assert "more" in await pbx.api("xml_locate dialplan context name more")
    before = pbx.pid
    await pbx.restart()
    assert pbx.pid != before
    assert "more" in await pbx.api("xml_locate dialplan context name more")
    file.write_text('<include>\n<context name="more">\n</include>\n')
    with pytest.raises(LabError, match="does not read"):
        await pbx.reload()
