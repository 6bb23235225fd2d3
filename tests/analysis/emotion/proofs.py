"""Stored reports that unlock a language, and a served model that they are about."""

import json
from typing import Any

from analysis.emotion.evaluation.limits import LanguageLimits
from analysis.emotion.evaluation.report import report_of
from analysis.emotion.evaluation.stored import StoredReport
from analysis.emotion.unlocking import Served
from tests.analysis.emotion.evaluation.judged import calm_and_angry

LIMITS = LanguageLimits(speakers=10, calm_clips=100, angry_clips=40, ece_high=0.15)
FILES = {"tone.onnx": "ab" * 32, "calibration.json": "cd" * 32}
SERVED = Served(FILES, LIMITS)


def proof(calm: int = 160, angry: int = 50, *, files: dict[str, str] | None = None, **labels: object) -> StoredReport:
    """A report as `ouidire model evaluate` writes it, on made-up judgements of the caller's language (fr)."""
    report = report_of(calm_and_angry(calm, angry, **labels))  # type: ignore[arg-type]
    return StoredReport("ouidire-tone-1", FILES if files is None else files, "ef" * 32, "2026-11-20", "phone", report)


def as_bytes(stored: StoredReport) -> bytes:
    """Its file's content."""
    return stored.to_json().encode()


def changed(stored: StoredReport, **values: Any) -> bytes:
    """The same with other values in the cell of French by phone, as somebody might write them by hand."""
    told = json.loads(stored.to_json())
    told["report"]["groups"]["language"]["fr"]["phone"] |= values
    return json.dumps(told).encode()
