"""The section [profile] of the settings: whose law holds, who answers for the site, the documents that it rests on."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ari_bridge.run.sections import Section
from consent.profiles import Profile, depart, profile

Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Literal["eu", "fr", "us-all-party", "us-one-party", "custom"]


class Document(Section):
    """A document that exists on paper or as a file: its day and its digest bind this site to just that text."""

    date: datetime.date = Field(description="The day it was signed or held.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Its digest, as `sha256sum FILE` prints it.")
    title: Line = Field(default="", description="What it is called; staff hear and read its date.")


class Departure(Section):
    """Why a site asks more callers than the strictest profile lets it: a decision that somebody answers for."""

    quota_percent: Annotated[int, Field(ge=1, le=100)] = Field(description="The ceiling instead of the profile's.")
    reason: Annotated[str, Field(min_length=10, max_length=400)] = Field(description="Why.")
    decided_by: Annotated[str, Field(min_length=2, max_length=200)] = Field(description="Who.")
    date: datetime.date = Field(description="When.")


class ProfileSection(Section):
    """Whose law holds here, who answers for it, and the documents without which no call is analysed."""

    name: Name = Field(
        default="fr",  # a test holds it to `consent.profiles.STRICTEST`
        description="eu, fr, us-all-party, us-one-party or custom (the strictest of all; see departure). Where nobody "
        "knows where callers are: the strictest, which is fr.",
    )
    controller: Line = Field(default="", description="Who answers for the analysis: the company's name; needed.")
    contact: Line = Field(
        default="", description="Where persons turn with their rights: a mail address or a number; needed."
    )
    assessment: Document | None = Field(
        default=None,
        description='The impact assessment: { date = 2026-01-05, sha256 = "...", title = "..." }; needed in eu, fr and '
        "custom.",
    )
    council: Document | None = Field(
        default=None,
        description="The consultation of the works council, written likewise; needed in eu, fr and custom.",
    )
    departure: Departure | None = Field(
        default=None,
        description='With custom alone: another ceiling of asking.quota_percent, { quota_percent = 60, reason = "...", '
        'decided_by = "...", date = 2026-01-05 }; staff can read it.',
    )

    @model_validator(mode="after")
    def _departs_from_custom(self) -> Self:
        if self.departure is not None and self.name != "custom":
            raise ValueError(f"departure goes with the name custom, not with {self.name}")
        return self

    def as_profile(self) -> Profile:
        """The profile that holds."""
        return depart(self.departure.quota_percent) if self.departure is not None else profile(self.name)
