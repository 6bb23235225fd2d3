"""`ouidire listen`: a microphone instead of a telephone, for one person who wants to try."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from contextlib import closing

from ari_bridge.cli.command import Command, Exit
from ari_bridge.cli.keyboard import Keyboard
from ari_bridge.cli.microphone import Microphone, require_pyaudio
from ari_bridge.run import settings as all_settings


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--device", type=int, metavar="N", help="number of the microphone (default: the system's)")


def run(arguments: Namespace) -> Exit:
    """Ask and listen. Raises SettingsError, and NoMicrophone before anything is asked where PyAudio is not there."""
    # Imported here: it brings the models' runtime with it, and `ouidire --help` should not wait for that.
    from ari_bridge.cli.monologue import hold

    settings = all_settings.load(arguments.settings)
    require_pyaudio()
    with closing(Keyboard(sys.stdin.fileno())) as keyboard:
        asyncio.run(hold(settings, keyboard, lambda: Microphone(arguments.device)))
    return Exit.OK


COMMAND = Command(
    "listen",
    "Try the analysis on your own voice: a microphone, after a yes on the keyboard. Nothing is kept.",
    (
        ("ouidire listen", "with the system's microphone; needs the extra `mic`"),
        ("ouidire listen --device 2", "with another one"),
    ),
    _add_arguments,
    run,
)
