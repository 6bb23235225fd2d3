"""What touches persons, as the ledger keeps it."""

import json

import pytest

from ari_bridge.run.persons import NOTE, difference, keep_change, touching_persons
from ari_bridge.run.settings import Settings
from consent.ledger import Ledger
from tests import papers


def site(**sections: object) -> Settings:
    """Settings of a site with its papers, and these sections."""
    return Settings.model_validate({"profile": papers.PROFILE, "asking": papers.ASKING} | sections)


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
    ("parties.unmonitored", {"parties": {"unmonitored": ["1900"]}}),
    ("notice.languages", {"notice": {"languages": ["fr"]}}),
    ("notice.mentions_recording", {"notice": {"mentions_recording": True}}),
    ("analysis.model_folder", {"analysis": {"model_folder": "/srv/model"}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "sections"), CHANGES, ids=[name for name, _ in CHANGES])
def test_each_change_is_seen(name: str, sections: dict[str, object]) -> None:
    """Law: nothing that touches persons changes unseen."""
    assert name in difference(touching_persons(site()), touching_persons(site(**sections)))


def test_a_new_notice_is_seen() -> None:
    """Law: another text or sound is another id, and so a change."""
    assert list(difference(touching_persons(site(), ["a"]), touching_persons(site(), ["b"]))) == ["notice.ids"]


def test_it_is_json_and_names_no_extension() -> None:
    """Law: the record is public for ever: an extension that is never heard is counted in it, not named."""
    made = touching_persons(
        site(parties={"unmonitored": ["dr-1900"]}, asking=papers.ASKING | {"never_asked": ["0612345678"]}), ["b", "a"]
    )
    written = json.dumps(made)
    assert json.loads(written) == made
    assert "dr-1900" not in written
    assert "0612345678" not in written
    assert made["notice.ids"] == ["a", "b"]


async def test_a_change_is_a_public_record(ledger: Ledger) -> None:
    """Law: staff can read when what was set: a start with the same settings adds nothing, another one a record."""
    before = touching_persons(site())
    assert await keep_change(ledger, before) != {}
    assert await keep_change(ledger, before) == {}
    changed = await keep_change(ledger, touching_persons(site(retention={"scores_days": 31})))
    assert changed == {"retention.scores_days": {"before": 30, "after": 31}}
    last = await ledger.last_note(NOTE)
    assert last is not None
    assert last["changed"] == ["retention.scores_days"]
    assert last["settings"]["profile.assessment"]["date"] == "2026-01-05"
