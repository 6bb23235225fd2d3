"""The documents: they name every command, their commands are real, their links lead somewhere."""

import re
import shlex

import pytest

from ari_bridge.cli.parser import COMMANDS, parser
from tests.house.places import ROOT

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)]*)?\)")
BLOCK = re.compile(r"^```(?:sh|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands() -> list[tuple[str, str]]:
    """Every line in a shell block that runs ouidire, with its document's name."""
    return [
        (document.name, line.strip())
        for document in DOCUMENTS
        for block in BLOCK.findall(document.read_text(encoding="utf-8").replace("\\\n", " "))
        for line in block.splitlines()
        if re.match(r"\s*(?:sudo (?:-u \w+ )?)?(?:[A-Z_]+=\S+ )*(?:\S*/)?ouidire ", line)
    ]


def test_every_command_is_documented() -> None:
    """Law: docs/first-call.md names each command of the program."""
    text = (ROOT / "docs" / "first-call.md").read_text(encoding="utf-8")
    assert not [command.name for command in COMMANDS if f"`ouidire {command.name}" not in text]


@pytest.mark.parametrize(("document", "line"), commands())
def test_documented_commands_are_real(document: str, line: str) -> None:
    """Law: what a reader copies from a document is a command line that the program takes."""
    words = shlex.split(line.partition("#")[0].partition(" > ")[0])
    start = max(index for index, word in enumerate(words) if word.rpartition("/")[2] == "ouidire")
    assert parser().parse_args(words[start + 1 :]).run, document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda one: str(one.relative_to(ROOT)))
def test_links_lead_somewhere(document: object) -> None:
    """Law: a link to a file of the project leads to a file of the project."""
    path = ROOT / str(document)
    for target, _ in LINK.findall(path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), target


def test_documented_make_targets_are_real() -> None:
    """Law: each `make` that a document names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for document in DOCUMENTS:
        for target in re.findall(r"(?:^|`)make ([a-z-]+)", document.read_text(encoding="utf-8"), re.MULTILINE):
            assert f"\n{target}:" in makefile, target


@pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.name)
def test_help_shows_examples_that_work(command: object) -> None:
    """Law: the examples of `--help` are command lines that the program takes."""
    chosen = next(one for one in COMMANDS if one is command)
    for line, _ in chosen.examples:
        words = shlex.split(line.partition(" > ")[0])
        start = words.index("ouidire")
        assert parser().parse_args(words[start + 1 :]).run is chosen.run
