"""`ouidire model show`: which model is served, and in which languages it is asked."""

from argparse import ArgumentParser, Namespace

from ari_bridge.cli.command import Exit
from ari_bridge.cli.models.part import Part
from ari_bridge.run import settings as all_settings


def run(arguments: Namespace) -> Exit:
    """Print the model's name and its languages. Raises SettingsError, ModelRefused."""
    from analysis.emotion.model_files import PACKAGED
    from analysis.emotion.onnx_model import OnnxToneModel

    model = OnnxToneModel(all_settings.load(arguments.settings).analysis.model_folder or PACKAGED)
    print(f"{model.model_id}: tone in {', '.join(sorted(model.languages))}; facts only in every other language")
    return Exit.OK


def _add_arguments(_: ArgumentParser) -> None:
    """It takes none."""


PART = Part(
    "show",
    "which model is served, and in which languages",
    ("ouidire model show", "the model and its languages"),
    _add_arguments,
    run,
)
