"""`python -m tests.fuzz --minutes 5`: every parser in turn, until the time is over."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from tests.fuzz.run import fuzz


def main(words: list[str] | None = None) -> int:
    """Run and print; 0 where nothing was found."""
    parser = ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="for how long (default 5)")
    parser.add_argument("--seed", type=int, default=1, help="where to begin (default 1): another one, other inputs")
    parser.add_argument("--only", default="", help="only parsers whose name holds this")
    arguments = parser.parse_args(words)
    report = fuzz(60 * arguments.minutes, seed=arguments.seed, only=arguments.only)
    print("\n".join(report.lines()))
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
