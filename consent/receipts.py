"""A consent record and the person's receipt, by ISO/IEC TS 27560:2023, as JSON-LD in the W3C's terms (DPV 2.3).

Structure and terms follow the W3C group's guide "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV".
Pure: plain values in, dicts out. The context and the schemas are files of this package; nothing is ever fetched.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource

from consent.errors import InvalidValue
from consent.parties import Party
from consent.purposes import PERMITTED, QUESTIONS, Purpose
from consent.retention import Retention, stamp
from consent.states import Answer, Why
from consent.wording import SAID_IN, Way

JsonLd = dict[str, Any]
"""One JSON-LD document, ready for `json.dumps`."""

_FOLDER: Final = resources.files("consent") / "schemas"
CONTEXT: Final[JsonLd] = json.loads((_FOLDER / "context.jsonld").read_text(encoding="utf-8"))["@context"]
"""What each prefix stands for and which values are IRIs. Every document carries it whole."""
SCHEMA_VERSION: Final = "1"
CONFORMS_TO: Final = "https://w3id.org/dpv/schema/dpv-27560#"

CALLERS_WAYS: Final = (Way.KEYS, Way.LINE, Way.WEB, Way.DESK)
AGENTS_WAYS: Final = (Way.LINE, Way.DESK)
JURISDICTIONS: Final = {"eu": "loc:EU", "fr": "loc:FR", "us-all-party": "loc:US", "us-one-party": "loc:US"}
"""The place of a profile; `custom` has none of its own."""
_GDPR: Final = frozenset({"eu", "fr"})
RIGHTS: Final = {
    "withdrawal": "eu-gdpr:A7-3", "access": "eu-gdpr:A15", "rectification": "eu-gdpr:A16", "erasure": "eu-gdpr:A17",
    "portability": "eu-gdpr:A20", "complaint": "eu-gdpr:A77",
}  # fmt: skip
"""What a person may ask for, with the article of the GDPR. All but the complaint are given under every profile."""
STATES: Final = {
    Answer.ASKED: "dpv:ConsentRequested", Answer.GRANTED: "dpv:ConsentGiven", Answer.REFUSED: "dpv:ConsentRefused",
    Answer.WITHDRAWN: "dpv:ConsentWithdrawn", Answer.OBJECTED: "dpv:ConsentRevoked",
    Answer.EXPIRED: "dpv:ConsentExpired",
}  # fmt: skip
"""Revoked is the vocabulary's word for a yes that another than the person has ended: here the agent."""
_ENDED_FOR_GOOD: Final = frozenset({Answer.WITHDRAWN, Answer.OBJECTED, Answer.EXPIRED})
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8})*")
_NOTICE_ID: Final = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Told:
    """What was announced to whom, by whom, before the question. `text` is in `language`, as `layers` are: the prompts
    that belong to it (more on a key, another recorder).

    `party` is whose record it is; `ways` are the ways of taking a yes back that were open to that person.

    Raises:
        InvalidValue: a field is empty or of the wrong form, a purpose that the party's yes can never cover, or a way
            that is missing: the stop keys for a caller, the contact for everybody.
    """

    party: Party
    controller: str
    contact: str
    profile: str
    notice_id: str
    version: int
    language: str
    text: str
    purposes: frozenset[Purpose]
    retention: Retention
    ways: tuple[Way, ...] = CALLERS_WAYS
    layers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("controller", "contact", "text"):
            if not getattr(self, name).strip():
                raise InvalidValue(f"a record needs its {name}")
        if not all(layer.strip() for layer in self.layers):
            raise InvalidValue("a layer of a notice needs a text")
        if self.profile not in (*JURISDICTIONS, "custom"):
            raise InvalidValue(f"no such profile: {self.profile!r}")
        if not _NOTICE_ID.fullmatch(self.notice_id) or self.version < 1:
            raise InvalidValue("a notice has an id of 16 hexadecimal digits and a version from 1 on")
        if not _LANGUAGE.fullmatch(self.language) or len(self.language) < 2:
            raise InvalidValue(f"not a language tag: {self.language!r}")
        if not self.purposes or not self.purposes <= PERMITTED[self.party]:
            raise InvalidValue(f"a yes of the {self.party} cannot cover {sorted(self.purposes)}")
        needed = {Way.DESK, Way.KEYS} if self.party is Party.CALLER else {Way.DESK}
        if not needed <= set(self.ways) or len(set(self.ways)) != len(self.ways) or len(self.ways) < 2:
            raise InvalidValue(f"the ways of the {self.party} to take a yes back are wrong: {list(self.ways)}")

    @classmethod
    def of(
        cls,
        notice_id: str,
        notice: Mapping[str, Any],
        controller: str,
        contact: str,
        profile: str,
        ways: tuple[Way, ...],
    ) -> Told:
        """The same from a notice as the ledger keeps it (`Notice.told`, as JSON has it). Raises InvalidValue."""
        try:
            return cls(
                party=Party(notice["party"]),
                controller=controller,
                contact=contact,
                profile=profile,
                notice_id=notice_id,
                version=notice["version"],
                language=notice["language"],
                text=notice["text"],
                purposes=frozenset(Purpose(one) for one in notice["purposes"]),
                retention=Retention(notice["scores_days"], notice["records_days"]),
                ways=ways,
                layers=tuple(layer["text"] for layer in notice["layers"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidValue(f"not a notice as the ledger keeps it: {error}") from error


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer. `source` says how it reached the program: event, journal, keys, bridge, line, web or desk."""

    at: datetime
    answer: Answer
    why: Why
    party: Party
    source: str

    @classmethod
    def of(cls, fields: Mapping[str, str]) -> Answered:
        """The same from an answer as the ledger seals it. Raises InvalidValue."""
        try:
            at = datetime.fromisoformat(fields["at"])
            return cls(at, Answer(fields["answer"]), Why(fields["why"]), Party(fields["party"]), fields["source"])
        except (KeyError, ValueError) as error:
            raise InvalidValue(f"not an answer as the ledger seals it: {error}") from error


def record(record_id: str, told: Told, events: Sequence[Answered]) -> JsonLd:
    """The record of one call, or of one agent's acknowledgement: a JSON-LD dict that fits `schemas/record.schema.json`.

    `record_id` is a UUID in any written form; the person's pseudonym is derived from it and so joins no two records.

    Raises:
        InvalidValue: no event, an event that is not this party's to say, an unknown source, or no UUID.
    """
    ident = _uuid(record_id)
    made: JsonLd = {"@context": CONTEXT} | _header(ident, "ConsentRecord", "record")
    made["dpv:hasDataSubject"] = _subject(ident, told.party)
    made["dpv:hasNotice"] = {
        "@type": ["dpv:ConsentNotice", "dpv:OralNotice"],
        "dct:identifier": told.notice_id,
        "dct:language": told.language,
        "schema:version": told.version,
        "schema:text": [told.text, *told.layers],
    }
    made["dpv:hasProcess"] = [_process(one, told) for one in sorted(told.purposes)]
    made["dpv:hasStorageCondition"] = _storage(_days(told.retention.records_days))
    made |= _controller(told)
    made |= _law(told)
    made["dpv:hasConsentStatus"] = [_event(one, told.party) for one in events]
    validate(made)
    return made


def receipt(of: JsonLd, at: datetime) -> JsonLd:
    """The person's copy of a record, made at `at`: all of it but how each answer reached the controller's program.

    Raises:
        InvalidValue: `of` is no record, or `at` has no timezone.
    """
    validate(of)
    if of["@type"] != "dpv:ConsentRecord":
        raise InvalidValue("a receipt is made of a record")
    created = stamp(at)
    copy = {key: value for key, value in of.items() if key != "@context"}
    copy["dpv:hasConsentStatus"] = [
        {key: value for key, value in event.items() if key != "dct:source"} for event in of["dpv:hasConsentStatus"]
    ]
    ident = uuid.uuid5(_uuid(of["dct:identifier"]), f"receipt {created}")
    made: JsonLd = {"@context": CONTEXT} | _header(ident, "ConsentReceipt", "receipt")
    made |= {"dct:created": created, "dct:publisher": "_:controller", "dpv:hasRecordOfActivity": copy}
    validate(made)
    return made


def validate(document: Mapping[str, Any]) -> None:
    """Check a record or a receipt against the schema shipped with the package. Raises InvalidValue: names the place."""
    validator = _VALIDATORS.get(str(document.get("@type")))
    if validator is None:
        raise InvalidValue("neither a consent record nor a consent receipt")
    error = best_match(validator.iter_errors(dict(document)))
    if error is not None:
        raise InvalidValue(f"{error.json_path}: {error.message}")
    if document["@context"] != CONTEXT:
        raise InvalidValue("$['@context']: not the context of this package")


def _header(ident: uuid.UUID, kind: str, profile: str) -> JsonLd:
    return {
        "@id": ident.urn,
        "@type": f"dpv:{kind}",
        "dct:identifier": str(ident),
        "dct:conformsTo": CONFORMS_TO + profile,
        "schema:schemaVersion": SCHEMA_VERSION,
    }


def _subject(ident: uuid.UUID, party: Party) -> JsonLd:
    kinds = ["dpv:DataSubject"] if party is Party.CALLER else ["dpv:DataSubject", "dpv:Employee"]
    return {"@id": uuid.uuid5(ident, "principal").urn, "@type": kinds, "dct:title": party.value}


def _process(purpose: Purpose, told: Told) -> JsonLd:
    is_tone, english = purpose is Purpose.TONE, SAID_IN["en"]
    data = ["dpv:InferredPersonalData", "dpv:SensitivePersonalData"] if is_tone else ["dpv:DerivedPersonalData"]
    # The facts of an agent die with the call: the screen of that agent is their only use.
    kept = _days(told.retention.scores_days) if told.party is Party.CALLER else _until("the end of the call")
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "skos:broader": next(one.dpv for one in QUESTIONS if purpose in one.purposes),
            "dct:title": purpose.value,
        },
        "dpv:hasPersonalData": {
            "@type": data,
            "skos:broader": "pd:Emotion" if is_tone else "pd:Behavioural",
            "dct:description": english.data[told.party][purpose],
        },
        "dpv:hasProcessing": [
            "dpv:Observe", "dpv:Infer" if is_tone else "dpv:Derive", "dpv:Display", "dpv:Store", "dpv:Erase",
        ],
        "dpv:hasDataSource": "dpv:DataSubjectDataSource",
        "dpv:hasNecessity": "dpv:Optional",
        "dpv:hasHumanInvolvement": "dpv:HumanInvolvementForDecision",
        "dpv:hasStorageCondition": _storage(kept),
    }  # fmt: skip


def _controller(told: Told) -> JsonLd:
    return {
        "dpv:hasDataController": "_:controller",
        "dpv:hasEntity": {
            "@id": "_:controller",
            "@type": "dpv:DataController",
            "dpv:hasName": told.controller,
            "dpv:hasContact": told.contact,
        },
        "dpv:hasRecipient": "dpv:DataController",
    }


def _law(told: Told) -> JsonLd:
    english, is_european = SAID_IN["en"].ways[told.party], told.profile in _GDPR
    place: str | JsonLd = JURISDICTIONS.get(told.profile) or {"@type": "dpv:Location", "dct:title": told.profile}
    made: JsonLd = {"dpv:hasJurisdiction": place}
    if is_european:
        made["dpv:hasApplicableLaw"] = "legal-eu:law-GDPR"
    if told.party is Party.CALLER:
        # Both articles: a voice may reveal health. Of staff no basis is claimed, their yes is hardly ever free (EDPB,
        # Guidelines 05/2020, paragraph 21): it is a condition of this product, the basis is the controller's to name.
        made["dpv:hasLegalBasis"] = ["eu-gdpr:A6-1-a", "eu-gdpr:A9-2-a"] if is_european else [_consent(told.party)]
    made["dpv:hasConsentControl"] = {
        "@type": "dpv:WithdrawConsent",
        "dpv:isExercisedAt": [english[way] for way in told.ways],
    }
    made["dpv:hasRight"] = [
        {
            "@type": ["dpv:DataSubjectRight", article] if is_european else ["dpv:DataSubjectRight"],
            "dct:title": name,
            "dpv:isExercisedAt": told.contact,
        }
        for name, article in RIGHTS.items()
        if is_european or name != "complaint"
    ]
    return made


def _event(one: Answered, whose: Party) -> JsonLd:
    expected = Party.AGENT if one.answer is Answer.OBJECTED else whose
    if one.party is not expected or (one.answer is Answer.OBJECTED and whose is Party.AGENT):
        raise InvalidValue(f"{one.answer} is not the {one.party}'s to say in a record of the {whose}")
    if one.answer in (Answer.ASKED, Answer.EXPIRED):
        by = "_:controller"
    else:
        by = "dpv:Employee" if one.answer is Answer.OBJECTED else "dpv:DataSubject"
    return {
        "@type": [STATES[one.answer], _consent(whose)],
        "dpv:isIndicatedAtTime": stamp(one.at),
        "dpv:hasDuration": _validity(one.answer, whose),
        "dpv:isIndicatedBy": by,
        "dpv:hasIndicationMethod": one.why.value,
        "dct:source": one.source,
    }


def _validity(answer: Answer, whose: Party) -> JsonLd:
    if answer in _ENDED_FOR_GOOD:
        return {"@type": "dpv:EndlessDuration"}
    if answer is Answer.ASKED:
        return _until("the answer")
    return _until("the end of the call" if whose is Party.CALLER else "a withdrawal or another notice")


def _consent(whose: Party) -> str:
    return "dpv:ExplicitlyExpressedConsent" if whose is Party.CALLER else "dpv:ExpressedConsent"


def _storage(kept: JsonLd) -> list[JsonLd]:
    return [
        {"@type": "dpv:StorageLocation", "dpv:hasLocation": "dpv:LocalLocation"},
        {"@type": "dpv:StorageDuration", "dpv:hasDuration": kept},
    ]


def _days(days: int) -> JsonLd:
    return {"@type": "dpv:TemporalDuration", "rdf:value": f"P{days}D"}


def _until(what: str) -> JsonLd:
    return {"@type": "dpv:UntilEventDuration", "rdf:value": what}


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise InvalidValue(f"the id of a record is a UUID, not {text!r}") from error


def _validators() -> dict[str, Draft202012Validator]:
    schemas = {kind: json.loads((_FOLDER / f"{kind}.schema.json").read_text("utf-8")) for kind in ("record", "receipt")}
    # A registry of our own knows these two and asks nobody for a third.
    registry: Registry[Any] = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()
    )
    return {
        f"dpv:Consent{kind.title()}": Draft202012Validator(schema, registry=registry)
        for kind, schema in schemas.items()
    }


_VALIDATORS: Final = _validators()
