"""What must hold before a call is analysed: documents that exist, somebody who answers, and no recorder left unsaid."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import structlog

from ari_bridge.run.profile_section import Document
from ari_bridge.run.settings import Settings
from ari_bridge.run.settings_errors import SettingsError
from consent.profiles import ASSESSED_BEFORE, COUNCIL_BEFORE, COUNCIL_OF_FRANCE, WHO_AND_WHAT, Profile, Rule
from dialplan.freeswitch import recorders as freeswitch
from dialplan.recorders import recorders

OLD: Final = timedelta(days=3 * 365)
"""An older assessment is due for a second look: GDPR, Article 35(11) asks for a review where the risk changes."""
_NAMED_AT_MOST: Final = 5
_NO_DIGESTS: Final = frozenset({hashlib.sha256(b"").hexdigest(), *(digit * 64 for digit in "0123456789abcdef")})
"""Of an empty file, and what stands in for a digest that somebody means to put in later."""
_TELLING: Final = re.compile(r"(extensions|queues|features|confbridge|pjsip).*\.(conf|ael|lua)")
_LOOK: Final = (
    "nobody looked there for other recorders, which a caller's no does not reach; let the service's user read it, or "
    "name the PBX's folder as pbx.config_dir"
)

_log = structlog.get_logger(__name__)


def require(settings: Settings, today: date) -> None:
    """Let the service start, or not. Raises SettingsError with a sentence for each condition that is not met."""
    if reasons := (*unmet(settings, today), *unsaid(settings)):
        raise SettingsError(*reasons)
    if why := unread(settings):
        _log.warning("recorders.not_looked_for", reason=why)


def unmet(settings: Settings, today: date) -> tuple[str, ...]:
    """A sentence for each start condition of the profile that the settings do not meet on that day, none if all are."""
    return tuple(_unmet(settings, settings.profile.as_profile(), today))


def _unmet(settings: Settings, profile: Profile, today: date) -> Iterator[str]:
    site = settings.profile
    # In every profile: a receipt names who answers, and where to turn.
    for name, value in (("controller", site.controller), ("contact", site.contact)):
        if not value.strip():
            yield f"profile.{name} is missing: {_law(WHO_AND_WHAT)}; name it in the settings"
    if profile.needs_assessment:
        yield from _document("assessment", site.assessment, ASSESSED_BEFORE, today)
    if profile.needs_council:
        rule = COUNCIL_OF_FRANCE if COUNCIL_OF_FRANCE in profile.rules else COUNCIL_BEFORE
        yield from _document("council", site.council, rule, today)
    if site.departure is not None and site.departure.date > today:
        yield f"profile.departure is dated {site.departure.date}, still to come: a decision is made before it holds"


def _document(name: str, document: Document | None, rule: Rule, today: date) -> Iterator[str]:
    if document is None:
        yield (
            f"profile.{name} is missing: {_law(rule)}; when it is done, put its day and what `sha256sum FILE` prints "
            f'into the settings: {name} = {{ date = {today}, sha256 = "...", title = "..." }}'
        )
    elif document.date > today:
        yield f"profile.{name} is dated {document.date}, which is still to come: {_law(rule)}"
    elif document.sha256 in _NO_DIGESTS:
        yield f"profile.{name}: sha256 is no digest of a document: {_law(rule)}; write what `sha256sum FILE` prints"


def _law(rule: Rule) -> str:
    return f"{rule.sentence} ({rule.source})"


def due(settings: Settings, today: date) -> tuple[str, ...]:
    """Advice that stops nothing: documents that are old enough for a second look."""
    documents = (("assessment", settings.profile.assessment), ("council", settings.profile.council))
    return tuple(
        f"profile.{name} is of {document.date}: look at it again (GDPR, Article 35(11)) and name the new one"
        for name, document in documents
        if document is not None and today - document.date > OLD
    )


def unsaid(settings: Settings) -> tuple[str, ...]:
    """A sentence if the PBX records or spies by itself and the notice does not say so."""
    if settings.notice.mentions_recording:
        return ()
    folder = settings.pbx.config_dir
    sightings = freeswitch.recorders(folder) if freeswitch.is_freeswitch(folder) else recorders(folder)
    if not sightings:
        return ()
    named = "; ".join(f"{one.what} at {one.file}:{one.line}" for one in sightings[:_NAMED_AT_MOST])
    more = f" and {len(sightings) - _NAMED_AT_MOST} more" if len(sightings) > _NAMED_AT_MOST else ""
    return (
        f"the PBX itself records or is listened in on ({named}{more}), which no answer of a caller reaches, and the "
        f"notice does not say so: {_law(WHO_AND_WHAT)}; set notice.mentions_recording = true and install again, "
        "or take it out of the PBX",
    )


def unread(settings: Settings) -> str:
    """Why nobody can tell whether the PBX records; "" where its configuration can be read."""
    folder = settings.pbx.config_dir
    if not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        return f"{folder} cannot be read: {_LOOK}"
    is_freeswitch = freeswitch.is_freeswitch(folder)
    telling = freeswitch.telling(folder) if is_freeswitch else _telling(folder)
    closed = [one.name for one in telling if not os.access(one, os.R_OK)]
    if closed:
        return f"{', '.join(sorted(closed)[:_NAMED_AT_MOST])} in {folder} cannot be read: {_LOOK}"
    if is_freeswitch or (folder / "extensions.conf").exists():
        return ""
    return f"{folder} holds no extensions.conf and no freeswitch.xml: {_LOOK}"


def _telling(folder: Path) -> Iterator[Path]:
    return (one for one in folder.iterdir() if _TELLING.fullmatch(one.name))
