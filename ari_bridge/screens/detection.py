"""Which family a phone belongs to, by the user agent it registers with. Pure.

The order and the patterns are those of a working FreePBX module; OpenStage and OpenScape are Unify's. Cisco's two
firmwares write themselves apart: Cisco-CP7962G for a call manager, Cisco-CP-8841-3PCC for any other server. An
administrator's own setting for an endpoint comes before any of this.
"""

from __future__ import annotations

import re
from typing import Final

MAX_USER_AGENT_CHARACTERS: Final = 200
"""The name of a phone stands at its user agent's beginning; the rest, which may be of any length, is not read."""

_PATTERNS: Final = (
    ("yealink", r"yealink"),
    ("poly", r"\bpoly|vvx"),
    ("cisco-cucm", r"\bcisco-cp\d"),
    ("cisco", r"cisco|\bcp-|\bspa-?\d"),
    ("grandstream", r"grandstream|\bgxp|\bgrp"),
    ("fanvil", r"fanvil"),
    ("snom", r"\bsnom"),
    ("mitel", r"aastra|mitel"),
    ("unify", r"openstage|openscape|\bunify"),
)
_COMPILED: Final = tuple((family, re.compile(pattern, re.IGNORECASE | re.ASCII)) for family, pattern in _PATTERNS)

DETECTED: Final = frozenset(family for family, _ in _PATTERNS)
"""The names that can be found."""


def family_of(user_agent: str) -> str | None:
    """The name of the family; None where the user agent names no phone of a family we draw for (a softphone, say)."""
    beginning = user_agent[:MAX_USER_AGENT_CHARACTERS]
    return next((family for family, pattern in _COMPILED if pattern.search(beginning)), None)
