"""The recipe."""

from dataclasses import replace

import pytest

from analysis.emotion.training.recipe import read_recipe
from consent.errors import InvalidValue


def test_the_recipe_can_be_read() -> None:
    """Law: the recipe that is shipped is whole."""
    recipe = read_recipe()
    assert recipe.lines[:3] == ("clean", "phone", "wild")


@pytest.mark.parametrize(
    "change",
    [{"heads": 1}, {"folds": 1}, {"lines": ("clean",)}, {"few_speakers_lines": ("wire",)}, {"false_alarms": 0.0},
     {"kept": 1.0}, {"margin": 0.9}],
    ids=str,
)  # fmt: skip
def test_a_recipe_that_makes_no_sense_is_never_born(change: dict[str, object]) -> None:
    """Law: a slip in the recipe is told before hours are spent on it."""
    with pytest.raises(InvalidValue):
        replace(read_recipe(), **change)  # type: ignore[arg-type]
