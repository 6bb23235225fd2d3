"""What one part of `ouidire model` is."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from ari_bridge.cli.command import Exit


@dataclass(frozen=True, slots=True)
class Part:
    """Its name, one line of help, one example (command line, what it does), its arguments and its work."""

    name: str
    summary: str
    example: tuple[str, str]
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], Exit]
