"""What the settings say of the tone model, for those who open it."""

from pathlib import Path

from analysis.emotion.foreign.trust_file import NAME
from analysis.emotion.model_choice import ModelChoice
from ari_bridge.run.settings import Settings


def choice_of(settings: Settings) -> ModelChoice:
    """The model that was chosen."""
    chosen = settings.analysis
    return ModelChoice(chosen.model, chosen.model_folder, chosen.labels.as_map(), trust_file_of(settings))


def trust_file_of(settings: Settings) -> Path:
    """The file of confirmed folders: the one named, else beside the database."""
    return settings.analysis.trust_file or settings.database.path.parent / NAME
