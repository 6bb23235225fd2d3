"""Whatever else in a PBX records or listens: a "no" is true only where nothing else does."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from dialplan.conf import Entry, read_conf

_APPLICATIONS: Final = re.compile(
    r"(?i)(?<![\w])(MixMonitor|Monitor|ChanSpy|ExtenSpy|AudioSocket|Record|OrkMonitor)\s*\("
)
_DIAL_RECORDS: Final = re.compile(r"\b(?:Dial|Queue)\s*\([^,()]*(?:,[^,()]*)?,([A-Za-z]*?)([wWxX])[A-Za-z]*[,)]")
"""Options w, W, x, X of Dial and Queue let a party start a recording by a key."""


class Sighting(NamedTuple):
    """One place where something records or listens; `line` counts from 1."""

    file: Path
    line: int
    what: str


def recorders(asterisk_dir: Path) -> tuple[Sighting, ...]:
    """Every place in the dialplan (conf, AEL, Lua), the queues, features, conferences and phones of a PBX."""
    return (
        *_dialplan(asterisk_dir),
        *_other_dialplans(asterisk_dir),
        *_settings(asterisk_dir),
    )


def _dialplan(asterisk_dir: Path) -> Iterator[Sighting]:
    for entry in read_conf(asterisk_dir, "extensions.conf").entries:
        for found in _APPLICATIONS.finditer(entry.value):
            yield Sighting(entry.file, entry.line, found.group(1))
        if option := _DIAL_RECORDS.search(entry.value):
            yield Sighting(entry.file, entry.line, f"recording by a key (option {option.group(2)})")


def _other_dialplans(asterisk_dir: Path) -> Iterator[Sighting]:
    for name, comment in (("extensions.ael", "//"), ("extensions.lua", "--")):
        file = asterisk_dir / name
        try:
            lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, start=1):
            for found in _APPLICATIONS.finditer(line.split(comment)[0]):
                yield Sighting(file, number, found.group(1))


def _settings(asterisk_dir: Path) -> Iterator[Sighting]:
    for entry in read_conf(asterisk_dir, "queues.conf").entries:
        if entry.key.lower() == "monitor-format":  # monitor-type, which Debian's file sets, records nothing by itself
            yield _sighting(entry, "queue recording")
    for entry in read_conf(asterisk_dir, "features.conf").entries:
        if entry.key.lower() in ("automon", "automixmon") and entry.value:
            yield _sighting(entry, "recording by a key")
        elif entry.section.lower() == "applicationmap" and (found := _APPLICATIONS.search(_as_call(entry.value))):
            yield _sighting(entry, found.group(1))
    for entry in read_conf(asterisk_dir, "confbridge.conf").entries:
        if entry.key.lower() == "record_conference" and entry.value.lower() == "yes":
            yield _sighting(entry, "conference recording")
    for entry in read_conf(asterisk_dir, "pjsip.conf").entries:
        if entry.key.lower() == "one_touch_recording" and entry.value.lower() == "yes":
            yield _sighting(entry, "one-touch recording")


def _as_call(value: str) -> str:
    """An applicationmap's `*1,self,MixMonitor,file` written as the dialplan writes it."""
    return value.replace(",", "(")


def _sighting(entry: Entry, what: str) -> Sighting:
    return Sighting(entry.file, entry.line, what)
