"""The demo's command line."""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

SUITES = {"16": "bullseye", "22": "sid"}
"""Asterisk's main version and the Debian suite that has it."""
DEFAULT_OUT = Path("demo-out")
_EXAMPLES = """\
examples:
  make demo                               the host's Asterisk if there is one, else Debian sid's
  make demo DEMO_ARGS="--asterisk 16"     Asterisk 16 (Debian bullseye)
  make demo DEMO_ARGS="--pbx freeswitch"  the FreeSWITCH that is installed (or OUIDIRE_TEST_FREESWITCH=PREFIX)
  python -m tests.demo --out /tmp/try     another folder for what is measured
  python -m tests.demo --keep             leave the PBX's own files and passwords for a look

Asterisk is fetched once and kept in $OUIDIRE_CACHE (default: ~/.cache/ouidire). Everything runs on 127.0.0.1, in a
network namespace that has nothing else.

exit codes: 0 every promise was kept in this run, 1 one was not (each is printed), 2 the command line is wrong"""


def parser() -> ArgumentParser:
    """The options."""
    made = ArgumentParser(
        prog="python -m tests.demo",
        description="Five calls through a real PBX (yes, no, silence, *9, SIGKILL), measured from outside.",
        epilog=_EXAMPLES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--pbx", choices=("asterisk", "freeswitch"), default="asterisk", help="which PBX (default: asterisk)"
    )
    made.add_argument("--asterisk", choices=sorted(SUITES), help="Debian's Asterisk of that main version")
    made.add_argument(
        "--out", type=Path, default=DEFAULT_OUT, metavar="DIR", help=f"folder for the results (default: {DEFAULT_OUT})"
    )
    made.add_argument("--keep", action="store_true", help="keep the PBX's configuration, logs and passwords in DIR/pbx")
    return made


def suite(options: Namespace) -> str | None:
    """The Debian suite to take Asterisk from; None where the host's may serve."""
    return SUITES[options.asterisk] if options.asterisk else None
