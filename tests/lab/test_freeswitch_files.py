"""Laws of the lab's FreeSWITCH configuration that need no running one."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.lab.freeswitch_files import CONSENT_STEP, STAFF, Modules, render
from tests.lab.ports import PortBlock, take_ports


@pytest.fixture
def ports() -> Iterator[PortBlock]:
    block = take_ports()
    yield block
    block.release()


@pytest.fixture
def modules(tmp_path: Path) -> Modules:
    """All that the lab needs, and one of what it likes."""
    made = Modules(tmp_path)
    for name in (*made.missing, "mod_audio_stream"):
        (tmp_path / f"{name}.so").touch()
    return made


def test_each_file_is_xml_of_one_element(ports: PortBlock, modules: Modules) -> None:
    """Law: every file is well-formed by itself, so that whatever edits one can read it."""
    for name, text in render(ports, "secret", modules, Path("/log")).items():
        assert name.endswith(".xml")
        ElementTree.fromstring(text)


def test_what_the_preprocessor_reads_stands_alone_on_its_line(ports: PortBlock, modules: Modules) -> None:
    """Law: FreeSWITCH drops the rest of a line that includes, so nothing else is on it."""
    for text in render(ports, "secret", modules, Path("/log")).values():
        for line in text.splitlines():
            if "<include>" in line or "</include>" in line:
                assert line.strip() in ("<include>", "</include>")
            if "X-PRE-PROCESS" in line:
                assert line.strip().startswith("<X-PRE-PROCESS")
                assert line.strip().endswith("/>")


def test_nothing_listens_but_on_loopback(ports: PortBlock, modules: Modules) -> None:
    """Law: every address is 127.0.0.1, and every port is of this lab's block."""
    files = render(ports, "secret", modules, Path("/log"))
    for name in ("sofia", "event_socket"):
        tree = ElementTree.fromstring(files[f"autoload_configs/{name}.conf.xml"])
        for one in tree.iter("param"):
            if (one.get("name") or "").endswith("-ip"):
                assert one.get("value") == "127.0.0.1"
            if (one.get("name") or "").endswith("-port"):
                assert int(one.get("value") or 0) in range(ports.base, ports.base + 2000)


def test_only_what_is_there_is_loaded(ports: PortBlock, modules: Modules) -> None:
    """Law: a module that this FreeSWITCH lacks is not asked for, one that the lab needs is told as missing."""
    loaded = render(ports, "secret", modules, Path("/log"))["autoload_configs/modules.conf.xml"]
    assert "mod_audio_stream" in loaded
    assert "mod_callcenter" not in loaded
    assert modules.missing == []
    (modules.folder / "mod_lua.so").unlink()
    assert modules.missing == ["mod_lua"]


def test_staff_has_passwords_and_strangers_are_asked(ports: PortBlock, modules: Modules) -> None:
    """Law: each of staff is a user of the directory with a password, a stranger's call first runs the consent step."""
    files = render(ports, "secret", modules, Path("/log"))
    users = ElementTree.fromstring(files["directory/default.xml"]).iter("user")
    assert [one.get("id") for one in users] == [str(number) for number in STAFF]
    for extension in ElementTree.fromstring(files["dialplan/public.xml"]).iter("extension"):
        if extension.get("name") == "rights":
            continue  # who dials it speaks with the bridge, and is no caller
        first = next(one for one in extension.iter("action") if one.get("application") != "set")
        assert (first.get("application"), first.get("data")) == ("execute_extension", CONSENT_STEP)
