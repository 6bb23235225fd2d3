"""The served model on a folder of labelled recordings: which clips, each of them heard, and what comes of it."""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from analysis.emotion.evaluation.judgement import Judgement
from analysis.emotion.evaluation.labelled import MANIFEST, LabelledClip, ManifestRefused, read_labelled, unknown_labels
from analysis.emotion.evaluation.limits import CALL_LINES, LanguageLimits, shortfalls
from analysis.emotion.evaluation.listener import Listener
from analysis.emotion.evaluation.report import report_of
from analysis.emotion.evaluation.stored import PAGE_FILE, REPORT_FILE, StoredReport
from analysis.emotion.model_choice import ModelChoice, digests, opened
from analysis.speech.silero import SileroDetector
from ari_bridge.cli.models.extra import needs_reports
from ari_bridge.cli.models.written import write
from ari_bridge.web.model_pages import evaluation_page

_TELL_S: Final = 5.0


def evaluate(choice: ModelChoice, data: Path, language: str | None, lines: Sequence[str]) -> StoredReport:
    """Judge every clip of a folder over each line.

    Raises:
        OuidireError: the folder, the model or a recording cannot be read.
    """
    clips = chosen(read_labelled(data), language, data)
    manifest_sha256 = sha256((data / MANIFEST).read_bytes()).hexdigest()
    for word, count in sorted(unknown_labels(data).items()):
        _tell(f"{count} clips are labelled {word!r}, which is no emotion known here: they count as other")
    with opened(choice) as model:
        model.warm()
        judgements = list(judged(clips, lines, Listener(SileroDetector(), model)))
        model_id = model.model_id
    today = datetime.now(UTC).date().isoformat()
    return StoredReport(model_id, digests(choice), manifest_sha256, today, ", ".join(lines), report_of(judgements))


def chosen(clips: Sequence[LabelledClip], language: str | None, folder: Path) -> list[LabelledClip]:
    """The clips of a language; of those whose language is not told it is taken to be that one.

    Raises:
        ManifestRefused: there is none.
    """
    found = [replace(clip, language=language) if language and not clip.language else clip for clip in clips]
    found = [clip for clip in found if language in (None, clip.language)]
    if not found:
        of = f" in {language}" if language else ""
        raise ManifestRefused(f"{folder / MANIFEST} lists no clip{of}")
    return found


def judged(clips: Sequence[LabelledClip], lines: Sequence[str], listener: Listener) -> Iterator[Judgement]:
    """Judge each clip over each line, and tell how far it is. Raises SoundRefused, ExtraMissing."""
    with needs_reports():
        from analysis.emotion.evaluation.sound import by_phone, read_sound

    started = told = time.monotonic()
    for number, clip in enumerate(clips, start=1):
        sound = read_sound(clip.path)
        for line in lines:
            yield listener.judge(clip, line, by_phone(sound) if line == "phone" else sound)
        now = time.monotonic()
        if now - told >= _TELL_S or number == len(clips):
            told, rate = now, number / max(now - started, 1e-6)
            _tell(f"{number} of {len(clips)} clips, {rate:.0f} a second, {(len(clips) - number) / rate:.0f} s left")


def publish(stored: StoredReport, folder: Path, limits: LanguageLimits) -> None:
    """Write a report and its page into a folder, and say what each language lacks. Raises ExtraMissing, NotWritten."""
    found = verdicts(stored, limits)
    text = stored.to_json()
    with needs_reports():
        page = evaluation_page(json.loads(text), found)
    write(folder, {REPORT_FILE: text, PAGE_FILE: page})
    for language, lacking in found.items():
        for sentence in lacking or [f"meets every limit: `ouidire model unlock {language} {folder / REPORT_FILE}`"]:
            print(f"{language}: {sentence}")


def verdicts(stored: StoredReport, limits: LanguageLimits) -> dict[str, list[str]]:
    """Language -> what it lacks, of the languages that were tried over a call's line."""
    return {
        language: shortfalls(stored.report, language, limits)
        for language, by_line in stored.report["groups"]["language"].items()
        if language != "unknown" and any(line in CALL_LINES and cell["clips"] for line, cell in by_line.items())
    }


def _tell(sentence: str) -> None:
    print(f"ouidire: {sentence}", file=sys.stderr, flush=True)
