"""What the tone model is trained on and how it is tried, read from recipe.yaml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from analysis.emotion.speechbrain_model import load_hyperpyyaml
from consent.errors import InvalidValue

RECIPE: Final = Path(__file__).parent / "recipe.yaml"


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of recipe.yaml, which says what each means.

    Raises:
        InvalidValue: a number makes no sense, or a line that every figure needs is missing.
    """

    seed: int
    heads: int
    folds: int
    many_speakers: int
    few_speakers_lines: tuple[str, ...]
    lines: tuple[str, ...]
    false_alarms: float
    kept: float
    margin: float

    def __post_init__(self) -> None:
        if self.heads < 2 or self.folds < 2 or not {"clean", "phone", "wild"} <= set(self.lines):
            raise InvalidValue("a recipe needs two heads, two folds, and the lines clean, phone and wild")
        if not set(self.few_speakers_lines) <= set(self.lines):
            raise InvalidValue("a head of few speakers can learn from the lines of the recipe alone")
        if not (0.0 < self.false_alarms < 1.0 and 0.0 < self.kept < 1.0 and self.margin >= 1.0):
            raise InvalidValue("shares lie between 0 and 1, and the margin is at least 1")


def read_recipe(path: Path = RECIPE) -> Recipe:
    """Read a recipe. Raises InvalidValue."""
    with path.open() as text:
        told = load_hyperpyyaml(text)
    lines = {name: tuple(told[name]) for name in ("lines", "few_speakers_lines")}
    return Recipe(**{**told, **lines})
