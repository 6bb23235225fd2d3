"""Tests mirror the source."""

import ast

import pytest

from tests.house.places import ROOT, sources


@pytest.mark.parametrize("source", [one for one in sources() if one.name != "__init__.py"], ids=str)
def test_every_source_file_has_its_test_file(source: object) -> None:
    """Law: whoever opens a source file finds its laws at once, under the same path."""
    path = ROOT / str(source)
    mirror = ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.name}"
    assert mirror.is_file(), f"{mirror.relative_to(ROOT)} is missing"


@pytest.mark.parametrize(
    "file", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda one: str(one.relative_to(ROOT))
)
def test_every_test_states_its_law(file: object) -> None:
    """Law: a test says in its docstring what it proves, so that nobody weakens it by mistake."""
    tree = ast.parse((ROOT / str(file)).read_text(encoding="utf-8"))
    silent = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert not silent
