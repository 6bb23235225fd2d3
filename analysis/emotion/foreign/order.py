"""What the process of a foreign model is told to load: a kind, and a folder as it was confirmed."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal

from analysis.emotion.foreign.trust import TrustedFolder
from consent.errors import InvalidValue

ForeignKind = Literal["speechbrain", "wav2vec2-iemocap"]
KINDS: Final[tuple[ForeignKind, ...]] = ("speechbrain", "wav2vec2-iemocap")


@dataclass(frozen=True, slots=True)
class Order:
    """One model to load."""

    kind: ForeignKind
    trusted: TrustedFolder

    @property
    def model_id(self) -> str:
        """Kind, folder's name and the beginning of its digest: another file is another model."""
        return f"{self.kind}:{self.trusted.folder.name}@{self.trusted.digest[:12]}"

    def as_bytes(self) -> bytes:
        """For the wire."""
        trusted = self.trusted
        told = {
            "kind": self.kind,
            "folder": str(trusted.folder),
            "files": dict(trusted.files),
            "trusted_on": trusted.trusted_on.isoformat(),
        }
        return json.dumps(told).encode()


def parse_order(content: bytes) -> Order:
    """The order of some bytes. Raises InvalidValue."""
    try:
        told = json.loads(content)
        kind = next(one for one in KINDS if one == told["kind"])
        trusted = TrustedFolder(Path(told["folder"]), dict(told["files"]), date.fromisoformat(told["trusted_on"]))
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, RecursionError) as error:
        raise InvalidValue(f"this is no order: {error}") from error
    return Order(kind, trusted)
