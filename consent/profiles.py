"""What the law of a place asks of a site before and while calls are analysed: five profiles, as data with sources.

A profile can ask for more and allow less. None can take away what the product itself holds to: the caller's own key,
the notice before it, the stop keys, and that no emotion of an agent is ever inferred. No field is for that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from typing import Final

from consent.errors import InvalidValue
from consent.retention import MAX_CLIPS_DAYS, MAX_RECORDS_DAYS, MAX_SCORES_DAYS


@dataclass(frozen=True, slots=True)
class Rule:
    """One duty: what it says in our words, where it stands, and its date.

    The date is the day from which it applies or on which it was given; of a list that others keep, when it was read.
    """

    sentence: str
    source: str
    dated: date


@dataclass(frozen=True, slots=True)
class Profile:
    """What one place asks.

    The periods are whole days; `max_quota_percent` is the most calls of a hundred whose caller may be asked at all.

    Raises:
        InvalidValue: no rule that it could rest on, or a bound beyond what the product allows anywhere.
    """

    name: str
    rules: tuple[Rule, ...]
    needs_assessment: bool
    """A dated impact assessment (GDPR 35) before the first call."""
    needs_council: bool
    """A dated consultation of the works council before the first call."""
    max_scores_days: int = MAX_SCORES_DAYS
    max_records_days: int = MAX_RECORDS_DAYS
    max_clips_days: int = MAX_CLIPS_DAYS
    max_quota_percent: int = 100

    def __post_init__(self) -> None:
        if not self.rules:
            raise InvalidValue(f"the profile {self.name!r} names no rule")
        caps = (MAX_SCORES_DAYS, MAX_RECORDS_DAYS, MAX_CLIPS_DAYS, 100)
        for name, cap in zip(BOUNDS, caps, strict=True):
            if not 1 <= getattr(self, name) <= cap:
                raise InvalidValue(f"{name} of the profile {self.name!r} must lie between 1 and {cap}")

    def is_as_strict_as(self, other: Profile) -> bool:
        """Whether whoever keeps to this profile keeps to the other one too."""
        asks = self.needs_assessment >= other.needs_assessment and self.needs_council >= other.needs_council
        return asks and all(getattr(self, name) <= getattr(other, name) for name in BOUNDS)


BOUNDS: Final = ("max_scores_days", "max_records_days", "max_clips_days", "max_quota_percent")
"""The fields that are the most a setting may say."""

NO_AGENTS_EMOTION: Final = Rule(
    "no emotion of people at work is inferred from their voice; call-centre staff are the guidelines' own example",
    "EU AI Act, Article 5(1)(f)", date(2025, 2, 2),
)  # fmt: skip
TOLD_FIRST: Final = Rule(
    "whoever is exposed to emotion recognition is told at the first exposure at the latest",
    "EU AI Act, Article 50(3)", date(2026, 8, 2),
)  # fmt: skip
AN_ACT_OF_ONES_OWN: Final = Rule(
    "consent is a clear act of the person, free, informed and provable; silence is none",
    "GDPR, Articles 4(11) and 7(1)", date(2018, 5, 25),
)  # fmt: skip
AS_EASY_TO_WITHDRAW: Final = Rule(
    "consent is as easy to withdraw as to give, at any moment", "GDPR, Article 7(3)", date(2018, 5, 25)
)
HEALTH_IN_A_VOICE: Final = Rule(
    "a voice may reveal health, so the consent must be explicit", "GDPR, Article 9(2)(a)", date(2018, 5, 25)
)
WHO_AND_WHAT: Final = Rule(
    "who is responsible, what for, for how long and which rights there are is told",
    "GDPR, Article 13",
    date(2018, 5, 25),
)
RIGHTS: Final = Rule(
    "access, correction, erasure and a copy are given on request", "GDPR, Articles 15 to 20", date(2018, 5, 25)
)
NO_MACHINE_JUDGES: Final = Rule(
    "no decision with a significant effect on a person is taken by a machine alone",
    "GDPR, Article 22",
    date(2018, 5, 25),
)
BY_DESIGN: Final = Rule(
    "protection is built in and is the default, and data are kept safe from others",
    "GDPR, Articles 25 and 32", date(2018, 5, 25),
)  # fmt: skip
MINIMAL: Final = Rule(
    "no more is collected than the purpose needs, and no longer kept",
    "GDPR, Article 5(1)(c) and (e)",
    date(2018, 5, 25),
)
ASSESSED_BEFORE: Final = Rule("an impact assessment is made before the start", "GDPR, Article 35", date(2018, 5, 25))
COUNCIL_BEFORE: Final = Rule(
    "staff are heard through their representatives before a means to monitor them is introduced",
    "Directive 2002/14/EC, Article 4, and the members' own labour law", date(2005, 3, 23),
)  # fmt: skip
COUNCIL_OF_FRANCE: Final = Rule(
    "the works council is informed and consulted before means that can monitor staff are decided on",
    "French Labour Code, L2312-38", date(2018, 1, 1),
)  # fmt: skip
STAFF_TOLD_BEFORE: Final = Rule(
    "nothing is collected about an employee by means that were not announced to that person before",
    "French Labour Code, L1222-4", date(2008, 5, 1),
)  # fmt: skip
PROPORTIONATE: Final = Rule(
    "no restriction of a person's freedoms that the task does not justify",
    "French Labour Code, L1121-1",
    date(2008, 5, 1),
)
NOT_SYSTEMATIC: Final = Rule(
    "listening at work is neither permanent nor systematic",
    "CNIL on listening and recording at work (simplified standard 57)", date(2014, 11, 27),
)  # fmt: skip
CNIL_PERIODS: Final = Rule(
    "sound is kept for six months at most, what was derived from it for one year",
    "CNIL on listening and recording at work (simplified standard 57)", date(2014, 11, 27),
)  # fmt: skip
A_PILOT_COUNTS: Final = Rule(
    "a pilot already introduces the tool: the works council comes first",
    "Tribunal judiciaire de Nanterre, 24/01457, and again on 2026-01-29", date(2025, 2, 14),
)  # fmt: skip
ALL_PARTIES: Final = Rule(
    "every party of a call agrees before it is heard (CA CT DE FL IL MD MA MT NV NH PA WA; some lists add MI OR VT)",
    "laws of these states, for example California Penal Code, section 632", date(2026, 11, 22),
)  # fmt: skip
ONE_PARTY: Final = Rule(
    "one party's consent is the least; the product asks the caller all the same",
    "18 U.S. Code, section 2511(2)(d)", date(1968, 6, 19),
)  # fmt: skip

_EVERYWHERE: Final = (
    AN_ACT_OF_ONES_OWN, AS_EASY_TO_WITHDRAW, TOLD_FIRST, NO_AGENTS_EMOTION, NO_MACHINE_JUDGES, BY_DESIGN, MINIMAL,
    CNIL_PERIODS,
)  # fmt: skip
"""What the product holds to wherever it stands, since it cannot know where the caller is."""
_EUROPE: Final = (HEALTH_IN_A_VOICE, WHO_AND_WHAT, RIGHTS, ASSESSED_BEFORE, NOT_SYSTEMATIC)

# The law names no number for "neither permanent nor systematic": half of the calls in the Union, a fifth in France,
# where the CNIL says so itself, are this product's own reading. A site that has a better one names it: see `depart`.
EU: Final = Profile(
    "eu", (*_EVERYWHERE, *_EUROPE, COUNCIL_BEFORE), needs_assessment=True, needs_council=True, max_quota_percent=50
)
FR: Final = Profile(
    "fr",
    (*_EVERYWHERE, *_EUROPE, COUNCIL_OF_FRANCE, STAFF_TOLD_BEFORE, PROPORTIONATE, A_PILOT_COUNTS),
    needs_assessment=True,
    needs_council=True,
    max_quota_percent=20,
)
US_ALL_PARTY: Final = Profile("us-all-party", (*_EVERYWHERE, ALL_PARTIES), needs_assessment=False, needs_council=False)
US_ONE_PARTY: Final = Profile("us-one-party", (*_EVERYWHERE, ONE_PARTY), needs_assessment=False, needs_council=False)
CUSTOM: Final = Profile(
    "custom",
    tuple(dict.fromkeys(rule for one in (FR, EU, US_ALL_PARTY, US_ONE_PARTY) for rule in one.rules)),
    needs_assessment=True,
    needs_council=True,
    max_quota_percent=FR.max_quota_percent,
)
"""The strictest of all in everything; a site may depart from it in the quota alone, and says why: see `depart`."""

PROFILES: Final = {one.name: one for one in (EU, FR, US_ALL_PARTY, US_ONE_PARTY, CUSTOM)}
STRICTEST: Final = FR
"""What holds while nobody has said where callers are: in the United States the strictest rule applies when the caller's
place is unknown, and nothing else is known of a site without settings."""


def profile(name: str) -> Profile:
    """The profile of that name. Raises InvalidValue: there is none."""
    if name not in PROFILES:
        raise InvalidValue(f"no such profile: {name!r}; there are {', '.join(PROFILES)}")
    return PROFILES[name]


def depart(quota_percent: int) -> Profile:
    """The profile `custom` with another ceiling of the quota, and nothing else changed. Raises InvalidValue."""
    return Profile(
        CUSTOM.name,
        CUSTOM.rules,
        needs_assessment=CUSTOM.needs_assessment,
        needs_council=CUSTOM.needs_council,
        max_quota_percent=quota_percent,
    )


def values(one: Profile) -> Iterator[tuple[str, object]]:
    """Every field of a profile with its value, for those who print or check it."""
    return ((field.name, getattr(one, field.name)) for field in fields(one))
