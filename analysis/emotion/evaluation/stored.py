"""A report as it is stored: what was tried with what, when, and every figure. No file, no speaker, no clip's value."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from consent.errors import InvalidValue

FORM: Final = "ouidire-evaluation-1"
REPORT_FILE: Final = "report.json"
PAGE_FILE: Final = "report.html"


@dataclass(frozen=True, slots=True)
class StoredReport:
    """One evaluation. `model_files` and `manifest_sha256` tell later whether it still speaks of what is served.

    `made_on` is a day in UTC, ISO 8601; `report` is what `report_of` returned.

    Raises:
        InvalidValue: it names no model, or has no figures.
    """

    model_id: str
    model_files: Mapping[str, str]
    manifest_sha256: str
    made_on: str
    line: str
    report: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not self.model_id or "groups" not in self.report:
            raise InvalidValue("a stored report names a model and has figures")

    def to_json(self) -> str:
        """Write as JSON."""
        return json.dumps({"form": FORM, **asdict(self)}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def parse(text: str | bytes) -> StoredReport:
    """Read what `StoredReport.to_json` wrote.

    Raises:
        InvalidValue: it is no stored report of this form.
    """
    try:
        told = json.loads(text)
        if told["form"] != FORM:
            raise InvalidValue(f"not a report of the form {FORM}")
        files = {str(name): str(digest) for name, digest in dict(told["model_files"]).items()}
        model_id, manifest_sha256, made_on, line = (
            str(told[name]) for name in ("model_id", "manifest_sha256", "made_on", "line")
        )
        return StoredReport(model_id, files, manifest_sha256, made_on, line, dict(told["report"]))
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidValue(f"not a stored report: {error}") from error
