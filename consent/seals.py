"""How a record is sealed at rest: one secret a record, kept apart from the file; without it the file holds noise.

Erasing the secret erases the record for good, wherever copies of the file lie (crypto-shredding), while the salted
commitment of each answer keeps its place in the chain. Pure: bytes in, bytes out.
"""

import hmac
import secrets
import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from consent.errors import SealBroken

SECRET_BYTES: Final = 32
ANSWER_BYTES: Final = 1024
"""Every sealed answer is so long, whatever it says."""
PIECE_BYTES: Final = 3968
"""What is derived is sealed in pieces of one size, so that no length tells how long a call was. One fills a page."""
ID_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_LENGTH_BYTES: Final = 4
_TAG_BYTES: Final = 16


class Seal(NamedTuple):
    """One sealed blob, and the id under which the file holds it: noise both."""

    seal_id: bytes
    body: bytes


def sealed_bytes(size: int) -> int:
    """How long a blob is whose content was padded to `size`."""
    return _NONCE_BYTES + size + _TAG_BYTES


def new_secret() -> bytes:
    """A fresh secret for one record."""
    return secrets.token_bytes(SECRET_BYTES)


def seal_id(secret: bytes, label: str) -> bytes:
    """The id of what is sealed under `label`; only who has the secret can tell that two ids belong together."""
    return _derive(secret, f"id {label}")[:ID_BYTES]


def close(secret: bytes, label: str, content: bytes, size: int) -> Seal:
    """Seal `content` (bytes), padded to `size`. Raises ValueError if it is longer than `size` allows."""
    padded = len(content).to_bytes(_LENGTH_BYTES, "big") + content
    if len(padded) > size:
        raise ValueError(f"{len(content)} bytes do not fit into {size}")
    ident, nonce = seal_id(secret, label), secrets.token_bytes(_NONCE_BYTES)
    cipher = ChaCha20Poly1305(_derive(secret, f"key {label}"))
    return Seal(ident, nonce + cipher.encrypt(nonce, padded.ljust(size, b"\0"), ident))


def open_seal(secret: bytes, label: str, body: bytes) -> bytes:
    """What was sealed. Raises SealBroken: another secret, another label, or a changed byte."""
    cipher = ChaCha20Poly1305(_derive(secret, f"key {label}"))
    try:
        padded = cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], seal_id(secret, label))
    except (InvalidTag, ValueError) as error:  # ValueError: too short to hold a nonce
        raise SealBroken("a sealed record was changed") from error
    length = int.from_bytes(padded[:_LENGTH_BYTES], "big")
    return padded[_LENGTH_BYTES : _LENGTH_BYTES + length]


def close_derived(secret: bytes, content: bytes) -> Iterator[Seal]:
    """Seal what was derived from a call (bytes of any length) in pieces of one size."""
    packed = zlib.compress(content, 9)
    room = PIECE_BYTES - _LENGTH_BYTES
    for number, start in enumerate(range(0, len(packed), room)):
        yield close(secret, piece_label(number), packed[start : start + room], PIECE_BYTES)


def open_derived(secret: bytes, bodies: list[bytes]) -> bytes:
    """What `close_derived` sealed. Raises SealBroken."""
    packed = b"".join(open_seal(secret, piece_label(number), body) for number, body in enumerate(bodies))
    try:
        return zlib.decompress(packed)
    except zlib.error as error:
        raise SealBroken("a piece of a sealed record is missing") from error


def answer_label(number: int) -> str:
    """The label of a record's answer, counted from 0."""
    return f"answer {number}"


def piece_label(number: int) -> str:
    """The label of a piece of what was derived, counted from 0."""
    return f"derived {number}"


def commitment(secret: bytes, number: int, content: bytes) -> str:
    """What the chain holds of an answer: it binds to the content, and without the secret tells nothing of it."""
    return hmac.new(_derive(secret, f"salt {number}"), content, sha256).hexdigest()


def _derive(secret: bytes, label: str) -> bytes:
    return hmac.digest(secret, label.encode(), "sha256")
