"""The section [pbx] of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from ari_bridge.run.sections import Port, Section, Word, is_loopback


class PbxSection(Section):
    """How to reach the PBX."""

    kind: Literal["asterisk", "freeswitch"] = Field(
        default="asterisk",
        description="Which PBX it is. Keys that begin with ari or ami are Asterisk's, with esl FreeSWITCH's.",
    )
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
        default="ouidire-phones",
        description="User of manager.conf that pushes documents to phones and asks which are there, no more.",
    )
    esl_host: Word = Field(
        default="127.0.0.1",
        description="Address of FreeSWITCH's event socket; loopback only, since it is spoken in clear.",
    )
    esl_port: Port = Field(default=8021, description="TCP port of FreeSWITCH's event socket.")
    esl_user: Word = Field(
        default="ouidire@ouidire.invalid",
        description="User of FreeSWITCH's directory, with its domain, that has our few rights at the event socket.",
    )
    secrets_file: Path = Field(
        default=Path("/etc/ouidire/secrets.toml"),
        description="File with the passwords (Asterisk's three, FreeSWITCH's one); mode 0600, owned by the "
        "service's user.",
    )
    config_dir: Path = Field(
        default=Path("/etc/asterisk"),
        description="Folder of the PBX's configuration, where `serve` looks for other recorders before it starts; "
        "where it cannot be read that is logged, and `doctor` says so.",
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

    @field_validator("ami_host", "esl_host")
    @classmethod
    def _stays_here(cls, host: str) -> str:
        if not is_loopback(host):
            raise ValueError("must be loopback; for a PBX elsewhere use a TLS tunnel that ends on this machine")
        return host
