"""The phones that are reached straight by HTTP: how the settings name them, and their passwords, kept elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from ari_bridge.run.passwords import WIDER_THAN_OWNER
from ari_bridge.run.settings_errors import SettingsError
from ari_bridge.screens.challenges import Login
from ari_bridge.screens.http_phone import HttpPhone
from consent.errors import InvalidValue

MOST_PASSWORD_BYTES: Final = 200
_FINGERPRINT: Final = r"^([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$"


class HttpPhoneEntry(BaseModel):
    """One phone that is reached by HTTP. Its password stands in a file or in the environment, never here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str
    """http:// or https:// with the phone's IP address, and its port where it is not the usual one."""
    username: Annotated[str, Field(max_length=64, pattern=r"^[!-9;-~]*$")] = ""
    """User of the phone's web server or of its push; "" where the phone knows us by our address."""
    password_file: Path | None = None
    """File with the password alone; mode 0600, owned by the service's user."""
    password_env: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None
    """Variable of the service's environment that holds the password."""
    tls_fingerprint: Annotated[str, Field(pattern=_FINGERPRINT)] | None = None
    """SHA-256 of the phone's certificate, in hex; with https, and only there."""

    @field_validator("address")
    @classmethod
    def _on_site(cls, address: str) -> str:
        parts = urlsplit(address)
        try:
            host, _ = ip_address(parts.hostname or ""), parts.port
        except ValueError:
            raise ValueError("must be http:// or https:// with the phone's IP address") from None
        if parts.scheme not in {"http", "https"} or "@" in parts.netloc or parts.path.strip("/") or parts.query:
            raise ValueError("must be http:// or https:// with the phone's IP address and a port, no more")
        if not host.is_private or host.is_unspecified:
            raise ValueError("must be loopback or a private address: a card stays on the site")
        return address.rstrip("/")

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if self.address.startswith("https:") is not (self.tls_fingerprint is not None):
            raise ValueError("https and tls_fingerprint go together: a phone's certificate is known by nothing else")
        named = sum(one is not None for one in (self.password_file, self.password_env))
        if named != bool(self.username):
            raise ValueError("username goes with one of password_file and password_env, and with one alone")
        return self

    def as_phone(self, endpoint: str) -> HttpPhone:
        """The phone with its password. Raises SettingsError: the password cannot be had, or others may read it."""
        name = f'screens.http."{endpoint}"'
        fingerprint = bytes.fromhex((self.tls_fingerprint or "").replace(":", ""))
        if not self.username:
            return HttpPhone(self.address, None, fingerprint)
        try:
            return HttpPhone(self.address, Login(self.username, self._password(name)), fingerprint)
        except InvalidValue as error:
            raise SettingsError(f"{name}: {error}") from None

    def _password(self, name: str) -> str:
        if self.password_env is not None:
            if not (password := os.environ.get(self.password_env, "")):
                raise SettingsError(f"{name}.password_env: the variable {self.password_env} is not set")
            return password
        if self.password_file is None:
            raise SettingsError(f"{name} names no password")
        return _read(self.password_file, f"{name}.password_file")


def phones_of(entries: Mapping[str, HttpPhoneEntry]) -> dict[str, HttpPhone]:
    """The phones by endpoint. Raises SettingsError: a sentence for each whose password cannot be had."""
    phones: dict[str, HttpPhone] = {}
    reasons: list[str] = []
    for endpoint, entry in entries.items():
        try:
            phones[endpoint] = entry.as_phone(endpoint)
        except SettingsError as error:
            reasons += error.reasons
    if reasons:
        raise SettingsError(*reasons)
    return phones


def _read(file: Path, name: str) -> str:
    try:
        if (mode := file.stat().st_mode & 0o777) & WIDER_THAN_OWNER:
            raise SettingsError(f"{name}: {file} has mode {mode:04o}, so others may read it: chmod 600 {file}")
        with file.open("rb") as opened:
            held = opened.read(MOST_PASSWORD_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{name}: {file} cannot be read ({error.strerror})") from None
    password = held.decode("ascii", errors="replace").strip("\r\n")
    if not password or len(held) > MOST_PASSWORD_BYTES:
        raise SettingsError(f"{name}: {file} holds no password of 1 to {MOST_PASSWORD_BYTES} letters")
    return password
