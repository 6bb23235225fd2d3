"""On which phones the cues are hidden for good: a small file of keyed hashes, told to nobody.

The file lies with the keys, apart from the database, and is written by this module alone. It holds no name, no date and
no count of presses. Why there, and from whom it cannot be kept: docs/decisions/hidden-cues.md.
"""

from __future__ import annotations

import hmac
import os
import secrets
from pathlib import Path
from typing import Final

NAME: Final = "cues.hidden"
KEY_BYTES: Final = 32
TAG_BYTES: Final = 16
MAX_PHONES: Final = 10_000
"""A file with more is none of ours."""


class HiddenCues:
    """The phones, by endpoint, whose agents have hidden the cues for good. A choice holds until it is taken back.

    `path` is read once; a file that is not there says that nobody has hidden anything. One that cannot be read, or that
    this class did not write, hides the cues of every phone until a person deals with it: what somebody hid does not
    come back by a fault. `trouble` says so, and nothing is written there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.trouble = ""
        """A sentence where the file is of no use."""
        self._key = secrets.token_bytes(KEY_BYTES)
        self._tags: set[bytes] = set()
        try:
            written = path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            self.trouble = f"{path} cannot be read ({error.strerror}): cues stay hidden on every phone"
            return
        tags = written[KEY_BYTES:]
        if len(written) < KEY_BYTES or len(tags) % TAG_BYTES or len(tags) > MAX_PHONES * TAG_BYTES:
            self.trouble = f"{path} is no list of hidden cues: they stay hidden on every phone until the file is gone"
            return
        self._key = written[:KEY_BYTES]
        self._tags = {tags[at : at + TAG_BYTES] for at in range(0, len(tags), TAG_BYTES)}

    def __contains__(self, endpoint: str) -> bool:
        return bool(self.trouble) or self._tag(endpoint) in self._tags

    def hide(self, endpoint: str) -> None:
        """Hide the cues of that phone from now on. Raises OSError: it could not be kept, and does not hold."""
        self._keep(self._tags | {self._tag(endpoint)})

    def show(self, endpoint: str) -> None:
        """Take that back. Raises OSError: it could not be kept, and does not hold."""
        self._keep(self._tags - {self._tag(endpoint)})

    def _keep(self, tags: set[bytes]) -> None:
        """Write all of them in the order of their noise, under a date that says nothing."""
        if self.trouble:
            raise OSError(self.trouble)
        new = self._path.with_name(f"{self._path.name}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._key + b"".join(sorted(tags)))
            file.flush()
            os.fsync(file.fileno())  # after a power cut there is the old list or the new one, never half of one
        os.utime(new, (0, 0))
        new.replace(self._path)
        self._tags = tags

    def _tag(self, endpoint: str) -> bytes:
        return hmac.digest(self._key, endpoint.encode(), "sha256")[:TAG_BYTES]
