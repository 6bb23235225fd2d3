"""Which settings touch persons: the snapshot of them that the ledger keeps, so that no change goes unseen by staff."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Final

from ari_bridge.run.profile_section import Document
from ari_bridge.run.settings import Settings
from consent.ledger import Ledger

NOTE: Final = "settings"
"""The kind of the public record that holds a snapshot."""
Snapshot = dict[str, object]
"""Names of settings with values that JSON knows; no name and no number of a person is among them."""


def touching_persons(
    settings: Settings,
    notice_ids: Iterable[str],
    mac: Callable[[str, str], str],
    unlocked: Mapping[str, object] = MappingProxyType({}),
) -> Snapshot:
    """What holds of everything that decides who is asked, what is heard, what is kept and who answers for it.

    `unlocked` are the languages that are judged because this site has tried the model in them, and on what figures.

    Extensions may be persons' own, and a ledger forgets nothing: of those that are never asked or never heard it tells
    how many they are, and by `mac(what, value)`, a keyed one, whether they are still the same.
    """
    profile, asking, departure = settings.profile, settings.asking, settings.profile.departure
    return {
        "profile.name": profile.name,
        "profile.controller": profile.controller,
        "profile.contact": profile.contact,
        "profile.assessment": _document(profile.assessment),
        "profile.council": _document(profile.council),
        "profile.departure": None if departure is None else departure.model_dump(mode="json"),
        "notice.questions": sorted(settings.notice.questions),
        "notice.languages": list(settings.notice.languages),
        "notice.mentions_recording": settings.notice.mentions_recording,
        "notice.ids": sorted(notice_ids),
        "retention.scores_days": settings.retention.scores_days,
        "retention.records_days": settings.retention.records_days,
        "retention.clips_days": settings.retention.clips_days,
        "asking.quota_percent": asking.quota_percent,
        "asking.hours": list(asking.hours),
        "asking.never_asked": _hidden("never_asked", asking.never_asked, mac),
        "parties.trunks": sorted(settings.parties.trunks),
        "parties.unmonitored": _hidden("unmonitored", settings.parties.unmonitored, mac),
        "analysis.model": settings.analysis.model,
        "analysis.labels": settings.analysis.labels.model_dump(mode="json"),
        "analysis.model_folder": str(settings.analysis.model_folder or ""),
        "analysis.unlocked": dict(unlocked),
    }


def difference(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Each setting that is another one now: `{name: {"before": ..., "after": ...}}`, None where it was not there."""
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    }


def _hidden(what: str, extensions: tuple[str, ...], mac: Callable[[str, str], str]) -> object:
    told = mac(f"settings.{what}", "\n".join(sorted(extensions)))[:16] if extensions else ""
    return {"count": len(extensions), "mac": told}


def _document(document: Document | None) -> object:
    return None if document is None else document.model_dump(mode="json")


async def keep_change(
    ledger: Ledger,
    settings: Settings,
    notice_ids: Iterable[str],
    unlocked: Mapping[str, object] = MappingProxyType({}),
) -> dict[str, dict[str, object]]:
    """Write a public record if what touches persons is another than the last record says; what changed.

    The record is `{"settings": now, "changed": [names]}`; the first one names every setting.
    """
    now = touching_persons(settings, notice_ids, ledger.keys.mac, unlocked)
    last = await ledger.last_note(NOTE)
    changed = difference(last["settings"] if last else {}, now)
    if changed:
        await ledger.note(NOTE, {"settings": now, "changed": sorted(changed)})
    return changed
