"""What the settings say of the tone model, for those who open it."""

import json
from pathlib import Path

from analysis.emotion.foreign.trust_file import NAME
from analysis.emotion.model_choice import ModelChoice, digests
from analysis.emotion.model_files import CALIBRATION, CARD, NETWORK, PACKAGED, ModelRefused
from analysis.emotion.report_folder import NAME as REPORTS
from analysis.emotion.report_folder import ReportFolder, Reports
from analysis.emotion.unlocking import Served, limits_of
from ari_bridge.run.settings import Settings
from consent.errors import InvalidValue


def choice_of(settings: Settings) -> ModelChoice:
    """The model that was chosen."""
    chosen = settings.analysis
    return ModelChoice(chosen.model, chosen.model_folder, chosen.labels.as_map(), trust_file_of(settings))


def trust_file_of(settings: Settings) -> Path:
    """The file of confirmed folders: the one named, else beside the database."""
    return settings.analysis.trust_file or settings.database.path.parent / NAME


def reports_folder_of(settings: Settings) -> ReportFolder:
    """The folder of stored reports: the one named, else beside the database."""
    return ReportFolder(settings.analysis.reports_folder or settings.database.path.parent / REPORTS)


def served_of(choice: ModelChoice) -> Served:
    """What a report must be about, and what it must show: by the card of the model, where it has one that says it.

    Raises:
        ModelRefused: a file of ours is missing or is not what was trained, or the card states no limits that hold.
        NotTrusted: nobody has confirmed the foreign folder.
    """
    files = digests(choice)
    if choice.is_foreign:
        return Served(files, limits_of({}))
    card = (choice.folder or PACKAGED) / CARD
    try:
        limits = limits_of(json.loads(card.read_bytes()))
    except (OSError, ValueError, InvalidValue) as error:
        raise ModelRefused(f"{card}: {error}") from error
    return Served({name: files[name] for name in (NETWORK, CALIBRATION)}, limits)


def reports_of(settings: Settings) -> Reports:
    """The languages that this site has unlocked, and the reports that unlock nothing. Raises as `served_of` does."""
    return reports_folder_of(settings).read(served_of(choice_of(settings)))
