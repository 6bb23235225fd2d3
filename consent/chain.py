"""The chain of the ledger and its signed checkpoints, as pure functions over rows.

A row's hash covers its place, its kind, its commitment and the hash before it, so that a row that was changed, removed,
swapped or put in between is named. A checkpoint is the hash at one place, signed (Ed25519, RFC 8032): a tail that was
written anew without the key is named too; one written anew with the key is caught by a checkpoint kept elsewhere.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from consent.errors import InvalidValue, LedgerBroken

GENESIS: Final = "0" * 64
"""What the first row names as the hash before it."""
PERSON: Final = "person"
"""A row that says nothing in clear: its commitment alone is in the chain."""
PUBLIC: Final = "public"
"""A row without personal data, in clear: its commitment is the hash of its body."""
_DOMAIN: Final = "ouidire checkpoint 1"


class Row(NamedTuple):
    """One row of the ledger."""

    seq: int
    kind: str
    body: str
    commitment: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of the chain at one moment: `seq` rows, the last with `hash`. `key` and `signature` are hexadecimal.

    Raises:
        InvalidValue: a field of the wrong form.
    """

    seq: int
    hash: str
    at: str
    key: str
    signature: str

    def __post_init__(self) -> None:
        is_hex = all(set(text) <= set("0123456789abcdef") for text in (self.hash, self.key, self.signature))
        if self.seq < 0 or not is_hex or (len(self.hash), len(self.key), len(self.signature)) != (64, 64, 128):
            raise InvalidValue("a checkpoint needs a place, a hash, a key and a signature")

    @classmethod
    def from_json(cls, text: str) -> "Checkpoint":
        """The checkpoint of an exported file. Raises InvalidValue."""
        try:
            fields = json.loads(text)
            return cls(**{name: fields[name] for name in ("seq", "hash", "at", "key", "signature")})
        except (ValueError, TypeError, KeyError) as error:
            raise InvalidValue("this is no checkpoint of a ledger") from error

    def to_json(self) -> str:
        """The form in which it is exported."""
        fields = {name: getattr(self, name) for name in ("seq", "hash", "at", "key", "signature")}
        return json.dumps(fields, indent=2) + "\n"


def canonical(body: Mapping[str, Any]) -> str:
    """The one written form of a public row's body."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def public_commitment(body: str) -> str:
    """The commitment of a row whose body is in clear."""
    return sha256(body.encode()).hexdigest()


def row_hash(seq: int, kind: str, commitment: str, previous: str) -> str:
    """The hash of a row over what it stands on."""
    return sha256(f"{seq}\n{kind}\n{commitment}\n{previous}".encode()).hexdigest()


def checked(rows: Iterable[tuple[Any, ...]]) -> Iterator[Row]:
    """The rows of a whole chain in order, each after it was checked. Raises LedgerBroken, which names the row."""
    previous, expected = GENESIS, 1
    for values in rows:
        row = Row(*values)
        if row.seq != expected:
            raise LedgerBroken(f"record {expected} is missing")
        if row.previous != previous:
            raise LedgerBroken(f"record {expected} does not follow the one before it")
        if not _is_whole(row):
            raise LedgerBroken(f"record {expected} was changed")
        yield row
        previous, expected = row.hash, expected + 1


def _is_whole(row: Row) -> bool:
    if row.kind == PUBLIC:
        # Not text: only who made the table anew could put it there.
        is_what_it_says = isinstance(row.body, str) and public_commitment(row.body) == row.commitment
    else:
        is_what_it_says = row.kind == PERSON and row.body == ""
    return is_what_it_says and row_hash(row.seq, row.kind, row.commitment, row.previous) == row.hash


def sign(seq: int, head: str, at: str, key: Ed25519PrivateKey) -> Checkpoint:
    """A checkpoint of a chain whose row `seq` has the hash `head`, made at `at` (a stamp)."""
    public = key.public_key().public_bytes_raw().hex()
    return Checkpoint(seq, head, at, public, key.sign(_signed(seq, head, at)).hex())


def check_signature(checkpoint: Checkpoint) -> None:
    """Raises LedgerBroken if the checkpoint was not signed by the key that it names."""
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(checkpoint.key))
    try:
        key.verify(bytes.fromhex(checkpoint.signature), _signed(checkpoint.seq, checkpoint.hash, checkpoint.at))
    except InvalidSignature:
        raise LedgerBroken(f"the checkpoint at record {checkpoint.seq} was changed: its signature is false") from None


def _signed(seq: int, head: str, at: str) -> bytes:
    return f"{_DOMAIN}\n{seq}\n{head}\n{at}".encode()
