"""Who attested that a recording of the site's own says what its text says: attestation.json beside the recordings.

GDPR Article 7(1): the controller must be able to show that a person consented, and to what. A text alone does not show
what was heard; a person who listened, named and dated, does.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from consent.errors import InvalidValue

FILE: Final = "attestation.json"
STATEMENT: Final = "I attest that each recording says exactly the text beside it."
_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Attestation:
    """One person's word for one prompt, bound to the digests (SHA-256, hexadecimal) of its text and its recording.

    Raises:
        InvalidValue: no name, or one that is no single line, or a digest of the wrong form.
    """

    by: str
    on: date
    text_sha256: str
    audio_sha256: str

    def __post_init__(self) -> None:
        if not self.by.strip() or len(self.by) > _LONGEST_NAME or not self.by.isprintable():
            raise InvalidValue("who attests must be a name on one line")
        for digest in (self.text_sha256, self.audio_sha256):
            if len(digest) != 64 or set(digest) - set("0123456789abcdef"):
                raise InvalidValue("a digest is 64 hexadecimal digits")

    def covers(self, text: bytes, wav: bytes) -> bool:
        """Whether it was given for exactly these bytes."""
        return (self.text_sha256, self.audio_sha256) == (_digest(text), _digest(wav))


def attest(by: str, on: date, text: bytes, wav: bytes) -> Attestation:
    """The word of `by` for this text and this recording. Raises InvalidValue."""
    return Attestation(by.strip(), on, _digest(text), _digest(wav))


def read_attestations(folder: Path) -> dict[str, Attestation]:
    """The attestations of a language's folder, by the prompt's name; none where there is no such file.

    Raises:
        InvalidValue: the file cannot be read as such.
    """
    file = folder / FILE
    try:
        held: Any = json.loads(file.read_bytes())
        return {
            name: Attestation(one["by"], date.fromisoformat(one["on"]), one["text_sha256"], one["audio_sha256"])
            for name, one in held["prompts"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidValue(f"{file} cannot be read ({error}): attest again by `ouidire notice add`") from error


def as_json(attestations: Mapping[str, Attestation]) -> bytes:
    """What the file holds."""
    prompts = {
        name: {
            "by": one.by,
            "on": one.on.isoformat(),
            "text_sha256": one.text_sha256,
            "audio_sha256": one.audio_sha256,
        }
        for name, one in sorted(attestations.items())
    }
    written = json.dumps({"statement": STATEMENT, "prompts": prompts}, indent=1, ensure_ascii=False)
    return written.encode() + b"\n"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
