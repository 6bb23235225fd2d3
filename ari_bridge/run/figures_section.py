"""The section [figures] of the settings."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from analysis.store.group_row import FEWEST_AGENTS, FEWEST_CALLS, Floor, Grouping
from ari_bridge.run.sections import Section, Word

MOST_GROUPS: Final = 100

GroupName = Annotated[str, Field(pattern=r"^[\w][\w .&/-]{0,39}$")]


class FiguresSection(Section):
    """Figures of groups of agents, a week at a time; there is none of one agent."""

    groups: dict[GroupName, tuple[Word, ...]] = Field(
        default_factory=dict,
        max_length=MOST_GROUPS,
        description="Groups of agents by name, each with the endpoints of its members, who are in no other group: "
        "figures are made of these alone, by week. A change holds from the next week on, and after four weeks of the "
        "grouping before it.",
    )
    min_agents: Annotated[int, Field(ge=FEWEST_AGENTS, le=1000)] = Field(
        default=10, description=f"Of how many agents a figure is at least; {FEWEST_AGENTS} or more."
    )
    min_calls: Annotated[int, Field(ge=FEWEST_CALLS, le=100_000)] = Field(
        default=FEWEST_CALLS, description=f"Of how many calls a figure is at least; {FEWEST_CALLS} or more."
    )

    @model_validator(mode="after")
    def _are_groups(self) -> Self:
        for name, endpoints in self.groups.items():
            if "*" in "".join(endpoints) or "?" in "".join(endpoints):
                raise ValueError(f"groups: {name} must name its members one by one: a pattern changes with the staff")
            if len(set(endpoints)) < self.min_agents:
                raise ValueError(f"groups: {name} has fewer members than min_agents, so that there would be no figure")
        every = [endpoint for endpoints in self.groups.values() for endpoint in set(endpoints)]
        if twice := sorted({endpoint for endpoint in every if every.count(endpoint) > 1}):
            raise ValueError(f"groups: {', '.join(twice)} must be in one group only: the difference would be a person")
        return self

    def as_grouping(self) -> Grouping:
        """The value that calls are counted by."""
        return Grouping({name: frozenset(endpoints) for name, endpoints in self.groups.items()})

    def as_floor(self) -> Floor:
        """Of how many a figure is at least."""
        return Floor(self.min_agents, self.min_calls)
