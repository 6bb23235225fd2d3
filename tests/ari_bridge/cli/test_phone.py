"""`ouidire phone`."""

import io
import xml.etree.ElementTree as ElementTree
from hashlib import sha256
from pathlib import Path

import pytest
from PIL import Image

from ari_bridge.cli.parser import main
from ari_bridge.cli.phone import previews
from ari_bridge.cli.phones.drawing import DIGEST
from ari_bridge.cli.phones.samples import TENSE, samples
from ari_bridge.run.settings import load
from ari_bridge.screens.families import FAMILIES
from ari_bridge.web.standing import digest
from tests.house.places import ROOT

DOCUMENT = ROOT / "docs" / "phones.md"


def test_a_preview_is_a_document_and_its_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: what is written is what a phone would fetch and be pushed, and a picture drawn from it; all are named."""
    assert main(["phone", "preview", "yealink", "--language", "fr", "--out", str(tmp_path / "new")]) == 0
    names = [f"yealink_{TENSE}_fr{end}" for end in (".xml", "_notify.txt", ".png")]
    assert capsys.readouterr().out.split() == [str(tmp_path / "new" / name) for name in names]
    body = (tmp_path / "new" / names[0]).read_bytes()
    assert "Accord : donné." in (ElementTree.fromstring(body).findtext("Text") or "")
    assert Image.open(tmp_path / "new" / names[2]).info[DIGEST] == sha256(body).hexdigest()


def test_all_is_every_family(tmp_path: Path) -> None:
    """Law: one command draws every family, those that only pull without a push."""
    assert main(["phone", "preview", "all", "--card", "ended", "--out", str(tmp_path)]) == 0
    assert {file.name.split("_")[0] for file in tmp_path.glob("*.png")} == set(FAMILIES)
    assert {file.name.split("_")[0] for file in tmp_path.glob("*_notify.txt")} == {
        name for name, family in FAMILIES.items() if family.notify is not None
    }


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: no traceback, but a sentence."""
    (tmp_path / "file").write_text("")
    assert main(["phone", "preview", "cisco", "--out", str(tmp_path / "file")]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_a_family_we_do_not_know_is_a_wrong_command_line() -> None:
    """Law: usage errors are told apart from problems."""
    with pytest.raises(SystemExit) as ended:
        main(["phone", "preview", "abacus"])
    assert ended.value.code == 2


@pytest.mark.parametrize("family", FAMILIES)
def test_the_pictures_in_the_docs_are_those_of_today(family: str) -> None:
    """Law: docs/phones.md shows each family by a picture that a command drew from the very document of today."""
    picture = ROOT / "docs" / "phones" / f"{family}_{TENSE}_en.png"
    assert f"(phones/{picture.name})" in DOCUMENT.read_text(encoding="utf-8")
    files = dict(previews(FAMILIES[family], f"{family}_{TENSE}_en", samples("en")[TENSE]))
    drawn, today = (Image.open(io.BytesIO(data)) for data in (picture.read_bytes(), files[picture.name]))
    assert drawn.size == today.size
    assert (picture.with_suffix(".xml")).read_bytes() == files[f"{picture.stem}.xml"]
    assert drawn.info[DIGEST] == today.info[DIGEST], "run: ouidire phone preview all --out docs/phones"


def test_a_family_is_told_by_the_user_agent(capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the answer is a word for the settings, or none and why."""
    assert main(["phone", "detect", "Yealink SIP-T46S 66.86.0.15"]) == 0
    assert capsys.readouterr().out == "yealink\n"
    assert main(["phone", "detect", "Zoiper v2.10.20"]) == 0
    assert capsys.readouterr().out.startswith("none: ")


def test_an_address_is_printed_once_with_the_setting_that_opens_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: the settings get the digest of what the phone gets, and a phone without a family gets nothing."""
    file = tmp_path / "ouidire.toml"
    file.write_text('[screens]\nfamilies = { 1003 = "grandstream" }\n', encoding="utf-8")
    assert main(["phone", "address", "1003", "--settings", str(file)]) == 0
    address, _, line = capsys.readouterr().out.splitlines()
    secret = address.removeprefix("http://127.0.0.1:8480/p/g/")
    assert line == f'addresses = {{ "1003" = "{digest(secret)}" }}'
    file.write_text(f'[screens]\nfamilies = {{ 1003 = "grandstream" }}\n{line}\n', encoding="utf-8")
    assert load(file).screens.addresses == {"1003": digest(secret)}
    assert main(["phone", "address", "1004", "--settings", str(file)]) == 1
    assert "1004 has no screen" in capsys.readouterr().err
