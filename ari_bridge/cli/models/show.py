"""`ouidire model show`: which model is served, in which languages it is asked, and what of others may run here."""

from argparse import ArgumentParser, Namespace

from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.part import Part
from ari_bridge.run import settings as all_settings
from ari_bridge.run.tone import choice_of, trust_file_of


def run(arguments: Namespace) -> Exit:
    """Print the model's name, its languages, and each trusted folder. Raises SettingsError, ModelRefused."""
    from analysis.emotion.foreign.trust_file import TrustFile
    from analysis.emotion.model_choice import opened

    settings = all_settings.load(arguments.settings)
    with opened(choice_of(settings)) as model:
        languages = ", ".join(sorted(model.languages))
        print(f"{model.model_id}: {_asked(languages)}")
    for folder, trusted in TrustFile(trust_file_of(settings)).read().items():
        print(f"trusted since {trusted.trusted_on}: {folder} ({len(trusted.files)} files, {trusted.digest})")
    return Exit.OK


def _asked(languages: str) -> str:
    if languages:
        return f"tone in {languages}; facts only in every other language"
    return "facts only: this site has not tried it in any language yet (`ouidire model evaluate`)"


def _add_arguments(_: ArgumentParser) -> None:
    """It takes none."""


PART = Part(
    "show",
    "which model is served, in which languages, and which folders of others are trusted",
    ("ouidire model show", "the model and its languages"),
    _add_arguments,
    run,
)
