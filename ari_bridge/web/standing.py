"""Addresses that stay: for phones to which nothing is pushed, which open the same address in every call.

Such an address holds 128 random bits, of which the settings know the SHA-256 alone. It leads to the call in which that
phone's endpoint is now, and to nothing of any other.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ari_bridge.screens.families import FAMILIES
from ari_bridge.screens.tokens import TOKEN_BYTES, Ticket, Tokens

NO_CALL: Final = ""
"""The call of a ticket whose phone is in none."""


def new_secret() -> tuple[str, str]:
    """A new secret for an address, and its SHA-256 in hexadecimal, for the settings."""
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    return secret, digest(secret)


def digest(secret: str) -> str:
    """What the settings keep of a secret. Of 128 random bits a plain hash cannot be turned back."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Standing:
    """The addresses that stay: `digests` by endpoint, as settings have them; `language` is that of a phone at rest."""

    def __init__(
        self, digests: Mapping[str, str], tokens: Tokens, family_of: Callable[[str], str], language: str
    ) -> None:
        self._endpoints = {one: endpoint for endpoint, one in digests.items()}
        self._tokens = tokens
        self._family_of = family_of
        self._language = language

    def find(self, family: str, secret: str) -> Ticket | None:
        """The ticket of the call in which that phone is, at this address; one of no call between calls.

        None where the secret is nobody's, or the phone is of another family.
        """
        endpoint = self._endpoints.get(digest(secret))
        if endpoint is None or family not in FAMILIES or self._family_of(endpoint) != family:
            return None
        found = self._tokens.of_extension(endpoint)
        if found is not None and found.family == family:
            return replace(found, standing=secret)
        return Ticket("", NO_CALL, endpoint, family, self._language, ended=True, standing=secret)
