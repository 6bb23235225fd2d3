"""The section [engine] of the settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from analysis.engine.admission import MAX_CALLS
from ari_bridge.run.sections import Section


class EngineSection(Section):
    """Where voices are analysed, and how many at one time."""

    process: Literal["own", "bridge"] = Field(
        default="own",
        description="Where the networks run: own (a process beside the bridge, which sees sound alone and may crash "
        "without it; 110 MB) or bridge (in the bridge itself: a crash of native code ends it).",
    )
    max_calls: Annotated[int, Field(ge=1, le=500)] = Field(
        default=MAX_CALLS,
        description="Most calls analysed at one time (each needs two of media.max_forks); one more is not heard, its "
        "screen says so, and it is tried again. The default suits two cores, one of them for the PBX.",
    )
