"""Records to try: the one that docs/consent.md shows, and strategies for all the others."""

from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from consent.parties import Party
from consent.purposes import PERMITTED, Purpose
from consent.receipts import AGENTS_WAYS, CALLERS_WAYS, JURISDICTIONS, Answered, JsonLd, Told, receipt, record
from consent.retention import Retention
from consent.states import Answer, Why
from consent.wording import Way

SOURCES: Final = ("event", "journal", "keys", "bridge", "line", "web", "desk")
RECORD_ID: Final = "1f0e3dad-9990-4a3b-8d4b-6c7d8e9f0a1b"
ASKED_AT: Final = datetime(2026, 9, 14, 8, 30, 12, tzinfo=UTC)
ISSUED_AT: Final = datetime(2026, 9, 21, 17, 5, tzinfo=UTC)
TEXT: Final = (
    "With your yes, a machine of ours measures the tone of your voice and the pauses, to help our agent help you. A no"
    " changes nothing. Press 1 for yes, 2 for no, 3 for another language, star for more."
)
MORE: Final = (
    "Only numbers are kept: how calm, tense or angry your voice may sound, how fast and how loudly you speak,"
    " who speaks for how long, when both speak at once and who began, and how long an answer takes. Never your voice,"
    " never your words. Star nine stops it at any time and erases the numbers."
)


def told_caller() -> Told:
    """A notice to a caller in France."""
    return Told(
        party=Party.CALLER,
        controller="Example Ltd",
        contact="privacy@example.com, +33 1 99 00 00 00, 1 Example Street, Paris",
        profile="fr",
        notice_id="5c0ffee5ba5eba11",
        version=3,
        language="en",
        text=TEXT,
        purposes=frozenset({Purpose.FACTS, Purpose.TONE}),
        retention=Retention(30, 365),
        layers=(MORE,),
    )


def told_agent() -> Told:
    """A notice to staff."""
    return Told(
        party=Party.AGENT,
        controller="Example Ltd",
        contact="works-council@example.com",
        profile="eu",
        notice_id="5c0ffee5ba5eba12",
        version=1,
        language="en",
        text="In calls of people who said yes, the program counts how much you speak. Press 1 to acknowledge.",
        purposes=frozenset({Purpose.FACTS}),
        retention=Retention(30, 365),
        ways=AGENTS_WAYS,
    )


def call(*answers: tuple[Answer, Why]) -> list[Answered]:
    """Answers of a call, some seconds apart; objections are the agent's."""
    return [
        Answered(
            ASKED_AT + timedelta(seconds=17 * number),
            answer,
            why,
            Party.AGENT if answer is Answer.OBJECTED else Party.CALLER,
            "event",
        )
        for number, (answer, why) in enumerate(answers)
    ]


def example() -> JsonLd:
    """The receipt that docs/consent.md shows: asked, granted, withdrawn in the call."""
    events = call((Answer.ASKED, Why.NOTICE), (Answer.GRANTED, Why.KEY), (Answer.WITHDRAWN, Why.STOP_KEYS))
    return receipt(record(RECORD_ID, told_caller(), events), ISSUED_AT)


_WORDS: Final = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
    lambda text: bool(text.strip())
)
_DAYS: Final = st.tuples(st.integers(1, 365), st.integers(1, 365)).map(sorted)


@st.composite
def told(draw: st.DrawFn, party: Party) -> Told:
    """Any notice that may be announced to that party."""
    permitted, ways = PERMITTED[party], CALLERS_WAYS if party is Party.CALLER else AGENTS_WAYS
    optional = st.lists(st.sampled_from([Way.LINE, Way.WEB]), unique=True)
    return Told(
        party=party,
        controller=draw(_WORDS),
        contact=draw(_WORDS),
        profile=draw(st.sampled_from([*JURISDICTIONS, "custom"])),
        notice_id=draw(st.text("0123456789abcdef", min_size=16, max_size=16)),
        version=draw(st.integers(1, 10_000)),
        language=draw(st.sampled_from(["en", "fr", "es", "de", "it", "pt-BR", "gsw", "zh-Hans"])),
        text=draw(_WORDS),
        purposes=draw(st.sets(st.sampled_from(sorted(permitted)), min_size=1).map(frozenset)),
        retention=Retention(*draw(_DAYS)),
        ways=(Way.KEYS, *draw(optional), Way.DESK) if party is Party.CALLER and draw(st.booleans()) else ways,
        layers=tuple(draw(st.lists(_WORDS, max_size=2))),
    )


@st.composite
def answered(draw: st.DrawFn, party: Party) -> list[Answered]:
    """Any answers in any order, of that party's record."""
    possible = [answer for answer in Answer if party is Party.CALLER or answer is not Answer.OBJECTED]
    return [
        Answered(
            draw(st.datetimes(datetime(2020, 1, 1), datetime(2120, 1, 1), timezones=st.just(UTC))),  # noqa: DTZ001
            answer,
            draw(st.sampled_from(Why)),
            Party.AGENT if answer is Answer.OBJECTED else party,
            draw(st.sampled_from(SOURCES)),
        )
        for answer in draw(st.lists(st.sampled_from(possible), min_size=1, max_size=8))
    ]


RECORDS: Final = st.sampled_from(Party).flatmap(
    lambda party: st.builds(record, st.uuids(version=4).map(str), told(party), answered(party))
)
"""Any record that can come about."""
