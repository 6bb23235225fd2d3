"""`ouidire model show`: which model is served, in which languages it is asked, and what of others may run here."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.part import Part
from ari_bridge.run import settings as all_settings
from ari_bridge.run.settings import Settings

if TYPE_CHECKING:
    from analysis.emotion.report_folder import Reports


def run(arguments: Namespace) -> Exit:
    """Print the model's name, its languages, and each trusted folder. Raises SettingsError, ModelRefused."""
    from analysis.emotion.foreign.trust_file import TrustFile
    from ari_bridge.run.tone import trust_file_of

    settings = all_settings.load(arguments.settings)
    for line in _languages(settings):
        print(line)
    for folder, trusted in TrustFile(trust_file_of(settings)).read().items():
        print(f"trusted since {trusted.trusted_on}: {folder} ({len(trusted.files)} files, {trusted.digest})")
    return Exit.OK


def _languages(settings: Settings) -> Iterator[str]:
    from analysis.emotion.model_choice import opened
    from analysis.emotion.unlocking import wanted
    from ari_bridge.run.tone import choice_of, reports_of, served_of

    choice, reports = choice_of(settings), reports_of(settings)
    with opened(choice) as model:
        own = ", ".join(sorted(model.languages))
        yield f"{model.model_id}: {_asked(own, reports)}"
    for language, one in sorted(reports.unlocked.items()):
        yield f"{language}: {one.sentence}"
    for file, reason in reports.refused.items():
        yield f"refused: {file}: {reason}"
    yield f"to unlock a language: {wanted(served_of(choice).limits)}, labelled; `ouidire model evaluate`, then `unlock`"


def _asked(own: str, reports: "Reports") -> str:
    unlocked = ", ".join(sorted(reports.languages))
    if own or unlocked:
        told = " and ".join(part for part in (own, f"{unlocked} (unlocked here)" if unlocked else "") if part)
        return f"tone in {told}; facts only in every other language"
    return "facts only: this site has not tried it in any language yet"


def _add_arguments(_: ArgumentParser) -> None:
    """It takes none."""


PART = Part(
    "show",
    "which model is served, in which languages, and which folders of others are trusted",
    ("ouidire model show", "the model and its languages"),
    _add_arguments,
    run,
)
