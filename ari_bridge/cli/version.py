"""`ouidire version`: what runs here."""

from argparse import ArgumentParser, Namespace
from importlib.metadata import version

from ari_bridge.cli.command import Command, Exit


def _no_arguments(parser: ArgumentParser) -> None:
    """This command takes none."""


def run(arguments: Namespace) -> Exit:
    """Print the version."""
    print(f"ouidire {version('ouidire')}")
    return Exit.OK


COMMAND = Command("version", "Print the version.", (("ouidire version", "one line"),), _no_arguments, run)
