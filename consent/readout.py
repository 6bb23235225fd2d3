"""A receipt in words for the person whom it is given to. Read from the receipt alone, so that the two never differ."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from consent.errors import InvalidValue
from consent.parties import Party
from consent.receipts import STATES, JsonLd, validate
from consent.states import Answer, Why
from consent.wording import SAID_IN, Section, Way, Words

_ANSWERS: Final = {state: answer for answer, state in STATES.items()}


def readable(of: JsonLd, language: str) -> tuple[Section, ...]:
    """A receipt in words for the person it is given to; `wording.LANGUAGES` lists the languages. All times are UTC.

    Raises:
        InvalidValue: `of` is no receipt, or there are no words in that language.
    """
    validate(of)
    if of["@type"] != "dpv:ConsentReceipt":
        raise InvalidValue("only a receipt is read out")
    if language not in SAID_IN:
        raise InvalidValue(f"no words for a receipt in {language!r}; there are {', '.join(SAID_IN)}")
    words, copy = SAID_IN[language], of["dpv:hasRecordOfActivity"]
    party, notice, entity = Party(copy["dpv:hasDataSubject"]["dct:title"]), copy["dpv:hasNotice"], copy["dpv:hasEntity"]
    tag = notice["dct:language"]
    spoken = words.notice.format(
        id=notice["dct:identifier"], version=notice["schema:version"], language=words.languages.get(tag, tag)
    )
    rights = [words.rights[one["dct:title"]] for one in copy["dpv:hasRight"]]
    return (
        Section(words.title[party], (words.intro[party].format(controller=entity["dpv:hasName"]),)),
        Section(words.told, (spoken, *notice["schema:text"])),
        Section(words.answered, tuple(_said(one, party, words) for one in copy["dpv:hasConsentStatus"])),
        Section(words.kept, tuple(_kept(copy, party, words))),
        Section(words.withdraw, tuple(words.ways[party][way] for way in _ways(copy, party))),
        Section(words.rights_title, (*rights, words.rights_how[party])),
        Section(words.contact, (entity["dpv:hasName"], entity["dpv:hasContact"])),
        Section(words.numbers, (words.record.format(id=copy["dct:identifier"]),
                                words.receipt.format(id=of["dct:identifier"], at=words.moment(of["dct:created"])))),
    )  # fmt: skip


def _said(event: JsonLd, party: Party, words: Words) -> str:
    answer, why = _ANSWERS[event["@type"][0]], Why(event["dpv:hasIndicationMethod"])
    moment, how = words.moment(event["dpv:isIndicatedAtTime"]), words.whys.get(why, "")
    return f"{moment}: {words.answers[party][answer]}{f' ({how})' if how else ''}."


def _kept(copy: JsonLd, party: Party, words: Words) -> Iterator[str]:
    """What is kept, as far as the answers tell: without a yes, and after it was taken back, nothing was or is."""
    events = copy["dpv:hasConsentStatus"]
    asked_on = date.fromisoformat(events[0]["dpv:isIndicatedAtTime"][:10])
    standing = _standing([_ANSWERS[event["@type"][0]] for event in events], party)
    if standing is None:
        yield words.nothing_measured[party]
    elif standing is not Answer.GRANTED:
        yield words.nothing_left[party]
    else:
        yield from (words.data[party][one["dpv:hasPurpose"]["dct:title"]] for one in copy["dpv:hasProcess"])
        if party is Party.CALLER:
            yield words.until.format(day=words.day(_goes_on(copy["dpv:hasProcess"][0], asked_on)))
        else:
            yield words.until_hangup
        yield words.no_sound
    yield words.where
    yield words.record_until.format(day=words.day(_goes_on(copy, asked_on)))


def _standing(answers: list[Answer], party: Party) -> Answer | None:
    """The yes, or what took it away; None where there was none. What was derived of a caller outlives the call."""
    taking_away = {Answer.WITHDRAWN} if party is Party.CALLER else {Answer.WITHDRAWN, Answer.REFUSED, Answer.EXPIRED}
    standing: Answer | None = None
    for answer in answers:
        if answer is Answer.GRANTED or (standing is not None and answer in taking_away):
            standing = answer
    return standing


def _goes_on(of: JsonLd, asked_on: date) -> date:
    return asked_on + timedelta(days=int(of["dpv:hasStorageCondition"][1]["dpv:hasDuration"]["rdf:value"][1:-1]))


def _ways(copy: JsonLd, party: Party) -> list[Way]:
    told = copy["dpv:hasConsentControl"]["dpv:isExercisedAt"]
    return [Way(way) for way, sentence in SAID_IN["en"].ways[party].items() if sentence in told]
