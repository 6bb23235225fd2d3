"""What a command of `ouidire` is, and how it ends."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from consent.errors import InvalidValue


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    PROBLEM = 1
    """Something is wrong with the machine or the PBX; a sentence says what and what to do."""
    USAGE = 2
    """The command line or the settings cannot be used."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, one line of help, examples (command line, what it does), its arguments and its work.

    Raises:
        InvalidValue: a command without an example.
    """

    name: str
    summary: str
    examples: tuple[tuple[str, str], ...]
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], Exit]

    def __post_init__(self) -> None:
        if not self.examples:
            raise InvalidValue(f"the command {self.name} needs an example")

    @property
    def epilog(self) -> str:
        """The examples as `--help` shows them."""
        width = max(len(line) for line, _ in self.examples)
        return "examples:\n" + "\n".join(f"  {line:<{width}}   {purpose}" for line, purpose in self.examples)
