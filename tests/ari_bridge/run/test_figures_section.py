"""The section [figures]: groups of which no difference is a person."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ari_bridge.run.figures_section import FiguresSection
from ari_bridge.run.settings import Settings

TEN = tuple(str(number) for number in range(1001, 1011))


def test_no_group_is_the_default() -> None:
    """Law: figures of groups are made where somebody names groups, and nowhere else."""
    assert FiguresSection().as_grouping().members == {}
    assert (FiguresSection().as_floor().agents, FiguresSection().as_floor().calls) == (10, 50)


def test_a_group_has_its_members() -> None:
    """Law: what is written is what is counted by; a member who is written twice is one."""
    section = FiguresSection(groups={"sales": (*TEN, "1001")})
    assert section.as_grouping().members == {"sales": frozenset(TEN)}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"min_agents": 4}, "greater than or equal to 5"),
        ({"min_calls": 49}, "greater than or equal to 50"),
        ({"groups": {"sales": TEN[:9]}}, "fewer members"),
        ({"groups": {"sales": (*TEN[:9], TEN[0])}}, "fewer members"),
        ({"groups": {"sales": TEN[:5]}, "min_agents": 6}, "fewer members"),
        ({"groups": {"all": TEN, "less one": (*TEN[1:], "1011")}}, "one group only"),
        ({"groups": {"sales": (*TEN, "10*")}}, "one by one"),
        ({"groups": {"sales": (*TEN, "10?1")}}, "one by one"),
        ({"groups": {"": TEN}}, "should match"),
        ({"groups": {"a\nb": TEN}}, "should match"),
        ({"sort": "anger"}, "Extra inputs"),
    ],
)
def test_what_would_be_a_persons_is_refused(wrong: dict[str, object], sentence: str) -> None:
    """Law: under five agents or fifty calls, two groups with one member in both, patterns: each is an error."""
    with pytest.raises(ValidationError, match=sentence):
        FiguresSection.model_validate(wrong)


def test_a_trunk_is_no_agent() -> None:
    """Law: groups are of staff: an endpoint that leads outside would be a caller."""
    with pytest.raises(ValidationError, match="leads outside"):
        Settings(figures=FiguresSection(groups={"sales": (*TEN, "trunk")}))
