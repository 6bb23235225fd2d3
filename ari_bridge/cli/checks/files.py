"""The PBX's files: our part of them as it was installed, enough RTP ports, and nobody else who listens."""

from collections.abc import Iterator
from pathlib import Path

from ari_bridge.cli.checks.finding import Finding, amiss, well
from ari_bridge.run.pbx_side import render_settings
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from dialplan.verify import Sighting, recorders, verify

MOST_SHOWN = 8


def findings(settings: Settings, folder: Path, calls: int | None) -> Iterator[Finding]:
    """Everything that Asterisk's configuration folder can tell; `calls` is the most calls at one time, if known."""
    if not folder.is_dir():
        yield amiss("Asterisk's files", f"there is no {folder}: name its configuration folder with --asterisk")
        return
    try:
        yield from (Finding(*one) for one in verify(folder, render_settings(settings), max_calls=calls))
        yield others(recorders(folder))
    except SettingsError as error:
        yield amiss("Asterisk's files", "; ".join(error.reasons))
    except OSError as error:
        yield amiss("Asterisk's files", f"{error.filename} cannot be read ({error.strerror}): run doctor as root once")


def others(sightings: tuple[Sighting, ...]) -> Finding:
    """A caller's no is true only if nobody else records or spies."""
    if not sightings:
        return well("other ears", "no other recorder or spy in the dialplan")
    shown = ", ".join(f"{one.what} in {one.file}:{one.line}" for one in sightings[:MOST_SHOWN])
    more = f" and {len(sightings) - MOST_SHOWN} more" if len(sightings) > MOST_SHOWN else ""
    return amiss(
        "other ears", f"{shown}{more}: a caller's no does not reach these; take them out or tell callers of them"
    )
