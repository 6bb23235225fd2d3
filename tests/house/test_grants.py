"""Only a recorded yes makes a grant, and only where a voice comes in is anything admitted under it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.places import ROOT, sources

CALLERS = {
    "ConsentGrant": {Path("consent/ledger.py")},
    "Life": {Path("consent/ledger.py")},
    "Consented": {Path("consent/grant.py")},
    "admit": {
        Path("ari_bridge/calls/fork.py"),
        Path("ari_bridge/cli/monologue.py"),
        Path("ari_bridge/pbx/asterisk/adapter.py"),
        Path("ari_bridge/pbx/freeswitch/adapter.py"),
    },
}
"""Who may call what: the ledger strikes, the grant wraps, a telephone's leg and the microphone admit sound; the PBX's
adapter admits the ids of legs, so that nothing is asked of the PBX under a grant that has ended."""


def called(source: Path) -> Iterator[str]:
    """The last name of everything that the file calls."""
    for node in ast.walk(ast.parse((ROOT / source).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield node.func.attr


@pytest.mark.parametrize("name", CALLERS)
def test_who_may_strike_wrap_and_admit(name: str) -> None:
    """Law: the ledger alone strikes grants, the grant alone wraps values, few places admit anything."""
    assert {source for source in sources() if name in called(source)} == CALLERS[name]


def test_no_back_door_to_a_frozen_value() -> None:
    """Law: no source file makes or changes a value past its own rules (object.__new__, __setattr__, pickle)."""
    doors = {"__new__", "__setattr__"}
    assert not {(source, name) for source in sources() for name in called(source) if name in doors}
    assert not {source for source in sources() if "import pickle" in (ROOT / source).read_text(encoding="utf-8")}
