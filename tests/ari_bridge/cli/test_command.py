"""A command: it has an example, and its exit codes are the documented ones."""

import pytest

from ari_bridge.cli.command import Command, Exit
from consent.errors import InvalidValue


def test_a_command_needs_an_example() -> None:
    """Law: no command without an example of its use."""
    with pytest.raises(InvalidValue, match="example"):
        Command("x", "Nothing.", (), lambda parser: None, lambda arguments: Exit.OK)


def test_examples_stand_in_columns() -> None:
    """Law: the examples are read as a table."""
    command = Command("x", "Nothing.", (("a", "one"), ("long", "two")), lambda parser: None, lambda arguments: Exit.OK)
    assert command.epilog.splitlines()[1:] == ["  a      one", "  long   two"]


def test_exit_codes_are_those_that_are_documented() -> None:
    """Law: 0 well, 1 problem, 2 usage; 2 is argparse's own for a wrong command line."""
    assert (Exit.OK, Exit.PROBLEM, Exit.USAGE) == (0, 1, 2)
