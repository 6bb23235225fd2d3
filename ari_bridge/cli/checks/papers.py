"""The start conditions: what the profile asks for, whether it is there, and whether the PBX records beside us."""

from collections.abc import Iterator
from datetime import date

from ari_bridge.cli.checks.finding import amiss, well
from ari_bridge.run.conditions import due, unmet, unread, unsaid
from ari_bridge.run.profile_section import Document
from ari_bridge.run.settings import Settings
from dialplan.verify import Finding


def findings(settings: Settings, today: date) -> Iterator[Finding]:
    """Everything that `serve` asks of the site before it starts, and advice that stops nothing."""
    yield profile(settings)
    reasons = unmet(settings, today)
    for name in ("controller", "contact", "assessment", "council", "departure"):
        mine = [reason for reason in reasons if reason.startswith(f"profile.{name}")]
        if mine:
            yield from (amiss(name, reason) for reason in mine)
        elif value := getattr(settings.profile, name):
            yield well(name, _shown(value))
    for advice in due(settings, today):
        yield well("advice", advice)
    yield beside_us(settings)


def profile(settings: Settings) -> Finding:
    """Whose law holds, and how many are asked."""
    holds, asking = settings.profile.as_profile(), settings.asking
    hours = f", {'; '.join(asking.hours)}" if asking.hours else ""
    return well(
        "profile",
        f"{holds.name}: {asking.quota_percent} of 100 calls are asked (at most {holds.max_quota_percent}){hours}",
    )


def beside_us(settings: Settings) -> Finding:
    """Whether the PBX records or spies by itself, and whether the notice says so."""
    for reason in unsaid(settings):
        return amiss("recorders", reason)
    if why := unread(settings):
        return amiss("recorders", why)
    if settings.notice.mentions_recording:
        return well("recorders", "the notice says that the PBX records too")
    return well("recorders", "none found, and the notice names none")


def _shown(value: object) -> str:
    if isinstance(value, Document):
        return f"{value.date}{f', {value.title}' if value.title else ''}, sha256 {value.sha256[:12]}..."
    if isinstance(value, str):
        return value
    return "named, with its reason"
