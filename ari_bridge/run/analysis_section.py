"""The section [analysis] of the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from analysis.emotion.foreign.labels import LabelMap
from ari_bridge.run.sections import Section, Word


class Labels(Section):
    """Which labels of a foreign model stand for what."""

    angry: tuple[Word, ...] = ("ang",)
    active: tuple[Word, ...] = ("ang", "hap")

    @model_validator(mode="after")
    def _can_be_summed(self) -> Self:
        self.as_map()
        return self

    def as_map(self) -> LabelMap:
        """The value that a foreign model takes."""
        return LabelMap(self.angry, self.active)


class AnalysisSection(Section):
    """What judges a caller's voice."""

    model: Literal["ouidire", "speechbrain", "wav2vec2-iemocap"] = Field(
        default="ouidire",
        description="Which tone model: ouidire (ours), speechbrain (a classifier of yours) or wav2vec2-iemocap; the "
        "latter two run in a process of their own, from a model_folder that `ouidire model trust` has confirmed.",
    )
    model_folder: Path | None = Field(
        default=None,
        description="Folder of the tone model: with ouidire one of the shipped one's form, instead of the shipped one.",
    )
    labels: Labels = Field(
        default_factory=Labels,
        description="With a foreign model: which of its labels count as angry, and which as active (tense, not calm).",
    )
    trust_file: Path | None = Field(
        default=None,
        description="File with the folders that were confirmed; without one it is trusted-models.json beside the "
        "database.",
    )
    reports_folder: Path | None = Field(
        default=None,
        description="Folder with the reports that unlock further languages, kept by `ouidire model unlock`; without "
        "one it is reports beside the database.",
    )

    @model_validator(mode="after")
    def _foreign_models_have_a_folder(self) -> Self:
        if self.model != "ouidire" and self.model_folder is None:
            raise ValueError(f"model_folder is needed for the model {self.model}, which does not ship")
        return self
