"""The tone model of the settings."""

from pathlib import Path

from ari_bridge.run.settings import Settings
from ari_bridge.run.tone import choice_of, trust_file_of


def test_the_choice_is_that_of_the_settings() -> None:
    """Law: model, folder and labels come from the settings and from nowhere else."""
    labels = {"angry": ["anger"], "active": ["anger", "joy"]}
    analysis = {"model": "speechbrain", "model_folder": "/srv/m", "labels": labels, "trust_file": "/srv/trust.json"}
    choice = choice_of(Settings.model_validate({"analysis": analysis}))
    assert (choice.name, choice.folder, choice.trust_file) == ("speechbrain", Path("/srv/m"), Path("/srv/trust.json"))
    assert (choice.labels.angry, choice.labels.active) == (("anger",), ("anger", "joy"))


def test_confirmations_lie_beside_the_database() -> None:
    """Law: where nobody says otherwise they lie where the service's user alone can write."""
    settings = Settings.model_validate({"database": {"path": "/srv/data/ouidire.sqlite"}})
    assert trust_file_of(settings) == Path("/srv/data/trusted-models.json")
