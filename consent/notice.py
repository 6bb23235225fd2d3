"""What was announced: the notice and the id that binds an answer to exactly this text, sound and retention."""

import hashlib
import json
from dataclasses import dataclass

from consent.errors import InvalidValue
from consent.parties import Party
from consent.purposes import PERMITTED, Purpose
from consent.retention import Retention

NOTICE_ID_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Layer:
    """One more prompt that belongs to what is announced, by its name: the second layer, or another recorder.

    `audio_sha256` is the digest of its recording.

    Raises:
        InvalidValue: an empty name or text, or a digest of the wrong form.
    """

    name: str
    text: str
    audio_sha256: str

    def __post_init__(self) -> None:
        if not self.name:
            raise InvalidValue("a layer needs a name")
        _check_spoken(self.text, self.audio_sha256)

    @property
    def told(self) -> dict[str, object]:
        """All of it, as JSON has it."""
        return {"name": self.name, "text": self.text, "audio": self.audio_sha256}


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice in one language: `text` as it is played before the question, `layers` beside it.

    `audio_sha256` is the digest of the recording that the PBX plays, so that a changed recording is a new notice.

    Raises:
        InvalidValue: an empty text, an odd language tag, no purpose or one that `party` cannot grant, a digest of the
            wrong form, or two layers of one name.
    """

    version: int
    language: str
    text: str
    audio_sha256: str
    purposes: frozenset[Purpose]
    retention: Retention
    layers: tuple[Layer, ...] = ()
    party: Party = Party.CALLER

    def __post_init__(self) -> None:
        _check_spoken(self.text, self.audio_sha256)
        if not (2 <= len(self.language) <= 8 and self.language.replace("-", "").isalnum() and self.language.isascii()):
            raise InvalidValue(f"not a language tag: {self.language!r}")
        if not self.purposes:
            raise InvalidValue("a notice needs a purpose")
        if beyond := self.purposes - PERMITTED[self.party]:
            raise InvalidValue(f"the {self.party} cannot be asked for {', '.join(sorted(beyond))}")
        if len({layer.name for layer in self.layers}) != len(self.layers):
            raise InvalidValue("each layer of a notice has a name of its own")

    @property
    def told(self) -> dict[str, object]:
        """Everything that was announced, as the id covers it."""
        return {
            "version": self.version,
            "party": self.party.value,
            "language": self.language,
            "text": self.text,
            "audio": self.audio_sha256,
            "layers": [layer.told for layer in self.layers],
            "purposes": sorted(self.purposes),
            "scores_days": self.retention.scores_days,
            "records_days": self.retention.records_days,
        }

    @property
    def notice_id(self) -> str:
        """16 hexadecimal digits of SHA-256 over everything in `told`: any change is a new id."""
        canonical = json.dumps(self.told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()[:NOTICE_ID_LENGTH]


def _check_spoken(text: str, audio_sha256: str) -> None:
    if not text.strip():
        raise InvalidValue("a notice needs a text")
    if len(audio_sha256) != 64 or set(audio_sha256) - set("0123456789abcdef"):
        raise InvalidValue("audio_sha256 must be 64 hexadecimal digits")
