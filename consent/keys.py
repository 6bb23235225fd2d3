"""The keys of a site: a folder of its own, apart from the SQLite file, that nobody but its owner may read.

Who holds the file without this folder holds noise. A key that is lost is never replaced in silence: what it would open
or match is gone, so a person decides (`ouidire keys renew`), and until then nothing is asked and nothing heard.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from hashlib import sha1
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.errors import InvalidValue, KeysMissing

NUMBERS: Final = "numbers.key"
SIGNING: Final = "signing.key"
LOOKUP: Final = "lookup.key"
KEYRING: Final = "keyring.sqlite"
CHECKPOINT: Final = "checkpoint.json"
"""The newest checkpoint once more, so that one who has the SQLite file alone cannot take its end away unseen."""
FILES: Final = (NUMBERS, SIGNING, LOOKUP)
WIDER_THAN_OWNER: Final = 0o077
_BLOCK_HEX: Final = 64
"""One block of SHA-1 in hexadecimal digits, as NMAC asks of its two keys."""
_GENERATIONS: Final = 2


@dataclass(frozen=True, slots=True)
class NumberKey:
    """The two keys under which the PBX hashes a caller's number: NMAC (Bellare, Canetti, Krawczyk 1996) over SHA-1,
    the strongest keyed hash that the dialplan of 16 can compute. Forgeries of SHA-1 do not touch a keyed use of it.

    Raises:
        InvalidValue: a key that is not one block of hexadecimal digits.
    """

    inner: str = field(repr=False)
    outer: str = field(repr=False)

    def __post_init__(self) -> None:
        for key in (self.inner, self.outer):
            if len(key) != _BLOCK_HEX or set(key) - set("0123456789abcdef"):
                raise InvalidValue(f"a key for numbers has {_BLOCK_HEX} hexadecimal digits")

    @classmethod
    def fresh(cls) -> NumberKey:
        """A new one."""
        return cls(secrets.token_hex(_BLOCK_HEX // 2), secrets.token_hex(_BLOCK_HEX // 2))

    def tag(self, nonce: str, number: str) -> str:
        """What stands for a number in one call: another nonce, another tag, so that no two calls can be joined."""
        return f"{nonce}-{self._hash(nonce + number)}"

    def quiet(self, number: str) -> str:
        """What stands for a number in the list of those who must not be asked."""
        return self._hash(number)

    def _hash(self, text: str) -> str:
        inner = sha1((self.inner + text).encode(), usedforsecurity=False).hexdigest()
        return sha1((self.outer + inner).encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Keys:
    """What the folder holds. `numbers` are the newest first: the older one still finds what it hashed."""

    folder: Path
    numbers: tuple[NumberKey, ...] = field(repr=False)
    signing: Ed25519PrivateKey = field(repr=False)
    lookup: bytes = field(repr=False)

    def mac(self, what: str, value: str) -> str:
        """What stands for a value (a call id, a reference) in the keyring: found by who knows it, read by nobody."""
        return hmac.new(self.lookup, f"{what}\n{value}".encode(), "sha256").hexdigest()

    def acknowledgement(self, endpoint: str, since: str) -> str:
        """What stands for an agent's acknowledgement that began at `since` (a stamp), as `mac` for anything else."""
        return self.mac("staff", f"{endpoint}\n{since}")

    def keep_checkpoint(self, text: str) -> None:
        """Put the newest checkpoint in the place of the last one. Raises KeysMissing."""
        try:
            _replace(self.folder / CHECKPOINT, text.strip())
        except OSError as error:
            raise KeysMissing(f"no checkpoint can be kept in {self.folder}: {error.strerror}") from error

    def kept_checkpoint(self) -> str:
        """The newest checkpoint that is kept here, as text; "" where none is. Raises KeysMissing."""
        try:
            return (self.folder / CHECKPOINT).read_text(encoding="ascii")
        except FileNotFoundError:
            return ""
        except (OSError, ValueError) as error:
            raise KeysMissing(f"{self.folder / CHECKPOINT} cannot be read: {error}") from error

    def matches(self, tag: str, number: str) -> bool:
        """Whether a tag was made of this number, by a key that we still have."""
        nonce = tag.partition("-")[0]
        made = (key.tag(nonce, number).encode() for key in self.numbers)
        return bool(tag) and any(hmac.compare_digest(one, tag.encode()) for one in made)


