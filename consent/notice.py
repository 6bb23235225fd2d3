"""What was announced: the notice and the id that binds an answer to exactly this text, sound and retention."""

import hashlib
import json
from dataclasses import dataclass

from consent.errors import InvalidValue
from consent.purposes import Purpose
from consent.retention import Retention

NOTICE_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice in one language, as it is played before the question.

    `audio_sha256` is the digest of the recording that the PBX plays, so that a changed recording is a new notice.

    Raises:
        InvalidValue: an empty text, an odd language tag, no purpose, or a digest of the wrong form.
    """

    version: int
    language: str
    text: str
    audio_sha256: str
    purposes: frozenset[Purpose]
    retention: Retention

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InvalidValue("a notice needs a text")
        if not (2 <= len(self.language) <= 8 and self.language.replace("-", "").isalnum() and self.language.isascii()):
            raise InvalidValue(f"not a language tag: {self.language!r}")
        if not self.purposes:
            raise InvalidValue("a notice needs a purpose")
        if len(self.audio_sha256) != 64 or set(self.audio_sha256) - set("0123456789abcdef"):
            raise InvalidValue("audio_sha256 must be 64 hexadecimal digits")

    @property
    def notice_id(self) -> str:
        """16 hexadecimal digits of SHA-256 over text, sound, purposes and retention: any change is a new id."""
        told = {
            "version": self.version,
            "language": self.language,
            "text": self.text,
            "audio": self.audio_sha256,
            "purposes": sorted(self.purposes),
            "scores_days": self.retention.scores_days,
        }
        canonical = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:NOTICE_ID_LENGTH]
