"""The sections of the settings: each key with its type, default, bounds and a description with its unit."""

from __future__ import annotations

import re
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from ari_bridge.run.phone_push import HttpPhoneEntry
from consent.profiles import EU, FR, STRICTEST
from consent.purposes import question
from consent.retention import MAX_CLIPS_DAYS, MAX_RECORDS_DAYS, MAX_SCORES_DAYS, Retention

Port = Annotated[int, Field(ge=1, le=65535)]
MediaPort = Annotated[int, Field(ge=1024, le=65535)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f]+$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Dialled = Annotated[str, Field(pattern=r"^[A-Za-z0-9+*#?_.-]{1,40}$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d"
_ONE_OR_RANGE: Final = r"(\*|(?:{0})(-(?:{0}))?)"
_HOURS: Final = re.compile(
    rf"(\*|{_TIME}-{_TIME}),{_ONE_OR_RANGE.format('mon|tue|wed|thu|fri|sat|sun')},"
    rf"{_ONE_OR_RANGE.format('[1-9]|[12][0-9]|3[01]')},"
    rf"{_ONE_OR_RANGE.format('jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec')}"
    r"(,[A-Za-z_]+(/[A-Za-z0-9_+-]+){0,2})?"
)
"""Asterisk's IFTIME: times of day, weekdays, days of the month, months, and a time zone if it is not the PBX's own."""


def _as_hours(written: str) -> str:
    if not _HOURS.fullmatch(written):
        raise ValueError("must be written like 09:00-18:00,mon-fri,*,* (times, weekdays, days of the month, months)")
    return written


Hours = Annotated[str, AfterValidator(_as_hours)]


class Family(StrEnum):
    """Which XML a desk phone reads."""

    YEALINK = "yealink"
    MITEL = "mitel"
    SNOM = "snom"
    CISCO = "cisco"
    CISCO_CUCM = "cisco-cucm"
    POLY = "poly"
    FANVIL = "fanvil"
    GRANDSTREAM = "grandstream"
    UNIFY = "unify"
    AUTO = "auto"
    """The one that the phone names when it registers."""
    NONE = "none"


class Section(BaseModel):
    """What all sections share: frozen, and a key that nobody reads is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


def need_tls(host: str, tls_cert: Path | None, tls_key: Path | None) -> None:
    """What holds for every listener of ours: off loopback with TLS only. Raises ValueError."""
    if (tls_cert is None) is not (tls_key is None):
        raise ValueError("tls_cert and tls_key go together")
    if not is_loopback(host) and tls_cert is None:
        raise ValueError("tls_cert and tls_key are needed, since host is not loopback")


class PartiesSection(Section):
    """Who is who, by the endpoint of a leg."""

    trunks: tuple[Word, ...] = Field(
        default=("trunk",),
        min_length=1,
        description="Patterns (* and ?) of the endpoints that lead outside; every other endpoint is staff, "
        "whose tone is never judged.",
    )
    unmonitored: tuple[Word, ...] = Field(
        default=(),
        description="Patterns (* and ?) of the endpoints that are never part of what is heard: while one of them is in "
        "a conversation nobody in it is heard (works council, doctor, human resources).",
    )

    @field_validator("trunks")
    @classmethod
    def _leaves_staff_out(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        if any(set(pattern) <= set("*?") for pattern in patterns):
            raise ValueError(
                "must name the endpoints that lead outside: a pattern that fits all makes callers of staff"
            )
        return patterns


class AskingSection(Section):
    """Which callers are asked at all; whoever is not asked is not heard."""

    quota_percent: Annotated[int, Field(ge=1, le=100)] = Field(
        default=STRICTEST.max_quota_percent,
        description="How many calls of a hundred are asked, drawn by chance; the profile holds a ceiling "
        f"(fr {FR.max_quota_percent}, eu {EU.max_quota_percent}). Install again after a change.",
    )
    hours: tuple[Hours, ...] = Field(
        default=(),
        description="When callers are asked, for example 09:00-18:00,mon-fri,*,* (times, weekdays, days, months, as "
        "the PBX writes them); empty: at any time. Install again after a change.",
    )
    never_asked: tuple[Dialled, ...] = Field(
        default=(),
        description="Patterns (* and ?) of dialled numbers and extensions whose calls are neither asked nor heard; "
        "emergency numbers are among them in any case. Install again after a change.",
    )


class MediaSection(Section):
    """Where the PBX sends a consented voice."""

    host: Word = Field(
        default="127.0.0.1",
        description="Our IP address for a voice, as the PBX reaches it; loopback or a private network. "
        "The PBX's gate holds it too: install again after a change.",
    )
    pbx_host: Word = Field(
        default="127.0.0.1", description="The PBX's IP address; what comes from any other is dropped and counted."
    )
    # Below Linux's range for outgoing connections (32768 and up), above Asterisk's own RTP (10000 to 20000).
    first_port: MediaPort = Field(default=30000, description="First UDP port of ours.")
    last_port: MediaPort = Field(default=30999, description="Last UDP port of ours.")
    transport: Literal["rtp", "audiosocket", "websocket", "tap"] = Field(
        default="rtp",
        description="How a voice travels: rtp (UDP, one port a voice), audiosocket (TCP, one port for all; "
        "Asterisk 18 or newer), websocket (FreeSWITCH with mod_audio_stream: TCP, one port for all) or "
        "tap (FreeSWITCH: SIP calls from its eavesdrop to tap_port, and rtp). "
        "The PBX's gate holds it too: install again after a change.",
    )
    audiosocket_port: MediaPort = Field(
        default=31000,
        description="TCP port of ours for AudioSocket. The PBX's gate holds it too: install again after a change.",
    )
    audiosocket_rate_hz: Literal[0, 8000, 16000, 24000, 32000, 44100, 48000] = Field(
        default=16000,
        description="Rate in Hz of what comes by AudioSocket: what our own gate asks for, however the PBX marks it "
        "(before autumn 2025 Asterisk gave every rate one mark); 0: as marked, for a gate of your own.",
    )
    websocket_port: MediaPort = Field(
        default=31080,
        description="TCP port of ours for FreeSWITCH's WebSockets. "
        "The PBX's gate holds it too: install again after a change.",
    )
    tap_port: MediaPort = Field(
        default=31060,
        description="UDP port of ours for the SIP of FreeSWITCH's eavesdropping legs. "
        "The PBX's gate holds it too: install again after a change.",
    )
    tap_profile: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = Field(
        default="internal",
        description="FreeSWITCH's SIP profile by which its eavesdropping legs leave; it must reach media.host. "
        "The PBX's gate holds it too: install again after a change.",
    )
    max_forks: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=60,
        description="Most forks (voices heard) at one time; a call needs two. "
        "The PBX's gate holds it too: install again after a change.",
    )
    lease_s: Annotated[int, Field(ge=4, le=30)] = Field(
        default=8,
        description="Seconds after which the PBX ends a fork that the bridge did not renew. "
        "The PBX's gate holds it too: install again after a change.",
    )
    say_folder: Path = Field(
        default=Path("/var/lib/ouidire-say"),
        description="Folder in which the spoken reference of a call lies for the seconds in which the PBX plays it; "
        "the PBX's user must be able to read it.",
    )

    @field_validator("host", "pbx_host")
    @classmethod
    def _on_site(cls, host: str) -> str:
        try:
            address = ip_address(host)
        except ValueError:
            raise ValueError("must be an IP address") from None
        if not address.is_private or address.is_unspecified:
            raise ValueError("must be loopback or a private address: a voice travels in clear and stays on the site")
        return host

    @model_validator(mode="after")
    def _range_suffices(self) -> Self:
        if self.last_port - self.first_port + 1 < 2 * self.max_forks:
            raise ValueError(
                "first_port to last_port must hold at least twice max_forks, since a port rests before it serves again"
            )
        return self


class DatabaseSection(Section):
    """The one SQLite file."""

    path: Path = Field(
        default=Path("/var/lib/ouidire/ouidire.sqlite"),
        description="The SQLite file with the ledger and the scores; its folder must be writable.",
    )


class KeysSection(Section):
    """The keys that open what is kept."""

    folder: Path = Field(
        default=Path("/var/lib/ouidire-keys"),
        description="Folder of the keyring and the keys, mode 0700; never with the database, so that whoever takes "
        "the one has nothing without the other. Keep its backups apart too.",
    )


class RetentionSection(Section):
    """How long what was derived from a voice may stay."""

    scores_days: Annotated[int, Field(ge=1, le=MAX_SCORES_DAYS)] = Field(
        default=30,
        description=f"Days after which scores and facts are deleted; {MAX_SCORES_DAYS} at most. "
        "It is part of the notice: a change gives the notice a new id.",
    )

    records_days: Annotated[int, Field(ge=1, le=MAX_RECORDS_DAYS)] = Field(
        default=MAX_RECORDS_DAYS,
        description="Days after which it can no longer be found out whose answer a record of consent was; at least "
        f"scores_days, {MAX_RECORDS_DAYS} at most. It is part of the notice.",
    )
    clips_days: Annotated[int, Field(ge=1, le=MAX_CLIPS_DAYS)] = Field(
        default=30,
        description=f"Days after which a clip for a person's review would be deleted; {MAX_CLIPS_DAYS} at most. "
        "Declared: this version keeps no clip and refuses the question for it.",
    )

    @model_validator(mode="after")
    def _proof_outlives_scores(self) -> Self:
        if self.records_days < self.scores_days:
            raise ValueError("records_days must be at least scores_days: a score is kept no longer than its yes")
        return self

    def as_retention(self) -> Retention:
        """The value that grants and notices carry."""
        return Retention(self.scores_days, self.records_days)


class ScreensSection(Section):
    """The documents for desk phones, and the server that phones fetch them from."""

    host: Word = Field(
        default="127.0.0.1", description="IP address to listen on; anything but loopback needs tls_cert and tls_key."
    )
    port: Port = Field(default=8480, description="TCP port to listen on.")
    base_url: str = Field(default="http://127.0.0.1:8480", description="The same server as the phones reach it.")
    default_family: Family = Field(
        default=Family.NONE,
        description="Family of the phones that families does not name, as phones.md lists them; auto: by the phone's "
        "user agent; none: no screen.",
    )
    families: dict[Word, Family] = Field(
        default_factory=dict, description='Family of single endpoints, for example { 1001 = "yealink" }.'
    )
    addresses: dict[Word, Digest] = Field(
        default_factory=dict,
        description="Addresses that stay, for phones that only fetch: endpoint and digest, as ouidire phone address "
        "prints them.",
    )
    http: dict[Word, HttpPhoneEntry] = Field(
        default_factory=dict,
        description="Phones that a card is sent to straight by HTTP: endpoint and a table of address, username, "
        "password_file or password_env, tls_fingerprint; phones.md says which families take it.",
    )
    check_addresses: bool = Field(
        default=False,
        description="Show a card only to the IP address from which its endpoint is registered, as the PBX tells it; "
        "not where phones come through a proxy, or fetch from another address than they register from.",
    )
    pair_number: str = Field(
        default="",
        pattern=r"^[0-9*]{0,10}$",
        description="What staff dial before the six digits that the desk page shows, as your dialplan leads it to "
        'ouidire-pair, for example "602"; empty: it leads nowhere, and the page offers no pairing.',
    )
    tls_cert: Path | None = Field(default=None, description="PEM file with the certificate chain.")
    tls_key: Path | None = Field(default=None, description="PEM file with the private key.")

    @field_validator("base_url")
    @classmethod
    def _is_url(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an http:// or https:// address without query")
        return url.rstrip("/")

    @model_validator(mode="after")
    def _tls_off_loopback(self) -> Self:
        need_tls(self.host, self.tls_cert, self.tls_key)
        return self

    @model_validator(mode="after")
    def _addresses_differ(self) -> Self:
        if len(set(self.addresses.values())) < len(self.addresses):
            raise ValueError("two endpoints of addresses have one digest: each phone has an address of its own")
        return self

    def family_of(self, endpoint: str) -> Family:
        """The family of one endpoint's phone."""
        return self.families.get(endpoint, self.default_family)


class NoticeSection(Section):
    """What is announced before the question."""

    languages: tuple[Language, ...] = Field(
        default=("en", "fr"),
        min_length=1,
        description="Languages with prompts; the first serves every call in another language.",
    )
    folder: Path = Field(
        default=Path("/etc/ouidire/notices"),
        description="Folder with your own languages and recordings, made by `ouidire notice add`; they go before the "
        "shipped ones.",
    )
    questions: tuple[str, ...] = Field(
        default=("tone",),
        min_length=1,
        description="What is asked, each with a yes of its own: tone (the caller's tone and the facts of the talk).",
    )
    mentions_recording: bool = Field(
        default=False,
        description="Say before the question that the PBX itself records or is listened in on, whatever the caller "
        "answers; needed where it does. Install again after a change.",
    )

    @field_validator("questions")
    @classmethod
    def _can_be_asked(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(names)) != len(names):
            raise ValueError("each question is asked once")
        for name in names:
            question(name)
        return names


class LogSection(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level that is written."
    )
    format: Literal["json", "console"] = Field(
        default="json", description="json: one object a line; console: for eyes."
    )


def is_loopback(host: str) -> bool:
    """True for an address that leads to this machine alone."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
