"""`ouidire keys`: a lost key stops everything until a person decides, and the decision is public."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from ari_bridge.cli.parser import main
from consent.errors import KeysMissing
from consent.keys import FILES, KEYRING, read_keys
from consent.states import Answer
from tests.ari_bridge.cli.served import Site


@pytest.fixture
def site(settings_file: Path) -> Site:
    """A site with a call that is over."""
    made = Site(settings_file)
    made.call("call-1", Answer.GRANTED)
    return made


def _run(site: Site, *words: str) -> int:
    return main(["keys", *words, "--settings", site.file])


def test_the_keys_are_told_and_never_shown(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: how many there are and by whom checkpoints are signed; no secret is printed."""
    assert _run(site, "status") == 0
    told = capsys.readouterr().out
    assert "1 for numbers" in told
    for name in FILES:
        assert (site.keys / name).read_text().strip() not in told
    (site.keys / "lookup.key").chmod(0o644)
    assert _run(site, "status") == 1
    assert "chmod 600" in capsys.readouterr().err


def test_a_day_that_is_still_to_come_is_said(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: after a clock that was ahead once everything goes at once; the desk learns why."""
    site.do(lambda ledger: ledger.keyring.today(date(2106, 2, 7)))
    assert _run(site, "status") == 1
    assert "2106-02-07 was seen here once" in capsys.readouterr().out


def test_a_rotation_keeps_the_key_before(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: two generations, the newest first; it is public."""
    before = read_keys(site.keys).numbers
    assert _run(site, "rotate") == 0
    after = read_keys(site.keys).numbers
    assert (len(after), after[1:]) == (2, before)
    assert "ouidire install" in capsys.readouterr().out
    assert site.do(lambda ledger: ledger.last_note("keys.rotated")) is not None


@pytest.mark.parametrize("name", FILES)
def test_a_lost_key_stops_the_service_until_a_person_decides(
    site: Site, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Law: the ledger does not open, no command goes on, and no key is made in silence."""
    (site.keys / name).unlink()
    with pytest.raises(KeysMissing):
        site.do(lambda ledger: ledger.notes())
    assert _run(site, "status") == 1
    assert not (site.keys / name).exists()
    assert _run(site, "renew", "--decided-by", "IT and DPO") == 0
    assert name in capsys.readouterr().out
    note = site.do(lambda ledger: ledger.last_note("keys.renewed"))
    assert note is not None
    assert (note["decided_by"], note["made"]) == ("IT and DPO", [name])
    assert main(["ledger", "verify", "--settings", site.file]) == 0


def test_a_lost_keyring_opens_nothing_and_is_given_up_in_public(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: an empty keyring beside a file with records yields nothing; given up, the chain still verifies."""
    for file in site.keys.glob(f"{KEYRING}*"):
        file.unlink()
    with pytest.raises(KeysMissing, match="keys renew"):
        site.do(lambda ledger: ledger.notes())
    assert _run(site, "renew", "--decided-by", "IT and DPO") == 0
    assert "4 records about persons" in capsys.readouterr().out
    assert site.do(lambda ledger: ledger.open_calls()) == frozenset()
    assert main(["ledger", "verify", "--settings", site.file]) == 0


def test_an_older_keyring_is_taken_for_lost(site: Site, tmp_path: Path) -> None:
    """Law: a keyring of last week does not pass for the newest."""
    old = tmp_path / "old"
    shutil.copytree(site.keys, old)
    site.call("call-2", Answer.GRANTED)
    shutil.rmtree(site.keys)
    shutil.copytree(old, site.keys)
    with pytest.raises(KeysMissing):
        site.do(lambda ledger: ledger.notes())
    assert _run(site, "renew", "--decided-by", "IT") == 0
    assert main(["ledger", "verify", "--settings", site.file]) == 0


def test_what_is_not_lost_is_not_renewed(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    """Law: the command does no harm where nothing is wrong, and nobody decides by default."""
    assert _run(site, "renew", "--decided-by", "IT") == 0
    assert "No key is lost" in capsys.readouterr().out
    assert site.do(lambda ledger: ledger.last_note("keys.renewed")) is None
    assert _run(site, "renew") == 2
