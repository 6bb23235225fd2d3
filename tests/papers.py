"""The papers of a site that does not exist: what settings of tests and demo must name before anything starts.

Nobody is exempt from the start conditions, so these name documents too, and say in their titles that they are none.
"""

import hashlib
import json
from pathlib import Path
from typing import Final


def _document(title: str, date: str) -> dict[str, str]:
    return {"date": date, "sha256": hashlib.sha256(title.encode()).hexdigest(), "title": title}


ASSESSMENT: Final = _document("DEMO, not a real assessment", "2026-01-05")
COUNCIL: Final = _document("DEMO, not a real consultation", "2026-01-06")
DEPARTURE: Final = {
    "quota_percent": 100,
    "reason": "DEMO: nobody real calls, and each call is to be asked",
    "decided_by": "DEMO, nobody real",
    "date": "2026-01-07",
}
PROFILE: Final[dict[str, object]] = {
    "name": "custom",
    "controller": "DEMO, no real company",
    "contact": "demo@example.invalid",
    "assessment": ASSESSMENT,
    "council": COUNCIL,
    "departure": DEPARTURE,
}
"""The section [profile] of a site that meets every start condition and asks every caller."""
ASKING: Final[dict[str, object]] = {"quota_percent": 100, "never_asked": ["208"]}
"""The section [asking]: everybody, but who dials the people in need."""


def keys_folder(database_folder: Path) -> Path:
    """Where the keys lie for a database in that folder: beside it, never in it."""
    return database_folder.with_name(f"{database_folder.name}-keys")


def as_toml(database_folder: Path) -> str:
    """The sections [profile], [asking] and [keys] of a settings file whose database lies in that folder."""
    profile = "\n".join(f"{key} = {_literal(value)}" for key, value in PROFILE.items())
    asking = "\n".join(f"{key} = {_literal(value)}" for key, value in ASKING.items())
    return (
        f"[profile]\n{profile}\n\n[asking]\n{asking}\n\n"
        f"[keys]\nfolder = {json.dumps(str(keys_folder(database_folder)))}\n\n"
    )


def _literal(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_literal(one)}" for key, one in value.items()) + " }"
    return json.dumps(value)
