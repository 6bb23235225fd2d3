"""Consent records and receipts."""

import copy
import dataclasses
import itertools
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from consent.entry import Entry
from consent.errors import InvalidValue
from consent.notice import Layer, Notice
from consent.parties import Party
from consent.purposes import QUESTIONS, Purpose
from consent.receipts import (
    AGENTS_WAYS,
    CALLERS_WAYS,
    CONTEXT,
    STATES,
    Answered,
    JsonLd,
    Told,
    receipt,
    record,
    validate,
)
from consent.retention import Retention
from consent.states import Answer, Why
from consent.wording import Way
from tests.consent.records import ISSUED_AT, RECORD_ID, RECORDS, call, example, told_agent, told_caller
from tests.house.places import ROOT

SCHEMAS = ROOT / "consent" / "schemas"
VOCABULARY = {
    line
    for line in (Path(__file__).parent / "dpv-2.3.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
}
TERM = re.compile(r"(?:dpv|pd|loc|eu-gdpr|legal-eu):[A-Za-z0-9-]+")
YES = ((Answer.ASKED, Why.NOTICE), (Answer.GRANTED, Why.KEY), (Answer.EXPIRED, Why.CALL_ENDED))


def made() -> JsonLd:
    """A record of a caller's call, to break."""
    return copy.deepcopy(record(RECORD_ID, told_caller(), call(*YES)))


def made_of_staff() -> JsonLd:
    """A record of an agent's acknowledgement, to break."""
    events = [
        Answered(ISSUED_AT, Answer.ASKED, Why.NOTICE, Party.AGENT, "line"),
        Answered(ISSUED_AT, Answer.GRANTED, Why.KEY, Party.AGENT, "line"),
    ]
    return copy.deepcopy(record(RECORD_ID, told_agent(), events))


def places(of: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every object in a document."""
    if isinstance(of, dict):
        yield path
    for key, value in of.items() if isinstance(of, dict) else enumerate(of) if isinstance(of, list) else ():
        if key != "@context":
            yield from places(value, (*path, key))


def at(of: Any, path: tuple[Any, ...]) -> Any:
    """What lies at a path."""
    for step in path:
        of = of[step]
    return of


def terms(of: Any) -> Iterator[str]:
    """Every term of the vocabulary in a document or a schema, keys and values."""
    return iter(TERM.findall(json.dumps(of)))


@given(RECORDS)
@settings(max_examples=150, deadline=None)
def test_every_record_and_its_receipt_fit_the_schema(of: JsonLd) -> None:
    """Law: whatever was announced and answered, the record and the receipt validate, and survive being written down."""
    validate(json.loads(json.dumps(of)))
    given_to_the_person = receipt(of, ISSUED_AT)
    validate(json.loads(json.dumps(given_to_the_person)))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_every_sequence_of_answers_makes_a_record(length: int) -> None:
    """Law: no order of answers, however odd, leaves a person without a record."""
    for answers in itertools.product(Answer, repeat=length):
        found = record(RECORD_ID, told_caller(), call(*((answer, Why.KEY) for answer in answers)))
        assert [event["@type"][0] for event in found["dpv:hasConsentStatus"]] == [STATES[one] for one in answers]


@given(RECORDS)
@settings(max_examples=60, deadline=None)
def test_terms_are_of_the_vocabulary(of: JsonLd) -> None:
    """Law: every term that a record or receipt uses is one that the vocabulary has."""
    assert not set(terms(receipt(of, ISSUED_AT))) - VOCABULARY
    assert not set(terms(of)) - VOCABULARY


def test_every_term_of_schemas_context_and_purposes_is_of_the_vocabulary() -> None:
    """Law: what may be written is of the vocabulary too, and each prefix stands for its published namespace."""
    for file in SCHEMAS.iterdir():
        assert not set(terms(json.loads(file.read_text(encoding="utf-8")))) - VOCABULARY, file.name
    assert {question.dpv for question in QUESTIONS} <= VOCABULARY
    namespaces = (
        ("dpv", "https://w3id.org/dpv#"),
        ("pd", "https://w3id.org/dpv/pd#"),
        ("dct", "http://purl.org/dc/terms/"),
    )
    assert all(CONTEXT[prefix] == namespace for prefix, namespace in namespaces)


@given(RECORDS)
@settings(max_examples=60, deadline=None)
def test_every_key_has_a_meaning_in_the_context(of: JsonLd) -> None:
    """Law: JSON-LD drops a key without a meaning in silence; there is none in a record or receipt."""
    prefixes = {key for key in CONTEXT if ":" not in key}
    for document in (of, receipt(of, ISSUED_AT)):
        keys = {key for path in places(document) for key in at(document, path)}
        assert all(key.startswith("@") or key.partition(":")[0] in prefixes for key in keys)


def test_schemas_are_schemas() -> None:
    """Law: both schemas are JSON Schema 2020-12, and no object in them takes a field that it does not name."""
    for file in SCHEMAS.glob("*.schema.json"):
        schema = json.loads(file.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        objects = [at(schema, path) for path in places(schema) if at(schema, path).get("type") == "object"]
        assert all(one.get("additionalProperties") is False for one in objects if "properties" in one)


@pytest.mark.parametrize("make", [made, made_of_staff, example])
def test_a_missing_field_is_refused(make: Callable[[], JsonLd]) -> None:
    """Law: every field of a record and of a receipt is needed, but the law and the basis where a profile names none."""
    whole = make()
    optional = {"dpv:hasApplicableLaw"}
    for path in places(whole):
        for key in set(at(whole, path)) - optional - {"@context"}:
            broken = copy.deepcopy(whole)
            del at(broken, path)[key]
            with pytest.raises(InvalidValue):
                validate(broken)


@pytest.mark.parametrize("make", [made, made_of_staff, example])
def test_an_extra_field_is_refused(make: Callable[[], JsonLd]) -> None:
    """Law: nothing slips into a record that the schema does not name: no number, no name, no call id."""
    whole = make()
    for path in places(whole):
        broken = copy.deepcopy(whole)
        at(broken, path)["schema:telephone"] = "+33 1 99 00 00 01"
        with pytest.raises(InvalidValue):
            validate(broken)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("dpv:hasConsentStatus", 1, "@type", 0), "dpv:ConsentUnknown"),
        (("dpv:hasConsentStatus", 1, "@type", 0), "granted"),
        (("dpv:hasConsentStatus", 1, "@type", 1), "dpv:ImpliedConsent"),
        (("dpv:hasConsentStatus", 1, "dpv:isIndicatedBy"), "_:controller"),
        (("dpv:hasConsentStatus", 1, "dpv:isIndicatedBy"), "dpv:Employee"),
        (("dpv:hasConsentStatus", 0, "dpv:isIndicatedBy"), "dpv:DataSubject"),
        (("dpv:hasConsentStatus", 1, "dpv:isIndicatedAtTime"), "2026-09-14 08:30"),
        (("dpv:hasConsentStatus", 1, "dct:source"), "hearsay"),
        (("dpv:hasConsentStatus", 1, "dpv:hasIndicationMethod"), "voice"),
        (("dpv:hasConsentStatus",), []),
        (("dpv:hasProcess",), []),
        (("dpv:hasProcess", 0, "dpv:hasPurpose", "dct:title"), "clips"),
        (("dpv:hasProcess", 0, "dpv:hasPurpose", "skos:broader"), "dpv:PersonnelPerformanceMonitoring"),
        (("dpv:hasProcess", 0, "dpv:hasNecessity"), "dpv:Required"),
        (("dpv:hasProcess", 0, "dpv:hasStorageCondition", 0, "dpv:hasLocation"), "dpv:CloudLocation"),
        (("dpv:hasProcess", 0, "dpv:hasStorageCondition", 1, "dpv:hasDuration", "rdf:value"), "P366D"),
        (("dpv:hasStorageCondition", 1, "dpv:hasDuration", "rdf:value"), "P0D"),
        (("dpv:hasRecipient",), "dpv:ThirdParty"),
        (("dpv:hasEntity", "dpv:hasContact"), " "),
        (("dpv:hasNotice", "dct:identifier"), "5c0ffee"),
        (("dpv:hasNotice", "schema:text"), []),
        (("dpv:hasNotice", "schema:text", 1), " "),
        (("dpv:hasConsentControl", "dpv:isExercisedAt"), []),
        (("dpv:hasDataSubject", "@id"), "tel:+33199000001"),
        (("dpv:hasDataSubject", "@type"), ["dpv:DataSubject", "dpv:Employee"]),
        (("dct:identifier",), "call-1"),
        (("dct:conformsTo",), "https://w3id.org/dpv/schema/dpv-27560#record-eu-gdpr"),
        (("@context",), "https://w3id.org/dpv/2.3"),
        (("@context", "dpv"), "https://example.com/dpv#"),
        (("@type",), "dpv:ConsentReceipt"),
        (("@type",), "dpv:Notice"),
    ],
)
def test_a_wrong_value_is_refused(path: tuple[Any, ...], value: Any) -> None:
    """Law: an unknown state, a yes that somebody else said, a period over the cap or a recipient makes no record."""
    broken = made()
    at(broken, path[:-1])[path[-1]] = value
    with pytest.raises(InvalidValue):
        validate(broken)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("dpv:hasProcess", 0, "dpv:hasPurpose", "dct:title"), "tone"),
        (("dpv:hasProcess", 0, "dpv:hasPersonalData", "skos:broader"), "pd:Emotion"),
        (("dpv:hasProcess", 0, "dpv:hasProcessing", 1), "dpv:Infer"),
        (("dpv:hasLegalBasis",), ["dpv:ExplicitlyExpressedConsent"]),
        (("dpv:hasDataSubject", "@type"), ["dpv:DataSubject"]),
    ],
)
def test_no_record_covers_the_emotion_of_an_agent(path: tuple[Any, ...], value: Any) -> None:
    """Law: the schema refuses what the EU AI Act, Article 5(1)(f), forbids, and to call staff's yes a legal basis."""
    broken = made_of_staff()
    at(broken, path[:-1])[path[-1]] = value
    with pytest.raises(InvalidValue):
        validate(broken)


def test_a_receipt_is_the_record_without_the_controllers_own() -> None:
    """Law: the person gets all of the record; only how an answer reached the program stays with the controller."""
    whole = made()
    copied = receipt(whole, ISSUED_AT)["dpv:hasRecordOfActivity"]
    assert "dct:source" not in json.dumps(copied)
    for event, known in zip(copied["dpv:hasConsentStatus"], whole["dpv:hasConsentStatus"], strict=True):
        assert event | {"dct:source": known["dct:source"]} == known
    same = set(whole) - {"@context", "dpv:hasConsentStatus"}
    assert {key: copied[key] for key in same} == {key: whole[key] for key in same}


def test_a_broken_receipt_is_refused() -> None:
    """Law: a receipt that tells the controller's own, or is made of something else than a record, is none."""
    broken = copy.deepcopy(example())
    broken["dpv:hasRecordOfActivity"]["dpv:hasConsentStatus"][0]["dct:source"] = "event"
    with pytest.raises(InvalidValue, match="source"):
        validate(broken)
    with pytest.raises(InvalidValue, match="made of a record"):
        receipt(example(), ISSUED_AT)
    with pytest.raises(InvalidValue, match="timezone"):
        receipt(made(), datetime(2026, 9, 21))  # noqa: DTZ001


def test_the_pseudonym_joins_no_two_records() -> None:
    """Law: the same person's next call has another pseudonym; the same record always has the same."""
    other = "00000000-0000-4000-8000-000000000001"
    ids = [record(one, told_caller(), call(*YES))["dpv:hasDataSubject"]["@id"] for one in (RECORD_ID, RECORD_ID, other)]
    assert ids[0] == ids[1] != ids[2]
    assert RECORD_ID not in ids[0]


def test_a_record_id_is_a_uuid_in_any_form() -> None:
    """Law: an id without hyphens is the same record; a call's id is refused, so that it never gets into a record."""
    assert record(RECORD_ID.replace("-", ""), told_caller(), call(*YES)) == made()
    with pytest.raises(InvalidValue, match="UUID"):
        record("1757838612.42", told_caller(), call(*YES))


@pytest.mark.parametrize(
    "change",
    [
        {"controller": " "},
        {"contact": ""},
        {"text": "\n"},
        {"profile": "none"},
        {"notice_id": "5C0FFEE5BA5EBA11"},
        {"version": 0},
        {"language": "e"},
        {"language": "en fr"},
        {"layers": ("",)},
        {"purposes": frozenset()},
        {"purposes": frozenset({Purpose.CLIPS})},
        {"ways": (Way.DESK, Way.LINE)},
        {"ways": (Way.KEYS, Way.LINE)},
        {"ways": (Way.KEYS, Way.DESK, Way.DESK)},
    ],
)
def test_what_was_told_is_valid_at_birth(change: dict[str, Any]) -> None:
    """Law: nobody is given a receipt without a controller, a contact, a notice or a way to take the yes back."""
    with pytest.raises(InvalidValue):
        dataclasses.replace(told_caller(), **change)


def test_staff_can_be_told_of_facts_alone() -> None:
    """Law: no acknowledgement of an agent covers tone, whatever the settings say."""
    for purposes in ({Purpose.TONE}, {Purpose.FACTS, Purpose.TONE}):
        with pytest.raises(InvalidValue):
            dataclasses.replace(told_agent(), purposes=frozenset(purposes))
    with pytest.raises(InvalidValue):
        dataclasses.replace(told_agent(), ways=(AGENTS_WAYS[0],))


@pytest.mark.parametrize(
    ("answer", "party"),
    [(one, Party.AGENT) for one in Answer if one is not Answer.OBJECTED] + [(Answer.OBJECTED, Party.CALLER)],
)
def test_nobody_answers_for_the_other(answer: Answer, party: Party) -> None:
    """Law: in a caller's record the agent can only object, which the caller never does; in staff's nobody objects."""
    with pytest.raises(InvalidValue):
        record(RECORD_ID, told_caller(), [Answered(ISSUED_AT, answer, Why.KEY, party, "event")])
    with pytest.raises(InvalidValue):
        record(RECORD_ID, told_agent(), [Answered(ISSUED_AT, Answer.OBJECTED, Why.KEY, party, "event")])


def test_a_record_needs_an_answer_of_a_known_source() -> None:
    """Law: nothing happened, nothing to prove; and where an answer came from is always known."""
    with pytest.raises(InvalidValue):
        record(RECORD_ID, told_caller(), [])
    with pytest.raises(InvalidValue):
        record(RECORD_ID, told_caller(), [Answered(ISSUED_AT, Answer.ASKED, Why.NOTICE, Party.CALLER, "rumour")])
    naive = datetime.now(UTC).replace(tzinfo=None)
    with pytest.raises(InvalidValue):
        record(RECORD_ID, told_caller(), [Answered(naive, Answer.ASKED, Why.NOTICE, Party.CALLER, "event")])


@pytest.mark.parametrize(
    ("profile", "count"), [("eu", 6), ("fr", 6), ("us-all-party", 5), ("us-one-party", 5), ("custom", 5)]
)
def test_the_profile_says_which_law_and_rights(profile: str, count: int) -> None:
    """Law: the GDPR's articles are named where it applies; the rights but the authority's are given everywhere."""
    found = record(RECORD_ID, dataclasses.replace(told_caller(), profile=profile), call(*YES))
    assert len(found["dpv:hasRight"]) == count
    assert ("dpv:hasApplicableLaw" in found) == (count == 6)
    assert ("eu-gdpr:A9-2-a" in found["dpv:hasLegalBasis"]) == (count == 6)


def test_what_the_ledger_keeps_is_enough() -> None:
    """Law: a record needs nothing but the notice and the answers as the ledger keeps them, and the settings."""
    layers = (Layer("more", "More.", "cd" * 32),)
    notice = Notice(1, "de", "Text.", "ab" * 32, frozenset(QUESTIONS[0].purposes), Retention(30, 90), layers)
    announced = json.loads(json.dumps(notice.told))
    told = Told.of(notice.notice_id, announced, "Example Ltd", "privacy@example.com", "eu", CALLERS_WAYS)
    entry = Entry(ISSUED_AT, Answer.ASKED, Why.NOTICE, "call-1", Party.CALLER, notice.notice_id, "de", "journal")
    found = record(RECORD_ID, told, [Answered.of(entry.fields)])
    assert found["dpv:hasNotice"]["schema:text"] == ["Text.", "More."]
    assert found["dpv:hasConsentStatus"][0]["dpv:isIndicatedAtTime"] == entry.fields["at"]
    assert "call-1" not in json.dumps(found)


@pytest.mark.parametrize("key", ["party", "version", "text", "purposes", "layers", "scores_days"])
def test_half_a_notice_is_refused(key: str) -> None:
    """Law: what was announced is known whole, or there is no receipt that says so."""
    notice = Notice(1, "de", "Text.", "ab" * 32, frozenset({Purpose.FACTS}), Retention(30, 90), party=Party.AGENT)
    announced = {name: value for name, value in notice.told.items() if name != key}
    with pytest.raises(InvalidValue, match=key):
        Told.of(notice.notice_id, announced, "Example Ltd", "privacy@example.com", "eu", AGENTS_WAYS)


@pytest.mark.parametrize("change", [{"at": "yesterday"}, {"answer": "perhaps"}, {"why": "because"}, {"party": "third"}])
def test_an_odd_answer_is_refused(change: dict[str, str]) -> None:
    """Law: an answer that nobody can have given is in no record."""
    fields = {
        "at": "2026-09-14T08:30:12.000Z",
        "answer": "asked",
        "why": "notice",
        "party": "caller",
        "source": "event",
    }
    assert Answered.of(fields).answer is Answer.ASKED
    with pytest.raises(InvalidValue):
        Answered.of(fields | change)
