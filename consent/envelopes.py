"""Envelopes that everybody can close and only the works council can open: sealed to a public key.

The private key is the council's code and is stored nowhere. Every envelope is of one size and has a key of its own:
X25519 (RFC 7748) with a fresh pair each time, HKDF with SHA-256 (RFC 5869), ChaCha20-Poly1305 (RFC 8439), in the way
of HPKE's base mode (RFC 9180, section 5.1.1). Pure: bytes in, bytes out.
"""

from __future__ import annotations

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from consent.errors import InvalidValue, SealBroken

CONTENT_BYTES: Final = 3_900
"""Every envelope holds so much, whatever is in it; with the rest of its row it fills a page of the file."""
_KEY_BYTES: Final = 32
_TAG_BYTES: Final = 16
_LENGTH_BYTES: Final = 2
ENVELOPE_BYTES: Final = _KEY_BYTES + CONTENT_BYTES + _TAG_BYTES
_NONCE: Final = bytes(12)
"""One for all, since no key seals twice."""


def public_key(code: str) -> str:
    """What envelopes are sealed to so that this code (as `slips.as_typed` gives it) opens them: 64 hex digits."""
    return _private(code).public_key().public_bytes_raw().hex()


def as_key(text: str) -> str:
    """A public key as somebody typed or pasted it. Raises InvalidValue for what is none."""
    try:
        raw = bytes.fromhex(text)
        X25519PrivateKey.generate().exchange(X25519PublicKey.from_public_bytes(raw))
    except ValueError as error:  # of another length, or a point that gives every code the same secret
        raise InvalidValue("not a key of a works council: `ouidire pulse code` prints one, of 64 digits") from error
    return raw.hex()


def close(key: str, content: bytes) -> bytes:
    """An envelope of ENVELOPE_BYTES. Raises InvalidValue: more content than fits."""
    padded = len(content).to_bytes(_LENGTH_BYTES, "big") + content
    if len(padded) > CONTENT_BYTES:
        raise InvalidValue(f"{len(content)} bytes do not fit into an envelope")
    to, own = bytes.fromhex(key), X25519PrivateKey.generate()
    sender = own.public_key().public_bytes_raw()
    cipher = _cipher(own.exchange(X25519PublicKey.from_public_bytes(to)), sender, to)
    return sender + cipher.encrypt(_NONCE, padded.ljust(CONTENT_BYTES, b"\0"), None)


def open_envelope(code: str, body: bytes) -> bytes:
    """What is in an envelope. Raises SealBroken: another code, or a changed byte."""
    own, sender = _private(code), body[:_KEY_BYTES]
    try:
        shared = own.exchange(X25519PublicKey.from_public_bytes(sender))
        cipher = _cipher(shared, sender, own.public_key().public_bytes_raw())
        padded = cipher.decrypt(_NONCE, body[_KEY_BYTES:], None)
    except (InvalidTag, ValueError) as error:  # ValueError: too short, or no true key
        raise SealBroken("an envelope does not open") from error
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    return padded[_LENGTH_BYTES : _LENGTH_BYTES + length]


def _private(code: str) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(_derived(code.encode(), b"ouidire pulse council"))


def _cipher(shared: bytes, sender: bytes, to: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(_derived(shared, b"ouidire pulse envelope" + sender + to))


def _derived(secret: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), _KEY_BYTES, None, info).derive(secret)