def read_keys(folder: Path) -> Keys:
    """The keys of a site.

    Raises:
        KeysMissing: a file is missing, unreadable, or open to others than its owner; the sentence says which.
    """
    _check_closed(folder)
    texts = {name: _read(folder / name) for name in FILES}
    try:
        numbers = tuple(NumberKey(*pair) for pair in json.loads(texts[NUMBERS]))
        signing = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(texts[SIGNING]))
        lookup = bytes.fromhex(texts[LOOKUP])
    except (ValueError, TypeError) as error:
        raise KeysMissing(f"a key in {folder} cannot be read: put the right file back") from error
    if not numbers or len(lookup) != 32:
        raise KeysMissing(f"a key in {folder} is not whole: put the right file back")
    return Keys(folder, numbers, signing, lookup)


def make_keys(folder: Path) -> tuple[str, ...]:
    """Make the folder (0700) and every key that is missing (0600); the names of those that were made.

    Raises:
        KeysMissing: the folder cannot be made or written.
    """
    fresh = {
        NUMBERS: lambda: _numbers_text((NumberKey.fresh(),)),
        SIGNING: lambda: Ed25519PrivateKey.generate().private_bytes_raw().hex(),
        LOOKUP: lambda: secrets.token_hex(32),
    }
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        missing = tuple(name for name in FILES if not (folder / name).exists())
        for name in missing:
            _write(folder / name, fresh[name]())
    except OSError as error:
        raise KeysMissing(f"no keys can be made in {folder}: {error.strerror}") from error
    return missing


def rotate_numbers(folder: Path) -> None:
    """Put a new key for numbers before the one in use, and drop the oldest. Raises KeysMissing."""
    keys = read_keys(folder)
    numbers = (NumberKey.fresh(), *keys.numbers)[:_GENERATIONS]
    try:
        _replace(folder / NUMBERS, _numbers_text(numbers))
    except OSError as error:
        raise KeysMissing(f"no key can be written in {folder}: {error.strerror}") from error


def _numbers_text(numbers: tuple[NumberKey, ...]) -> str:
    return json.dumps([[key.inner, key.outer] for key in numbers])


def _check_closed(folder: Path) -> None:
    # Who may write here could put a key of his own in the place of ours.
    try:
        is_open = folder.stat().st_mode & WIDER_THAN_OWNER
    except OSError as error:
        raise KeysMissing(f"the keys in {folder} cannot be read ({error.strerror}): put the folder back") from error
    if is_open:
        raise KeysMissing(f"{folder} is open to others than its owner: chmod 700 {folder}")


def _read(file: Path) -> str:
    try:
        if file.stat().st_mode & WIDER_THAN_OWNER:
            raise KeysMissing(f"{file} may be read by others: chmod 600 {file}")
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise KeysMissing(
            f"the key {file} cannot be read ({error.strerror}): put it back from its own backup, "
            "or decide with `ouidire keys renew` to go on without what it opens"
        ) from error
    except UnicodeDecodeError as error:
        raise KeysMissing(f"the key {file} is not text: put the right file back") from error


def _replace(file: Path, text: str) -> None:
    new = file.with_name(f"{file.name}.new")
    new.unlink(missing_ok=True)  # of a crash
    _write(new, text)
    new.replace(file)


def _write(file: Path, text: str) -> None:
    fd = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as opened:
        if os.geteuid() == 0:  # by root at the command line: the service must be able to read it
            owner = file.parent.stat()
            os.fchown(fd, owner.st_uid, owner.st_gid)
        opened.write(text + "\n")
        opened.flush()
        os.fsync(opened.fileno())
