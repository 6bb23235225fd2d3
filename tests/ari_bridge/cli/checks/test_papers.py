"""The start conditions, line by line."""

from datetime import date
from pathlib import Path

from ari_bridge.cli.checks.papers import beside_us, findings
from ari_bridge.run.settings import Settings
from dialplan.verify import Finding
from tests import papers

TODAY = date(2026, 11, 22)


def found(settings: Settings) -> dict[str, Finding]:
    """The findings by their subject."""
    return {one.subject: one for one in findings(settings, TODAY)}


def site(folder: Path, *, says: bool = False) -> Settings:
    """A site with its papers and that folder of the PBX."""
    return Settings.model_validate(
        {
            "profile": papers.PROFILE,
            "asking": papers.ASKING,
            "pbx": {"config_dir": folder},
            "notice": {"mentions_recording": says},
        }
    )


def test_each_paper_has_its_line(tmp_path: Path) -> None:
    """Law: doctor shows whose law holds and each document with its day, so that a person can compare it."""
    (tmp_path / "extensions.conf").write_text("[a]\nexten => s,1,NoOp()\n", encoding="utf-8")
    told = found(site(tmp_path))
    assert {"profile", "controller", "contact", "assessment", "council", "departure", "recorders"} == told.keys()
    assert all(one.ok for one in told.values())
    assert "2026-01-05, DEMO, not a real assessment" in told["assessment"].sentence
    assert "100 of 100 calls are asked" in told["profile"].sentence


def test_each_missing_paper_has_its_line(tmp_path: Path) -> None:
    """Law: what `serve` would refuse, doctor tells before, each by itself."""
    told = found(Settings.model_validate({"pbx": {"config_dir": tmp_path}}))
    assert {name for name, one in told.items() if not one.ok} == {
        "controller", "contact", "assessment", "council", "recorders",
    }  # fmt: skip
    assert "at most 20" in told["profile"].sentence


def test_an_old_paper_is_advice() -> None:
    """Law: a second look is due after three years; nothing is wrong yet."""
    old = Settings.model_validate({"profile": papers.PROFILE | {"council": papers.COUNCIL | {"date": "2020-02-02"}}})
    told = found(old)
    assert told["council"].ok
    assert told["advice"].ok
    assert "2020-02-02" in told["advice"].sentence


def test_recorders_are_told(tmp_path: Path) -> None:
    """Law: a recorder that the notice does not name is wrong, one that it names is fine; a closed folder is told."""
    assert not beside_us(site(tmp_path / "absent")).ok
    (tmp_path / "extensions.conf").write_text("[a]\nexten => s,1,MixMonitor(x.wav)\n", encoding="utf-8")
    assert "MixMonitor" in beside_us(site(tmp_path)).sentence
    assert not beside_us(site(tmp_path)).ok
    assert beside_us(site(tmp_path, says=True)).ok
