"""Whatever else in a FreeSWITCH records or listens: a "no" is true only where nothing else does."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dialplan.change import content
from dialplan.freeswitch.render import DIALPLAN
from dialplan.freeswitch.side import MAIN_FILE
from dialplan.freeswitch.xml_tree import Element, MalformedXml, elements
from dialplan.recorders import Sighting

_APPLICATIONS: Final = frozenset({"eavesdrop", "oreka_record", "record", "record_session", "userspy"})
_NAMED: Final = re.compile(
    r"(?<![\w-])(eavesdrop|oreka_record|record_session|uuid_audio_fork|uuid_audio_stream|uuid_record|userspy)"
    r"(?=[\s:(]|$)"
)
"""Bound to keys, run by an API, or set to happen later."""
_FIFO: Final = re.compile(r"(?<![\w-])fifo_record_template\s*=")
_SETTINGS: Final = {"auto-record": "conference recording", "record-template": "queue recording"}
_FILES: Final = ("autoload_configs/callcenter.conf.xml", "autoload_configs/conference.conf.xml")


def is_freeswitch(folder: Path) -> bool:
    """Whether this is a FreeSWITCH's configuration folder, as far as one may look."""
    return os.access(folder / MAIN_FILE, os.F_OK)


def recorders(folder: Path) -> tuple[Sighting, ...]:
    """Every place in the dialplan, queues and conferences of a FreeSWITCH; a file that is no XML says nothing."""
    return tuple(found for path in telling(folder) for found in _sightings(path))


def telling(folder: Path) -> Iterator[Path]:
    """The files that tell of recorders, in the order in which they are looked at."""
    yield folder / MAIN_FILE
    yield from (path for path in sorted((folder / "dialplan").rglob("*.xml")) if path != folder / DIALPLAN)
    yield from (folder / name for name in _FILES if os.access(folder / name, os.F_OK))


def _sightings(path: Path) -> Iterator[Sighting]:
    try:
        found = elements(content(path) or b"")
    except (MalformedXml, OSError):  # who may not read it is told by whoever asks, as at an Asterisk
        return
    for one in found:
        yield from (Sighting(path, one.line, what) for what in _whats(one))


def _whats(one: Element) -> Iterator[str]:
    if one.name in ("action", "anti-action"):
        application, data = one.get("application"), one.get("data")
        if application in _APPLICATIONS:
            yield application
            return
        yield from (found[1] for found in _NAMED.finditer(data))
        if _FIFO.search(data):
            yield "queue recording"
    elif one.name == "param" and one.get("value") and (what := _SETTINGS.get(one.get("name"))):
        yield what
