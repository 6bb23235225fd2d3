"""In which languages the tone of a call is judged here, and what to do about the others."""

from collections.abc import Iterator

from analysis.emotion.languages import primary
from analysis.emotion.model_choice import opened
from analysis.emotion.report_folder import Reports
from analysis.emotion.unlocking import wanted
from ari_bridge.cli.checks.finding import amiss, well
from ari_bridge.run.settings import Settings
from ari_bridge.run.tone import choice_of, reports_of, served_of
from consent.errors import OuidireError
from dialplan.verify import Finding


def findings(settings: Settings) -> Iterator[Finding]:
    """One line for each language of the notices, and one for each report that unlocks nothing.

    A language that is not judged is no fault: such calls have their facts. A report that is not believed is one.
    """
    try:
        choice, reports = choice_of(settings), reports_of(settings)
        with opened(choice) as tone:
            own = tone.languages
        needed = wanted(served_of(choice).limits)
    except OuidireError as error:
        yield amiss("languages", f"{error}: nothing is judged")
        return
    for tag in settings.notice.languages:
        yield well(f"language {tag}", _sentence(primary(tag), own, reports, needed))
    for file, reason in reports.refused.items():
        yield amiss("reports", f"{file}: {reason}; that language has facts only until it is mended or removed")


def _sentence(language: str, own: frozenset[str], reports: Reports, needed: str) -> str:
    if language in own:
        return f"tone and facts, of callers whose channel says {language} (or another language that was tried)"
    if language in reports.unlocked:
        return f"tone and facts; {reports.unlocked[language].sentence}"
    return (
        "facts only: the tone model was not tried in it. To try it: label "
        f"{needed}; `ouidire model evaluate --data FOLDER --language {language}`, "
        f"`ouidire model unlock {language}`"
    )
