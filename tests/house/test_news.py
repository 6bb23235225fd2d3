"""News: every change that a user notices has its fragment."""

import re

from tests.house.places import ROOT

KINDS = {"added", "changed", "removed", "fixed"}


def test_fragments_are_sentences() -> None:
    """Law: a fragment is docs/news/<what>.<kind>.md and says in at most a few sentences what a user notices."""
    fragments = [one for one in (ROOT / "docs" / "news").glob("*.md") if one.name != "README.md"]
    assert fragments
    for one in fragments:
        name = re.fullmatch(r"[a-z0-9-]+\.([a-z]+)\.md", one.name)
        assert name is not None, one.name
        assert name[1] in KINDS, one.name
        text = one.read_text(encoding="utf-8").strip()
        assert 10 <= len(text) <= 900, one.name
        assert text.endswith("."), one.name


def test_decisions_say_why() -> None:
    """Law: a decision tells what was decided, why, and what was weighed against it."""
    decisions = [one for one in (ROOT / "docs" / "decisions").glob("*.md") if one.name != "README.md"]
    assert decisions
    for one in decisions:
        text = one.read_text(encoding="utf-8")
        assert text.startswith("# "), one.name
        assert "\n**Why.** " in text, one.name
        assert "\n**Instead of.** " in text, one.name
