"""The sections of the settings: each key with its type, default, bounds and a description with its unit."""

from __future__ import annotations

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from consent.retention import MAX_SCORES_DAYS, Retention

Port = Annotated[int, Field(ge=1, le=65535)]
MediaPort = Annotated[int, Field(ge=1024, le=65535)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f]+$")]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]


class Family(StrEnum):
    """Which XML a desk phone reads."""

    YEALINK = "yealink"
    CISCO = "cisco"
    NONE = "none"


class Section(BaseModel):
    """What all sections share: frozen, and a key that nobody reads is an error, never ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class PbxSection(Section):
    """How to reach the PBX."""

    ari_url: str = Field(
        default="http://127.0.0.1:8088/ari", description="Address of the PBX's ARI; https unless it is loopback."
    )
    ari_user: Word = Field(default="ouidire", description="User of ari.conf.")
    ami_host: Word = Field(
        default="127.0.0.1", description="Address of the PBX's AMI; loopback only, since AMI is spoken in clear."
    )
    ami_port: Port = Field(default=5038, description="TCP port of the PBX's AMI.")
    ami_user: Word = Field(default="ouidire", description="User of manager.conf that listens and renews leases.")
    phones_user: Word = Field(
        default="ouidire-phones", description="User of manager.conf that only pushes documents to phones."
    )
    secrets_file: Path = Field(
        default=Path("/etc/ouidire/secrets.toml"),
        description="File with the three passwords; mode 0600, owned by the service's user.",
    )

    @field_validator("ari_url")
    @classmethod
    def _is_private(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an http:// or https:// address")
        if parts.username or parts.password or parts.query:
            raise ValueError("must hold no user, password or query: passwords belong into pbx.secrets_file")
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            raise ValueError("must be https, since the PBX is not on this machine")
        return url.rstrip("/")

    @field_validator("ami_host")
    @classmethod
    def _stays_here(cls, host: str) -> str:
        if not is_loopback(host):
            raise ValueError("must be loopback; for a PBX elsewhere use a TLS tunnel that ends on this machine")
        return host


class PartiesSection(Section):
    """Who is who, by the endpoint of a leg."""

    trunks: tuple[Word, ...] = Field(
        default=("trunk",),
        min_length=1,
        description="Patterns (* and ?) of the endpoints that lead outside; every other endpoint is staff, "
        "whose tone is never judged.",
    )


class MediaSection(Section):
    """Where the PBX sends a consented voice."""

    host: Word = Field(
        default="127.0.0.1",
        description="Our IP address for RTP, as the PBX reaches it; loopback or a private network. "
        "The PBX's gate holds it too: install again after a change.",
    )
    pbx_host: Word = Field(
        default="127.0.0.1", description="The PBX's IP address; RTP from any other source is dropped and counted."
    )
    # Below Linux's range for outgoing connections (32768 and up), above Asterisk's own RTP (10000 to 20000).
    first_port: MediaPort = Field(default=30000, description="First UDP port of ours.")
    last_port: MediaPort = Field(default=30999, description="Last UDP port of ours.")
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


class RetentionSection(Section):
    """How long what was derived from a voice may stay."""

    scores_days: Annotated[int, Field(ge=1, le=MAX_SCORES_DAYS)] = Field(
        default=30,
        description=f"Days after which scores and facts are deleted; {MAX_SCORES_DAYS} at most. "
        "It is part of the notice: a change gives the notice a new id.",
    )

    def as_retention(self) -> Retention:
        """The value that grants and notices carry."""
        return Retention(self.scores_days)


class ScreensSection(Section):
    """The documents for desk phones, and the server that phones fetch them from."""

    host: Word = Field(
        default="127.0.0.1", description="IP address to listen on; anything but loopback needs tls_cert and tls_key."
    )
    port: Port = Field(default=8480, description="TCP port to listen on.")
    base_url: str = Field(default="http://127.0.0.1:8480", description="The same server as the phones reach it.")
    default_family: Family = Field(
        default=Family.NONE,
        description="Family of the phones that families does not name: yealink, cisco or none (no screen).",
    )
    families: dict[Word, Family] = Field(
        default_factory=dict, description='Family of single endpoints, for example { 1001 = "yealink" }.'
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
        if (self.tls_cert is None) is not (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        if not is_loopback(self.host) and self.tls_cert is None:
            raise ValueError("tls_cert and tls_key are needed, since host is not loopback")
        return self

    def family_of(self, endpoint: str) -> Family:
        """The family of one endpoint's phone."""
        return self.families.get(endpoint, self.default_family)


class AnalysisSection(Section):
    """What judges a caller's voice."""

    model_folder: Path | None = Field(
        default=None, description="Folder with another tone model than the shipped one, of the same form."
    )


class NoticeSection(Section):
    """What is announced before the question."""

    languages: tuple[Language, ...] = Field(
        default=("en", "fr"),
        min_length=1,
        description="Languages with prompts; the first serves every call in another language.",
    )


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
