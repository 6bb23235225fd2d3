"""`ouidire model`: what the tone model is, what it is worth, and whether it may be trusted here."""

from argparse import SUPPRESS, ArgumentParser, Namespace
from pathlib import Path
from typing import Final

from ari_bridge.cli.command import Command, Exit
from ari_bridge.cli.models import distrust, drift, evaluate, lock, report, show, trust, unlock
from ari_bridge.cli.models.part import Part

PARTS: Final[tuple[Part, ...]] = (
    show.PART, report.PART, evaluate.PART, unlock.PART, lock.PART, drift.PART, trust.PART, distrust.PART,
)  # fmt: skip


def _add_arguments(parser: ArgumentParser) -> None:
    kinds = parser.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    for part in PARTS:
        one = kinds.add_parser(part.name, help=part.summary, description=part.summary)
        one.add_argument("--settings", type=Path, default=SUPPRESS, metavar="FILE", help="the settings file")
        part.add_arguments(one)
        one.set_defaults(run_part=part.run)


def run(arguments: Namespace) -> Exit:
    """One of them. Raises what it raises."""
    code: Exit = arguments.run_part(arguments)
    return code


COMMAND = Command(
    "model",
    "The tone model: what it is worth, here and on your own recordings, in which languages, and whether to trust it.",
    tuple(part.example for part in PARTS),
    _add_arguments,
    run,
)
