"""The section [profile]: documents with a day and a digest, and one departure that somebody answers for."""

import hashlib

import pytest
from pydantic import ValidationError

from ari_bridge.run.profile_section import Departure, Document, ProfileSection
from ari_bridge.run.sections import Section
from consent.profiles import PROFILES, STRICTEST
from tests import papers

DIGEST = hashlib.sha256(b"a document").hexdigest()


def section(**values: object) -> ProfileSection:
    """The section with these values."""
    return ProfileSection.model_validate(values)


def test_the_default_is_the_strictest() -> None:
    """Law: whoever names no profile has the strictest one."""
    assert section().name == STRICTEST.name
    assert section().as_profile() is STRICTEST


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_can_be_named(name: str) -> None:
    """Law: the settings know the profiles that there are."""
    assert section(name=name).as_profile() is PROFILES[name]


@pytest.mark.parametrize("name", ["", "none", "off", "EU", "test", "demo"])
def test_no_other_can(name: str) -> None:
    """Law: there is no profile that is none."""
    with pytest.raises(ValidationError):
        section(name=name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"date": "2026-01-05"},
        {"sha256": DIGEST},
        {"date": "soon", "sha256": DIGEST},
        {"date": "2026-01-05", "sha256": "yes"},
        {"date": "2026-01-05", "sha256": DIGEST.upper()},
        {"date": "2026-01-05", "sha256": DIGEST, "signed": True},
        {"date": "2026-01-05", "sha256": DIGEST, "title": "a\nb"},
    ],
)
def test_a_document_has_a_day_and_a_digest(wrong: dict[str, object]) -> None:
    """Law: what has no day or no digest is no document."""
    with pytest.raises(ValidationError):
        Document.model_validate(wrong)


def test_only_custom_departs() -> None:
    """Law: a profile that a law stands behind is taken whole; a departure names its reason and who decided."""
    assert section(name="custom", departure=papers.DEPARTURE).as_profile().max_quota_percent == 100
    with pytest.raises(ValidationError, match="custom"):
        section(name="fr", departure=papers.DEPARTURE)
    for key in ("reason", "decided_by", "date", "quota_percent"):
        with pytest.raises(ValidationError):
            Departure.model_validate({name: value for name, value in papers.DEPARTURE.items() if name != key})


def test_its_parts_are_frozen() -> None:
    """Law: what the service started with is what holds while it runs."""
    assert issubclass(Document, Section)
    with pytest.raises(ValidationError):
        Document.model_validate(papers.ASSESSMENT).title = "other"
