"""What touches persons, as the ledger keeps it."""

import hashlib
import json

import pytest

from ari_bridge.run.persons import NOTE, Snapshot, difference, keep_change, touching_persons
from ari_bridge.run.settings import Settings
from consent.ledger import Ledger
from tests import papers


def opaque(what: str, value: str) -> str:
    """Stands for a keyed digest."""
    return hashlib.sha256(f"{what} {value}".encode()).hexdigest()


def snapshot(settings: Settings, *notice_ids: str) -> Snapshot:
    """What touches persons in these settings."""
    return touching_persons(settings, notice_ids, opaque)


def site(**sections: object) -> Settings:
    """Settings of a site with its papers and one extension that is never heard, and these sections."""
    always = {"profile": papers.PROFILE, "asking": papers.ASKING, "parties": {"unmonitored": ["1900"]}}
    return Settings.model_validate(always | sections)


CHANGES = [
    ("profile.contact", {"profile": papers.PROFILE | {"contact": "other@example.invalid"}}),
    ("profile.assessment", {"profile": papers.PROFILE | {"assessment": papers.COUNCIL}}),
    ("profile.council", {"profile": papers.PROFILE | {"council": papers.ASSESSMENT}}),
    ("profile.departure", {"profile": papers.PROFILE | {"departure": papers.DEPARTURE | {"quota_percent": 99}},
                           "asking": {"quota_percent": 99}}),
    ("retention.scores_days", {"retention": {"scores_days": 31}}),
    ("retention.records_days", {"retention": {"records_days": 300}}),
    ("asking.quota_percent", {"asking": {"quota_percent": 50}}),
    ("asking.hours", {"asking": papers.ASKING | {"hours": ["09:00-18:00,mon-fri,*,*"]}}),
    ("asking.never_asked", {"asking": papers.ASKING | {"never_asked": ["1900"]}}),
    ("parties.trunks", {"parties": {"trunks": ["sbc"]}}),
    ("parties.unmonitored", {"parties": {"unmonitored": ["1901"]}}),
    ("notice.languages", {"notice": {"languages": ["fr"]}}),
    ("notice.mentions_recording", {"notice": {"mentions_recording": True}}),
    ("analysis.model", {"analysis": {"model": "speechbrain", "model_folder": "/srv/model"}}),
    ("analysis.labels", {"analysis": {"labels": {"angry": ["anger"], "active": ["anger"]}}}),
    ("analysis.model_folder", {"analysis": {"model_folder": "/srv/model"}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sections"), CHANGES, ids=[name for name, _ in CHANGES])
def test_each_change_is_seen(name: str, sections: dict[str, object]) -> None:
    """Law: nothing that touches persons changes unseen."""
    assert name in difference(snapshot(site()), snapshot(site(**sections)))


def test_an_unlocked_language_is_seen() -> None:
    """Law: staff can read when the tone of callers of a further language began to be judged, and on what figures."""
    figures = {"fr": {"report_of": "2026-11-20", "speakers": 12}}
    after = touching_persons(site(), (), opaque, figures)
    assert difference(snapshot(site()), after) == {"analysis.unlocked": {"before": {}, "after": figures}}
    assert json.loads(json.dumps(after)) == after


def test_a_new_notice_is_seen() -> None:
    """Law: another text or sound is another id, and so a change."""
    assert list(difference(snapshot(site(), "a"), snapshot(site(), "b"))) == ["notice.ids"]


def test_it_is_json_and_names_no_extension() -> None:
    """Law: the record is public for ever: an extension that is never heard is counted in it, not named."""
    made = snapshot(
        site(parties={"unmonitored": ["dr-1900"]}, asking=papers.ASKING | {"never_asked": ["0612345678"]}), "b", "a"
    )
    written = json.dumps(made)
    assert json.loads(written) == made
    assert "dr-1900" not in written
    assert "0612345678" not in written
    assert made["notice.ids"] == ["a", "b"]


async def test_a_change_is_a_public_record(ledger: Ledger) -> None:
    """Law: staff can read when what was set: a start with the same settings adds nothing, another one a record."""
    assert "profile.name" in await keep_change(ledger, site(), ["a"])
    assert await keep_change(ledger, site(), ["a"]) == {}
    changed = await keep_change(ledger, site(retention={"scores_days": 31}), ["a"])
    assert changed == {"retention.scores_days": {"before": 30, "after": 31}}
    last = await ledger.last_note(NOTE)
    assert last is not None
    assert last["changed"] == ["retention.scores_days"]
    assert last["settings"]["profile.assessment"]["date"] == "2026-01-05"
