"""The PBX's files: our part of them as it was installed, RTP ports enough, and nobody else who listens."""

from collections.abc import Iterator
from pathlib import Path

from ari_bridge.cli.checks.finding import amiss
from ari_bridge.run.notices import recordings_of
from ari_bridge.run.pbx_side import render_settings
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from dialplan.verify import Finding, verify

SUBJECT = "Asterisk's files"


def findings(settings: Settings, folder: Path, sounds: Path | None, calls: int | None) -> Iterator[Finding]:
    """Everything that Asterisk's configuration folder can tell.

    `calls` is the most calls at one time, asked or not; left out, as many as may be heard (two forks each).
    """
    try:
        most = calls or settings.media.max_forks // 2
        prompts = recordings_of(settings)
        yield from verify(folder, render_settings(settings), max_calls=most, sounds_dir=sounds, prompts=prompts)
    except SettingsError as error:
        yield amiss(SUBJECT, "; ".join(error.reasons))
    except OSError as error:
        yield amiss(SUBJECT, f"{error.filename} cannot be read ({error.strerror}): run doctor as root once")
