"""Start conditions: no document, no call; no recorder that the notice does not name."""

from datetime import date
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ari_bridge.run.conditions import due, require, unmet, unread, unsaid
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from tests import papers

TODAY = date(2026, 11, 22)


def site(folder: Path = Path("/nonexistent"), *, says: bool = False, **changed: object) -> Settings:
    """Settings of a site that meets every condition, with these values of [profile] changed; None takes one out."""
    profile = {key: value for key, value in (papers.PROFILE | changed).items() if value is not None}
    quota = {} if profile["name"] == "custom" and "departure" in profile else {"quota_percent": 5}
    return Settings.model_validate(
        {"profile": profile, "asking": quota, "pbx": {"config_dir": folder}, "notice": {"mentions_recording": says}}
    )


def test_a_site_with_its_papers_may_start() -> None:
    """Law: dated documents with digests, somebody responsible, somebody to turn to: then calls may be analysed."""
    assert unmet(site(), TODAY) == ()
    require(site(), TODAY)


@pytest.mark.parametrize("name", ["eu", "fr", "custom"])
@pytest.mark.parametrize(
    ("lacking", "source", "what_to_do"),
    [
        ("assessment", "GDPR, Article 35", "sha256sum FILE"),
        ("council", "L2312-38", "sha256sum FILE"),
        ("controller", "GDPR, Article 13", "name it"),
        ("contact", "GDPR, Article 13", "name it"),
    ],
)
def test_nothing_starts_without(name: str, lacking: str, source: str, what_to_do: str) -> None:
    """Law: in the Union each condition that is not met is told, with the rule and with what to do."""
    (reason,) = unmet(site(name=name, departure=None, **{lacking: None}), TODAY)
    assert reason.startswith(f"profile.{lacking} is missing")
    assert source in reason or (name == "eu" and "2002/14/EC" in reason)
    assert what_to_do in reason


def test_settings_that_say_nothing_do_not_start() -> None:
    """Law: without any settings no call is analysed: the default profile has conditions, and none is met."""
    assert len(unmet(Settings(), TODAY)) == 4
    with pytest.raises(SettingsError, match=r"profile\.assessment"):
        require(Settings(), TODAY)


@pytest.mark.parametrize("name", ["us-all-party", "us-one-party"])
def test_elsewhere_no_paper_is_asked_for(name: str) -> None:
    """Law: where no law asks for a document none is needed to start; who answers, and the caller's key, everywhere."""
    nothing = {"assessment": None, "council": None, "departure": None}
    assert unmet(site(name=name, **nothing), TODAY) == ()
    reasons = unmet(site(name=name, **nothing, controller=None, contact=None), TODAY)
    assert [reason.partition(" is missing")[0] for reason in reasons] == ["profile.controller", "profile.contact"]


@pytest.mark.parametrize("paper", ["assessment", "council"])
@pytest.mark.parametrize("day", ["2026-11-23", "2027-01-01"])
def test_a_document_of_tomorrow_is_none(paper: str, day: str) -> None:
    """Law: what will be signed one day is not signed."""
    (reason,) = unmet(site(**{paper: papers.ASSESSMENT | {"date": day}}), TODAY)
    assert f"profile.{paper} is dated {day}" in reason


@pytest.mark.parametrize(
    "digest", ["0" * 64, "f" * 64, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]
)
def test_a_made_up_digest_is_none(digest: str) -> None:
    """Law: a digest of nothing stands for nothing."""
    (reason,) = unmet(site(assessment=papers.ASSESSMENT | {"sha256": digest}), TODAY)
    assert "no digest" in reason


def test_a_decision_of_tomorrow_does_not_hold() -> None:
    """Law: who departs from the profile decided so before."""
    (reason,) = unmet(site(departure=papers.DEPARTURE | {"date": "2027-01-01"}), TODAY)
    assert "profile.departure" in reason


def test_an_old_assessment_is_looked_at_again() -> None:
    """Law: three years later a second look is due; that is advice, and stops nothing."""
    old = site(assessment=papers.ASSESSMENT | {"date": "2023-11-01"})
    assert unmet(old, TODAY) == ()
    (advice,) = due(old, TODAY)
    assert "2023-11-01" in advice
    assert due(site(), TODAY) == ()


def pbx(folder: Path, application: str) -> Path:
    """A PBX whose dialplan uses one application."""
    (folder / "extensions.conf").write_text(f"[a]\nexten => s,1,{application}\n", encoding="utf-8")
    return folder


def test_a_recorder_that_the_notice_hides_stops_the_start(tmp_path: Path) -> None:
    """Law: where the PBX records by itself the notice says so, or nothing starts: else a no would be a lie."""
    settings = site(pbx(tmp_path, "MixMonitor(x.wav)"))
    (reason,) = unsaid(settings)
    assert f"{tmp_path}/extensions.conf:2" in reason
    assert "notice.mentions_recording" in reason
    with pytest.raises(SettingsError, match="MixMonitor"):
        require(settings, TODAY)
    require(site(tmp_path, says=True), TODAY)
    require(site(pbx(tmp_path, "Dial(PJSIP/1001)")), TODAY)


def test_many_recorders_are_counted(tmp_path: Path) -> None:
    """Law: a sentence stays one that can be read; what it does not name it counts."""
    (tmp_path / "extensions.conf").write_text("[a]\n" + "exten => s,1,ChanSpy(PJSIP)\n" * 8, encoding="utf-8")
    (reason,) = unsaid(site(tmp_path))
    assert reason.count("ChanSpy") == 5
    assert "and 3 more" in reason


def test_a_pbx_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Law: where nobody can look that is logged and told, and stops nothing: the bridge may run in a container."""
    assert "cannot be read" in unread(site(tmp_path / "absent"))
    assert "no extensions.conf" in unread(site(tmp_path))
    with capture_logs() as logged:
        require(site(tmp_path), TODAY)
    assert [line["event"] for line in logged] == ["recorders.not_looked_for"]
    assert unread(site(pbx(tmp_path, "NoOp()"))) == ""


def test_a_freeswitch_is_looked_at_as_one(tmp_path: Path) -> None:
    """Law: a recorder in its XML stops the start as one of an Asterisk does; what can be read is not asked for."""
    (tmp_path / "freeswitch.xml").write_text("<document/>", encoding="utf-8")
    assert unread(site(tmp_path)) == ""
    assert unsaid(site(tmp_path)) == ()
    (tmp_path / "dialplan").mkdir()
    his = tmp_path / "dialplan" / "his.xml"
    his.write_text('<action application="record_session" data="x.wav"/>', encoding="utf-8")
    (reason,) = unsaid(site(tmp_path))
    assert f"record_session at {his}:1" in reason
